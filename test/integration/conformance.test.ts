import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { freeAddress, startProgram } from "../support/program.ts";
import { type Answers, differences, readAnswers } from "../support/recorded-answers.ts";
import { CONFORMANCE_DATA, applyWorld } from "../support/world.ts";

const CASE_TIMEOUT_MS = 60_000;

const cases = readdirSync(join(CONFORMANCE_DATA, "configs"))
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.slice(0, -".yaml".length));

let plane: ControlPlane;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "conformance-"));
  plane = await startControlPlane();
  await applyWorld(plane);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await plane.stop();
  rmSync(dir, { recursive: true, force: true });
}, START_TIMEOUT_MS);

const fillIn = (text: string): string =>
  text.replaceAll("@KUBECONFIG@", plane.kubeconfigPath).replaceAll("@HERE@", CONFORMANCE_DATA);

describe("the target-allocator command answers what the Go target allocator answered to", () => {
  it.each(cases)(
    "%s",
    async (name) => {
      const configPath = join(dir, `${name}.yaml`);
      writeFileSync(configPath, fillIn(readFileSync(join(CONFORMANCE_DATA, "configs", `${name}.yaml`), "utf8")));
      const want = JSON.parse(
        fillIn(readFileSync(join(CONFORMANCE_DATA, "expected", `${name}.json`), "utf8")),
      ) as Answers;
      const address = await freeAddress();
      const program = startProgram({
        args: [
          "target-allocator",
          `--config-file=${configPath}`,
          `--listen-addr=${address}`,
          `--kubeconfig-path=${plane.kubeconfigPath}`,
        ],
        dir,
        name,
        url: `http://${address}`,
      });
      try {
        await program.whenReady();
        await eventually(async () => expect(differences(want, await readAnswers(program.url), name)).toEqual([]), {
          withinMs: 5_000,
        });
      } finally {
        await program.child.stop();
      }
    },
    CASE_TIMEOUT_MS,
  );
});
