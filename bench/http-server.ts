import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { createApp } from "../src/http/app.ts";
import { serve } from "../src/http/server.ts";
import { PromClientMetrics } from "../src/observability/prom-client-metrics.ts";
import { snapshotOf, target } from "../test/support/allocation-snapshot.ts";
import { FakeAllocation } from "../test/support/fake-allocation.ts";
import { MemoryLogger } from "../test/support/memory-logger.ts";
import { ServingStage } from "./serving-stage.ts";

/** What a server serves. */
export type Served =
  /** One collector's share of one job, of about so many bytes. */
  | { readonly what: "share"; readonly bytes: number }
  /** A whole target allocator, of whose groups so many change each second. */
  | { readonly what: "fleet"; readonly jobs: number; readonly collectors: number; readonly groupsPerSecond: number };

/** A server in a process of its own. */
export interface BenchServer {
  readonly port: number;
  /** Processor time that it has used so far, in seconds, and its memory, in bytes. */
  usage(): Promise<{ readonly cpuSeconds: number; readonly rss: number }>;
  stop(): void;
}

/** As bin/otel-allocator starts the program. */
const FLAGS = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=4"];

export async function startServer(served: Served): Promise<BenchServer> {
  const child = fork(import.meta.filename, [], { execArgv: FLAGS });
  child.send(served);
  const [port] = (await once(child, "message")) as [number];
  return {
    port,
    async usage() {
      child.send("usage");
      const [usage] = (await once(child, "message")) as [{ cpuSeconds: number; rss: number }];
      return usage;
    },
    stop: () => child.disconnect(),
  };
}

const LABELS = 20;

function shareOf(bytes: number): FakeAllocation {
  const allocation = new FakeAllocation();
  const targets = Array.from({ length: Math.max(1, Math.round(bytes / 1_141)) }, (_, i) => {
    const labels = Array.from({ length: LABELS }, (__, k) => [
      `__meta_kubernetes_label_${String(k)}`,
      `value-${String(k)}-${String(i)}-abcdefghij`,
    ]);
    return target({ __address__: `10.0.${String(i >> 8)}.${String(i & 255)}:80`, ...Object.fromEntries(labels) });
  });
  allocation.current = snapshotOf({ collectors: ["c0"], jobs: { web: { shares: { c0: targets } } } });
  return allocation;
}

async function serveShare(bytes: number): Promise<number> {
  const metrics = new PromClientMetrics();
  const app = createApp({
    allocation: shareOf(bytes),
    title: "bench",
    revealSecrets: () => false,
    log: new MemoryLogger(),
    metrics,
    exposition: metrics,
    stopping: new AbortController().signal,
  });
  return new Promise((resolve) => {
    const onListening = ({ port }: { readonly port: number }): void => resolve(port);
    void serve(app, { host: "127.0.0.1", port: 0, setBy: "", onListening }, new AbortController().signal);
  });
}

async function serveFleet({ jobs, collectors, groupsPerSecond }: Served & { what: "fleet" }): Promise<number> {
  const stage = new ServingStage(jobs, collectors);
  const url = await stage.start();
  const finish = await stage.discover();
  await finish();
  void changeForEver(stage, groupsPerSecond);
  return Number(new URL(url).port);
}

/** In steps of a tenth of a second, as a cluster does: no two pods restart in the same moment. */
async function changeForEver(stage: ServingStage, groupsPerSecond: number): Promise<never> {
  const perStep = groupsPerSecond / 10;
  for (let step = 0; ; step++) {
    stage.restart(Math.floor((step + 1) * perStep) - Math.floor(step * perStep), step);
    await delay(100);
  }
}

if (process.argv[1] === import.meta.filename && process.send !== undefined) {
  process.once("message", (message) => {
    const served = message as Served;
    const listening = served.what === "share" ? serveShare(served.bytes) : serveFleet(served);
    void listening.then((port) => process.send?.(port));
    process.on("message", () => {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuSeconds: (user + system) / 1e6, rss: process.memoryUsage.rss() });
    });
  });
  process.on("disconnect", () => process.exit());
}
