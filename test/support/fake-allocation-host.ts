import type { AllocationDefinition, AllocationHost, AllocationSummary } from "../../src/controllers/allocation-host.ts";

/** Runs nothing: remembers what it was told to run and answers what a test sets. */
export class FakeAllocationHost implements AllocationHost {
  readonly definitions = new Map<string, AllocationDefinition>();
  readonly #summaries = new Map<string, AllocationSummary>();
  readonly #handlers = new Set<(key: string) => void>();
  /** How often a summary was asked for: once in each pass over a collector. */
  asked = 0;

  ensure(key: string, definition: AllocationDefinition): void {
    this.definitions.set(key, definition);
  }

  remove(key: string): void {
    this.definitions.delete(key);
    this.#summaries.delete(key);
  }

  summary(key: string): AllocationSummary | undefined {
    this.asked += 1;
    return this.#summaries.get(key);
  }

  onChange(handler: (key: string) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Changes numbers, as new targets do. */
  report(key: string, summary: Partial<AllocationSummary>): void {
    const before = this.#summaries.get(key) ?? EMPTY;
    this.#summaries.set(key, { ...before, ...summary });
    this.touch(key);
  }

  /** Makes a pass due in which nothing has changed. */
  touch(key: string): void {
    for (const handler of this.#handlers) handler(key);
  }
}

const EMPTY: AllocationSummary = { synced: true, collectors: 0, jobs: 0, targets: 0, unassigned: 0, problems: [] };
