import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import type { DiscoverySink } from "../src/allocator/index.ts";
import { untilAborted } from "../src/discovery/until-aborted.ts";
import { createApp } from "../src/http/app.ts";
import { PromClientMetrics } from "../src/observability/prom-client-metrics.ts";
import { systemClock } from "../src/observability/system-clock.ts";
import { readTargetAllocatorFile } from "../src/options/target-allocator-file.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import { runningPod } from "../test/support/cluster-objects.ts";
import { FakeCluster } from "../test/support/fake-cluster.ts";
import { MemoryLogger } from "../test/support/memory-logger.ts";
import { startClient } from "./engine-client.ts";
import { collectorsOf, groupsOfJob, jobName, restartedGroup, TARGETS_PER_JOB } from "./engine-data.ts";
import { type Blocks, blocksDuring } from "./engine-meter.ts";
import type { Distribution } from "./report.ts";

/** What others notice of one kind of work. */
export interface Disturbance extends Blocks {
  readonly work: string;
  /** Of concurrent requests, in milliseconds. */
  readonly requests: Distribution;
}

export interface ServingFigures {
  readonly disturbances: readonly Disturbance[];
  /** Of the whole process, in bytes. */
  readonly rss: number;
  readonly peakRss: number;
}

const COLLECTORS = 10;
const NAMESPACE = "obs";
const JOBS_PER_TURN = 5;
const WARM_UP_MS = 3_000;

/** Measures a whole target allocator in this process: a pipeline behind its HTTP server, and a client that asks it. */
export async function measureServing(targets: number): Promise<ServingFigures> {
  const jobs = Math.ceil(targets / TARGETS_PER_JOB);
  const stage = new ServingStage(jobs);
  const url = await stage.start();
  const shares = Array.from({ length: 100 }, (_, i) => {
    const job = encodeURIComponent(jobName((i * 7) % jobs));
    return `${url}/jobs/${job}/targets?collector_id=main-collector-${i % COLLECTORS}`;
  });
  const client = await startClient(shares);
  const disturbances: Disturbance[] = [];
  const during = async (work: string, run: () => Promise<unknown>): Promise<void> => {
    let blocks: Blocks | undefined;
    const requests = await client.during(async () => {
      blocks = await blocksDuring(run);
    });
    if (blocks !== undefined) disturbances.push({ work, ...blocks, requests });
  };
  try {
    const finish = await stage.discover();
    // Code that answers requests is compiled before the measurement, as it is in a process that has run for a while.
    await client.during(async () => delay(WARM_UP_MS));
    await during("full pass", finish);
    await during("20 x one group", async () => stage.restartGroups(20));
    await during("collector added", async () => stage.setCollectors(COLLECTORS + 1));
    await during("collector removed", async () => stage.setCollectors(COLLECTORS));
    return { disturbances, rss: process.memoryUsage.rss(), peakRss: process.resourceUsage().maxRSS * 1024 };
  } finally {
    client.stop();
    await stage.stop();
  }
}

/** A target allocator whose jobs are discovered by this program, and whose collectors are pods of a pretended cluster. */
class ServingStage {
  readonly #jobs: number;
  readonly #sinks = new Map<string, DiscoverySink>();
  readonly #cluster = new FakeCluster();
  readonly #stop = new AbortController();
  readonly #pipeline: Pipeline;
  readonly #server;
  #running: Promise<void> = Promise.resolve();

  constructor(jobs: number) {
    this.#jobs = jobs;
    const [log, metrics] = [new MemoryLogger(), new PromClientMetrics()];
    this.#pipeline = new Pipeline({
      informers: this.#cluster,
      createDiscoverer: ({ settings }) => ({
        run: async (sink, signal) => {
          this.#sinks.set(settings["url"] as string, sink);
          await untilAborted(signal);
        },
      }),
      clock: systemClock,
      log,
      metrics,
    });
    const allocation = this.#pipeline;
    const [title, stopping, exposition] = ["bench", this.#stop.signal, metrics];
    this.#server = createServer(
      createApp({ allocation, title, revealSecrets: () => false, log, metrics, exposition, stopping }),
    );
  }

  /** Returns where it answers. */
  async start(): Promise<string> {
    this.#putCollectors(COLLECTORS);
    const scrapeConfigs = Array.from({ length: this.#jobs }, (_, job) => ({
      job_name: jobName(job),
      http_sd_configs: [{ url: urlOf(job) }],
    }));
    const file = {
      collector_namespace: NAMESPACE,
      collector_selector: { matchLabels: {} },
      config: { scrape_configs: scrapeConfigs },
    };
    const error = this.#pipeline.reload(readTargetAllocatorFile(JSON.stringify(file)));
    if (error !== undefined) throw error;
    this.#running = this.#pipeline.run(this.#stop.signal);
    await new Promise<void>((resolve) => {
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Has every job but one report its groups; the returned function has that one report, and waits for the pass. */
  async discover(): Promise<() => Promise<void>> {
    while (this.#sinks.size < this.#jobs) await nextTurn();
    for (let job = 1; job < this.#jobs; job++) {
      this.#report(job);
      if (job % JOBS_PER_TURN === 0) await nextTurn();
    }
    return async () => {
      const done = this.#until(() => this.#pipeline.ready);
      this.#report(0);
      await done;
    };
  }

  /** Restarts the pods of so many groups, one group after the other. */
  async restartGroups(count: number): Promise<void> {
    for (let i = 1; i <= count; i++) {
      const { version } = this.#pipeline.snapshot();
      const done = this.#until(() => this.#pipeline.snapshot().version > version);
      const job = (i * 7) % this.#jobs;
      this.#sinks.get(urlOf(job))?.update([restartedGroup(job, i)]);
      await done;
    }
  }

  async setCollectors(count: number): Promise<void> {
    const done = this.#until(() => this.#pipeline.snapshot().collectors.length === count);
    this.#putCollectors(count);
    await done;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#running;
  }

  #report(job: number): void {
    this.#sinks.get(urlOf(job))?.update(groupsOfJob(job));
  }

  #putCollectors(count: number): void {
    for (const { name, nodeName } of collectorsOf(COLLECTORS + 1)) {
      this.#cluster.delete(runningPod(name, { metadata: { namespace: NAMESPACE }, nodeName }));
    }
    for (const { name, nodeName } of collectorsOf(count)) {
      this.#cluster.put(runningPod(name, { metadata: { namespace: NAMESPACE }, nodeName }));
    }
  }

  async #until(holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const unsubscribe = this.#pipeline.onChange(() => {
        if (!holds()) return;
        unsubscribe();
        resolve();
      });
    });
  }
}

const urlOf = (job: number): string => `http://sd.example.com/${job}`;
