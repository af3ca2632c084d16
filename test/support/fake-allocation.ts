import type { AllocationSnapshot, Shard } from "../../src/allocator/index.ts";
import type {
  ExplainQuery,
  ServedAllocation,
  ServedDeliveries,
  ServedExplainAnswer,
  ServedFetch,
  ServedJobState,
  ServedProblem,
  ServedReceiver,
  ServedScrapeConfigs,
} from "../../src/http/served-allocation.ts";
import type { ServedMonitors } from "../../src/http/served-monitors.ts";
import { snapshotOf } from "./allocation-snapshot.ts";

/** An allocation that serves what it is told to; ready and with nothing in it unless told otherwise. */
export class FakeAllocation implements ServedAllocation {
  current: AllocationSnapshot = snapshotOf({});
  configs: Pick<ServedScrapeConfigs, "masked" | "clear"> | undefined = { masked: "{}", clear: "{}" };
  readonly states = new Map<string, ServedJobState>();
  /** Names of the jobs of each receiver, with the body of its scrape configurations. */
  readonly receiving = new Map<string, { readonly jobs: readonly string[]; readonly body: string }>();
  readonly departed = new Set<string>();
  found: readonly ServedProblem[] = [];
  missing: readonly string[] = [];
  served: ServedMonitors | undefined;
  readonly asked: ExplainQuery[] = [];
  /** Questions that were given up. */
  released = 0;
  answer: ServedExplainAnswer | "never" = { kind: "unknown-job", jobs: [] };

  get ready(): boolean {
    return this.missing.length === 0;
  }
  get configured(): boolean {
    return this.configs !== undefined;
  }
  snapshot(): AllocationSnapshot {
    return this.current;
  }
  readonly fetches: ServedFetch[] = [];
  /** What a collector keeps beside its share, by job and collector. */
  readonly kept = new Map<string, Shard>();
  readonly deliveries: ServedDeliveries = {
    hasDeparted: (collector) => this.departed.has(collector),
    shareOf: (job, collector, shard) => this.kept.get(`${job} ${collector}`) ?? shard,
    fetched: (fetch) => void this.fetches.push(fetch),
    lastFetchAt: () => undefined,
  };
  scrapeConfigs(): ServedScrapeConfigs | undefined {
    return this.configs && { ...this.configs, noticeable: `${this.configs.clear} noticeable` };
  }
  receivers(): ReadonlyMap<string, ServedReceiver> | undefined {
    if (!this.configured) return undefined;
    return new Map(
      [...this.receiving].map(([id, { jobs, body }]) => {
        const scrapeConfigs = { masked: body, clear: `${body} clear`, noticeable: `${body} noticeable` };
        return [id, { scrapeConfigs, has: (job: string) => jobs.includes(job) }];
      }),
    );
  }
  /** "settled" for every job of the snapshot that has no state of its own. */
  jobState(job: string): ServedJobState | undefined {
    return this.states.get(job) ?? (this.current.jobs.has(job) ? { discovery: "settled" } : undefined);
  }
  problems(): readonly ServedProblem[] {
    return this.found;
  }
  monitors(): ServedMonitors | undefined {
    return this.served;
  }
  waitingFor(): readonly string[] {
    return this.missing;
  }
  /** Keeps what was asked and gives {@link answer}; when that is "never", only once it is aborted. */
  async explain(query: ExplainQuery, signal: AbortSignal): Promise<ServedExplainAnswer> {
    this.asked.push(query);
    if (this.answer !== "never") return this.answer;
    return new Promise((_resolve, reject) => {
      const release = (): void => {
        this.released += 1;
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", release, { once: true });
    });
  }
}
