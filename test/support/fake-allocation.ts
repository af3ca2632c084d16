import type { AllocationSnapshot } from "../../src/allocator/index.ts";
import type {
  ServedAllocation,
  ServedJobState,
  ServedProblem,
  ServedScrapeConfigs,
} from "../../src/http/served-allocation.ts";
import { snapshotOf } from "./allocation-snapshot.ts";

/** An allocation that serves what it is told to; ready and with nothing in it unless told otherwise. */
export class FakeAllocation implements ServedAllocation {
  current: AllocationSnapshot = snapshotOf({});
  configs: ServedScrapeConfigs | undefined = { masked: "{}", clear: "{}" };
  readonly states = new Map<string, ServedJobState>();
  found: readonly ServedProblem[] = [];
  missing: readonly string[] = [];

  get ready(): boolean {
    return this.missing.length === 0;
  }
  get configured(): boolean {
    return this.configs !== undefined;
  }
  snapshot(): AllocationSnapshot {
    return this.current;
  }
  scrapeConfigs(): ServedScrapeConfigs | undefined {
    return this.configs;
  }
  /** "settled" for every job of the snapshot that has no state of its own. */
  jobState(job: string): ServedJobState | undefined {
    return this.states.get(job) ?? (this.current.jobs.has(job) ? { discovery: "settled" } : undefined);
  }
  problems(): readonly ServedProblem[] {
    return this.found;
  }
  waitingFor(): readonly string[] {
    return this.missing;
  }
}
