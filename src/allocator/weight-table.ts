import { toWeight } from "./strategies/target-weight.ts";

interface JobWeights {
  readonly byInstance: ReadonlyMap<string, number>;
  readonly sum: number;
}

/** What targets were measured to weigh, by job and instance. */
export class WeightTable {
  readonly #jobs = new Map<string, JobWeights>();
  /** Of all that is measured. */
  #mean = 1;

  /**
   * Takes over what was measured of the instances of a job, all of them. Numbers that are none, or not above zero, are
   * left out. False: it is the same as before.
   */
  set(job: string, measured: ReadonlyMap<string, number>): boolean {
    const usable = [...measured].filter(([, value]) => Number.isFinite(value) && value > 0);
    const byInstance = new Map(usable.map(([instance, value]) => [instance, toWeight(value)]));
    const before = this.#jobs.get(job)?.byInstance ?? new Map();
    if (byInstance.size === before.size && [...byInstance].every(([key, value]) => before.get(key) === value)) {
      return false;
    }
    if (byInstance.size === 0) this.#jobs.delete(job);
    else this.#jobs.set(job, { byInstance, sum: sumOf(byInstance.values()) });
    this.#updateMean();
    return true;
  }

  /** Forgets the jobs that are not among these. False: there were none. */
  retain(jobs: { has(job: string): boolean }): boolean {
    const gone = [...this.#jobs.keys()].filter((job) => !jobs.has(job));
    for (const job of gone) this.#jobs.delete(job);
    if (gone.length > 0) this.#updateMean();
    return gone.length > 0;
  }

  /** What an instance weighs; one that was not measured as much as the measured ones on average, its job's before all. */
  weightOf(job: string, instance: string): number {
    const known = this.#jobs.get(job);
    if (known === undefined) return this.#mean;
    return known.byInstance.get(instance) ?? toWeight(known.sum / known.byInstance.size);
  }

  #updateMean(): void {
    const jobs = [...this.#jobs.values()];
    const count = sumOf(jobs.map(({ byInstance }) => byInstance.size));
    this.#mean = count === 0 ? 1 : toWeight(sumOf(jobs.map(({ sum }) => sum)) / count);
  }
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
