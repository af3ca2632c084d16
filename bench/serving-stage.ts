import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
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
import { collectorsOf, groupsOfJob, jobName, restartedGroup } from "./engine-data.ts";

const NAMESPACE = "obs";
const JOBS_PER_TURN = 5;

/** A target allocator whose jobs are discovered by this program, and whose collectors are pods of a pretended cluster. */
export class ServingStage {
  readonly #jobs: number;
  readonly #collectors: number;
  readonly #sinks = new Map<string, DiscoverySink>();
  readonly #cluster = new FakeCluster();
  readonly #stop = new AbortController();
  readonly #pipeline: Pipeline;
  readonly #server;
  #running: Promise<void> = Promise.resolve();

  constructor(jobs: number, collectors: number) {
    this.#jobs = jobs;
    this.#collectors = collectors;
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
    this.#putCollectors(this.#collectors);
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

  /** Has the pods of so many groups restart, each of another job, and waits for nothing. */
  restart(count: number, round: number): void {
    for (let i = 0; i < count; i++) {
      const job = (round * count + i) % this.#jobs;
      this.#sinks.get(urlOf(job))?.update([restartedGroup(job, round + 1)]);
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
    for (const { name, nodeName } of collectorsOf(this.#collectors + 1)) {
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
