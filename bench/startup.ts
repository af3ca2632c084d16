/**
 * How long the program takes to start from the bundle of the image, and from its sources: `version`, the help of each
 * long-running command, and a target allocator with one static job until it serves. Best of some runs, because the
 * rest is what else the machine did. Also says how large the bundle is.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { freeAddress } from "../test/support/program.ts";
import { type Bundle, buildBundle } from "../tools/image/bundle.ts";
import { IMAGE_SETTINGS } from "../tools/image/image-settings.ts";
import { programFiles } from "../tools/image/root-files.ts";
import { startChild } from "../tools/real-parts/child.ts";
import { ROOT } from "../tools/real-parts/parts.ts";
import { report } from "./report.ts";
import { writeRootDirectory } from "../tools/image/root-directory.ts";

const RUNS = 7;
const POLL_EVERY_MS = 2;
const CONFIG = {
  collectors: [{ name: "collector-0" }],
  config: { scrape_configs: [{ job_name: "web", static_configs: [{ targets: ["10.0.0.1:80"] }] }] },
};

type Command = readonly [file: string, ...args: string[]];

const dir = mkdtempSync(join(tmpdir(), "startup-"));
try {
  const image = join(dir, "image");
  mkdirSync(image);
  writeRootDirectory(image, await programFiles(ROOT));
  const [, ...entry] = IMAGE_SETTINGS.Entrypoint;
  const bundled: Command = [process.execPath, ...entry.slice(0, -1), join(image, entry.at(-1) ?? "")];
  report("startup", [
    ...(await measure("bundle", bundled)),
    ...(await measure("sources", [join(ROOT, "bin", "otel-allocator")])),
    ...sizesOf(await buildBundle(ROOT)),
  ]);
} finally {
  rmSync(dir, { recursive: true, force: true });
}

async function measure(from: string, command: Command): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const rows: Readonly<Record<string, unknown>>[] = [];
  for (const args of [["version"], ["operator", "--help"], ["target-allocator", "--help"]]) {
    const [file, ...first] = command;
    const bestMs = await bestOf(async () => {
      execFileSync(file, [...first, ...args]);
    });
    rows.push({ from, what: args.join(" "), "best, ms": bestMs });
  }
  rows.push({
    from,
    what: "target-allocator, until it serves",
    "best, ms": await bestOf(async () => untilServing(command)),
  });
  return rows;
}

async function bestOf(run: () => Promise<number | void>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let count = 0; count < RUNS; count++) {
    const started = performance.now();
    const ended = (await run()) ?? performance.now();
    best = Math.min(best, ended - started);
  }
  return Math.round(best);
}

/** Resolves with the time at which it was ready; by then it has ended. */
async function untilServing([file, ...first]: Command): Promise<number> {
  const address = await freeAddress();
  const config = join(dir, "targetallocator.yaml");
  writeFileSync(config, JSON.stringify(CONFIG));
  const args = [...first, "target-allocator", `--config-file=${config}`, `--listen-addr=${address}`];
  const child = startChild({ command: file, args, logPath: join(dir, "log") });
  while ((await fetch(`http://${address}/readyz`).catch(() => undefined))?.status !== 200) await delay(POLL_EVERY_MS);
  const readyAt = performance.now();
  await child.stop();
  return readyAt;
}

function sizesOf({ files, sources }: Bundle): readonly Readonly<Record<string, unknown>>[] {
  const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return [
    { from: "bundle", what: "size of all files", MiB: Number((bytes / 2 ** 20).toFixed(1)) },
    { from: "bundle", what: "files", count: files.size },
    { from: "bundle", what: "sources", count: sources.length },
  ];
}
