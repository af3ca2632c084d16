import type { DiscoveryConfig } from "../../src/allocator/index.ts";
import { createDiscovererFactory, type DiscovererFactory } from "../../src/discovery/registry.ts";
import { readTargetAllocatorFile, type TargetAllocatorFile } from "../../src/options/target-allocator-file.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { generateJobs } from "../../src/prometheus-cr/generate-jobs.ts";
import { AssetClient } from "./asset-client.ts";
import { FakeClock, settle } from "./fake-clock.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { FakeDiscoverers } from "./fake-discoverers.ts";
import { MemoryLogger } from "./memory-logger.ts";

/** A job of a file. */
export interface StagedJob {
  /** Static targets. */
  readonly targets?: readonly string[];
  /** Sources that the test drives, by name. */
  readonly sources?: readonly string[];
  /** Role of a kubernetes source. */
  readonly role?: string;
  /** Anything else of the job, as in the file. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface StagedFile {
  readonly jobs: Readonly<Record<string, StagedJob>>;
  /** Anything else of the file. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** The text of a file whose collectors are the pods labelled `app=collector` in namespace `obs`. */
export function fileText({ jobs, settings = {} }: StagedFile): string {
  const scrapeConfigs = Object.entries(jobs).map(([name, job]) => toScrapeConfig(name, job));
  return JSON.stringify({
    collector_namespace: "obs",
    collector_selector: { matchLabels: { app: "collector" } },
    config: { scrape_configs: scrapeConfigs },
    ...settings,
  });
}

function toScrapeConfig(name: string, { targets, sources, role, settings }: StagedJob): object {
  return {
    job_name: name,
    ...(targets === undefined ? {} : { static_configs: [{ targets }] }),
    ...(sources === undefined ? {} : { http_sd_configs: sources.map((one) => ({ url: `http://sd.test/${one}` })) }),
    ...(role === undefined ? {} : { kubernetes_sd_configs: [{ role }] }),
    ...settings,
  };
}

/** {@link fileText}, read. */
export function fileOf(staged: StagedFile): TargetAllocatorFile {
  return readTargetAllocatorFile(fileText(staged));
}

/** A pipeline and everything around it, none of it real but the pipeline. */
export class PipelineStage {
  readonly clock = new FakeClock();
  readonly cluster = new FakeCluster();
  readonly sources = new FakeDiscoverers();
  readonly log = new MemoryLogger();
  readonly metrics = new PromClientMetrics();
  /** What authors of monitors were told. */
  readonly events: string[] = [];
  readonly pipeline: Pipeline;
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor() {
    this.pipeline = new Pipeline({
      informers: this.cluster,
      monitors: {
        client: new AssetClient(this.cluster),
        generate: generateJobs,
        events: { record: ({ metadata }, { note }) => this.events.push(`${metadata.name}: ${note}`) },
      },
      createDiscoverer: this.createDiscovererFor(),
      clock: this.clock,
      log: this.log,
      metrics: this.metrics,
    });
  }

  /** Static and kubernetes as they are; `http` stands for sources that the test drives. */
  createDiscovererFor(ownNamespace?: string): DiscovererFactory {
    const real = createDiscovererFactory({ clusterFor: () => this.cluster, ownNamespace });
    return (config) => (config.mechanism === "http" ? this.sources.create(named(config)) : real(config));
  }

  /** Loads the file, runs the pipeline and lets it get as far as it can. */
  async start(file: StagedFile): Promise<void> {
    const error = this.pipeline.reload(fileOf(file));
    if (error !== undefined) throw error;
    this.#done = this.pipeline.run(this.#stop.signal);
    await this.settle();
  }

  /** Until everything that can happen without time passing has happened. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn += 1) await settle();
  }

  /** Lets time pass, and everything happen that follows, timer by timer. */
  async advance(ms: number): Promise<void> {
    let left = ms;
    await this.settle();
    for (let next = this.clock.nextIn; next !== undefined && next <= left; next = this.clock.nextIn) {
      await this.clock.advance(next);
      await this.settle();
      left -= next;
    }
    await this.clock.advance(left);
    await this.settle();
  }

  /** Ends the pipeline; throws when it has left anything behind. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    const left = { uses: this.cluster.uses, timers: this.clock.pending, runs: this.sources.active };
    if (left.uses + left.timers + left.runs > 0) throw new Error(`left behind: ${JSON.stringify(left)}`);
  }
}

function named(config: DiscoveryConfig): DiscoveryConfig {
  return { ...config, settings: { name: (config.settings["url"] as string).split("/").at(-1) } };
}
