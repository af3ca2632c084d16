import { expect, it } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { runProgram } from "../../src/commands/program.ts";

const nothing = (): void => undefined;

/** At a terminal the first Ctrl-C did nothing. */
it.each(["render -", "explain --job=web --targets-file=-"])("a signal ends `%s`", async (line) => {
  const directory = mkdtempSync(join(tmpdir(), "standard-input-"));
  try {
    const path = join(directory, "targetallocator.yaml");
    writeFileSync(path, "collectors: [{name: a}]\nconfig: {scrape_configs: [{job_name: web}]}\n");
    const argv = [...line.split(" "), ...(line.startsWith("explain") ? [`--config-file=${path}`] : [])];
    const stop = new AbortController();
    const input = new Readable({ read: () => void setImmediate(() => stop.abort()) });
    const said: string[] = [];
    const context = { env: {}, input, signal: stop.signal, out: nothing, err: (text: string) => void said.push(text) };
    expect(await runProgram(argv, context)).toBe(1);
    expect(said.join("")).toMatch(/aborted/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
