/**
 * What others notice when a running target allocator takes over a file of 10,000 jobs, about 14 MB, of which one has changed:
 * for how long the event loop is held at most in each step, beside the time that the step takes.
 */
import { parseFile } from "../src/commands/target-allocator/parse-file.ts";
import { createDiscovererFactory } from "../src/discovery/registry.ts";
import { PromClientMetrics } from "../src/observability/prom-client-metrics.ts";
import { systemClock } from "../src/observability/system-clock.ts";
import { createWinstonLogger } from "../src/observability/winston-logger.ts";
import type { TargetAllocatorFile } from "../src/options/target-allocator-file.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import { blocksDuring, type Cost, costOf } from "./engine-meter.ts";
import { report } from "./report.ts";

const JOBS = Number(process.env["BENCH_JOBS"] ?? "10000");
const RULES = [0, 1, 2, 3, 4, 5].map(
  (rule) => `
      - source_labels: [__meta_kubernetes_pod_label_app_${rule}, __meta_kubernetes_pod_container_name]
        regex: "app-${rule};(.*)"
        target_label: label_${rule}
        replacement: $1
        action: replace`,
);

function textOf(changed: number): string {
  const jobs = Array.from(
    { length: JOBS },
    (_, job) => `
    - job_name: job-${job}
      scrape_interval: ${job === changed ? 31 : 30}s
      basic_auth: { username: user, password: password-${job} }
      relabel_configs:${RULES.join("")}
      static_configs:
      - targets: ["10.0.${job >> 8}.${job & 255}:80"]`,
  );
  return `collectors: [{ name: a }, { name: b }]\nallow_insecure_auth_secrets: true\nconfig:\n  scrape_configs:${jobs.join("")}\n`;
}

const rows: Readonly<Record<string, unknown>>[] = [];
const rounded = (value: number): number => Math.round(value * 10) / 10;

async function measured<T>(step: string, work: () => T | Promise<T>): Promise<T> {
  const results: T[] = [];
  let cost: Cost | undefined;
  const { longestTurnMs, longestTurnCpuMs, longestGcMs } = await blocksDuring(async () => {
    cost = await costOf(async () => results.push(await work()));
  });
  rows.push({
    step,
    "wall ms": rounded(cost?.wallMs ?? Number.NaN),
    "cpu ms": rounded(cost?.cpuMs ?? Number.NaN),
    "longest block ms": rounded(longestTurnMs),
    "its cpu ms": rounded(longestTurnCpuMs),
    "longest gc ms": rounded(longestGcMs),
  });
  return results[0] as T;
}

async function main(): Promise<void> {
  const { signal } = new AbortController();
  const pipeline = new Pipeline({
    informers: undefined,
    createDiscoverer: createDiscovererFactory({
      ownNamespace: undefined,
      clusterFor: () => {
        throw new Error("there is no cluster in this measurement");
      },
    }),
    clock: systemClock,
    log: createWinstonLogger({ clock: systemClock, level: "error" }),
    metrics: new PromClientMetrics(),
  });
  for (const [name, changed] of [
    ["first", -1],
    ["one changed", 7],
  ] as const) {
    const text = textOf(changed);
    const file = await measured(`${name}: parse ${rounded(text.length / 1e6)} MB`, async () =>
      parseFile(text, systemClock, signal),
    );
    if (file === undefined) return;
    await takeOver(pipeline, name, { ...file, collectorNamespace: "bench" });
  }
  report("reload", rows);
}

async function takeOver(pipeline: Pipeline, name: string, file: TargetAllocatorFile): Promise<void> {
  const { signal } = new AbortController();
  await measured(`${name}: prepare`, async () => pipeline.prepare(file, signal));
  const error = await measured(`${name}: reload`, () => pipeline.reload(file));
  if (error !== undefined) throw error;
  await measured(`${name}: body of /scrape_configs`, () => pipeline.scrapeConfigs()?.clear);
}

await main();
