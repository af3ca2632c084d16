import { afterEach, expect, it, jest } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { allocatorText } from "../support/bad-input.ts";
import { documented } from "../support/documented-messages.ts";
import { freeAddress, type Program, startProgram } from "../support/program.ts";
import { runProgramToEnd } from "../support/program-run.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

// The whole program runs here, on a machine that may be busy.
jest.setTimeout(120_000);

const makeDirectory = temporaryDirectories();
let program: Program | undefined;

afterEach(async () => {
  await program?.child.stop();
});

it("a running target allocator tells who has a target, what was searched, and which job was meant", async () => {
  const dir = makeDirectory();
  const path = join(dir, "config.yaml");
  writeFileSync(path, allocatorText());
  const address = await freeAddress();
  const url = `http://${address}`;
  program = startProgram({
    args: ["target-allocator", `--config-file=${path}`, `--listen-addr=${address}`],
    dir,
    name: "allocator",
    url,
  });
  await program.whenReady();
  const explain = async (...flags: readonly string[]) =>
    runProgramToEnd(["explain", `--from=${url}`, ...flags], { dir });
  const found = await explain("--job=good", "--address=10.0.0.1:80");
  expect(found.code).toBe(0);
  expect(found.out).toMatch(/^ {2}Assigned: collector c[01] scrapes it: the target's hash leads to it/m);
  const nothing = await explain("--job=good", "--target=web-0");
  expect(nothing.code).toBe(1);
  expect(nothing.err).toMatch(documented("explain-nothing"));
  const unknown = await explain("--job=god");
  expect(unknown.code).toBe(1);
  expect(unknown.err).toMatch(documented("explain-unknown-job"));
});
