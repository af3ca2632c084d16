/** What collectors ask with: Prometheus' HTTP_SD client says how long it waits between two requests. */
export interface Fetch {
  readonly job: string;
  readonly collector: string;
  /** Of the result that was answered from. */
  readonly version: number;
  /** Between two requests for a share, as the client says. */
  readonly refreshIntervalMs: number;
}

/** What the receiver does when nobody sets its `refresh_interval`. */
const USUAL_REFRESH_MS = 30_000;

interface LastFetch {
  /** On the wall clock. */
  readonly atMs: number;
  readonly refreshIntervalMs: number;
}

/** Which collector has been told what, and when. */
export class FetchLog {
  /** By collector, then job: the latest version it was answered from. */
  readonly #versions = new Map<string, Map<string, number>>();
  readonly #last = new Map<string, LastFetch>();

  /** Takes note of a share that was sent to its end. */
  fetched({ job, collector, version, refreshIntervalMs }: Fetch, atMs: number): void {
    const versions = this.#versions.get(collector) ?? new Map<string, number>();
    this.#versions.set(collector, versions.set(job, Math.max(version, versions.get(job) ?? 0)));
    this.#last.set(collector, { atMs, refreshIntervalMs });
  }

  /** Whether the collector has been told of the job what holds since a version. */
  hasFetched(job: string, collector: string, since: number): boolean {
    return (this.#versions.get(collector)?.get(job) ?? -1) >= since;
  }

  /** When the collector was answered last, on the wall clock; undefined when it never was. */
  lastFetchAt(collector: string): number | undefined {
    return this.#last.get(collector)?.atMs;
  }

  /** How long the collector waits between two requests for a share, as far as it is known. */
  refreshIntervalMs(collector: string): number {
    return this.#last.get(collector)?.refreshIntervalMs ?? USUAL_REFRESH_MS;
  }

  /** Forgets every collector and job but these. */
  retain(hasCollector: (collector: string) => boolean, jobs: { has(job: string): boolean }): void {
    for (const collector of this.#last.keys()) {
      if (hasCollector(collector)) continue;
      this.#last.delete(collector);
      this.#versions.delete(collector);
    }
    for (const versions of this.#versions.values()) {
      for (const job of versions.keys()) if (!jobs.has(job)) versions.delete(job);
    }
  }
}
