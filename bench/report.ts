import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { ROOT } from "../tools/real-parts/parts.ts";

/** What a figure is worth depends on where it was taken. */
const machine = (): Readonly<Record<string, unknown>> => ({
  node: process.version,
  cpus: cpus().length,
  cpuModel: cpus()[0]?.model ?? "unknown",
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim(),
  date: new Date().toISOString(),
});

/** Median, 99th percentile and maximum of some durations, in the unit that they came in. */
export interface Distribution {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

export function distributionOf(values: readonly number[]): Distribution {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { count: sorted.length, median: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? Number.NaN };
}

/** Writes `bench/results/NAME.json` and prints the rows as a table. */
export function report(name: string, rows: readonly Readonly<Record<string, unknown>>[]): void {
  const folder = join(ROOT, "bench", "results");
  mkdirSync(folder, { recursive: true });
  const facts = machine();
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ name, machine: facts, rows }, undefined, 2)}\n`);
  console.log(`\n${name} (Node ${String(facts["node"])}, ${String(facts["cpus"])} CPUs)`);
  console.table(rows);
}
