import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { freeAddress } from "../support/program.ts";

const ROOT = join(import.meta.dirname, "../..");
const START_MS = 60_000;

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "reader-"));
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

describe("a reader that goes away", () => {
  it.each(["render examples/quickstart/collector.yaml", "--help"])(
    "from standard output ends `%s` without a stack trace",
    async (line) => {
      const child = spawn(join(ROOT, "bin/otel-allocator"), line.split(" "), { cwd: ROOT });
      child.stdout.destroy();
      const said: string[] = [];
      child.stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
      const [code] = (await once(child, "close")) as [number];
      expect([code, said.join("")]).toEqual([141, ""]);
    },
    START_MS,
  );

  it(
    "from the log leaves collectors their answers",
    async () => {
      const config = join(dir, "targetallocator.yaml");
      writeFileSync(config, "collectors: [{name: a}]\nconfig: {scrape_configs: [{job_name: shop}]}\n");
      const address = await freeAddress();
      const args = ["target-allocator", `--config-file=${config}`, `--listen-addr=${address}`, "--zap-log-level=debug"];
      const child = spawn(join(ROOT, "bin/otel-allocator"), args);
      try {
        child.stderr.destroy();
        for (const route of ["readyz", "scrape_configs"]) {
          await eventually(async () => expect((await fetch(`http://${address}/${route}`)).status).toBe(200));
        }
      } finally {
        child.kill();
        await once(child, "close");
      }
      expect(child.exitCode).toBe(0);
    },
    START_MS,
  );
});
