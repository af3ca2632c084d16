import type { AllocationSnapshot } from "../../allocator/index.ts";
import type { AllocationDirectory, ListedAllocation } from "../../http/allocation-directory.ts";
import { countMoved } from "./moved-targets.ts";
import { allocationLine } from "./screen.ts";

/** Tells what is new about allocations since it was asked last, as lines for a terminal. */
export class AllocationNews {
  readonly #directory: AllocationDirectory;
  readonly #told = new Map<string, { readonly snapshot: AllocationSnapshot; readonly line: string }>();

  constructor(directory: AllocationDirectory) {
    this.#directory = directory;
  }

  /** Undefined when nothing is new. Allocations that are not complete yet are not told of. */
  next(): string | undefined {
    const listed = this.#directory.list().filter(({ allocation }) => allocation.ready);
    const lines = listed.map((one) => this.#tell(one)).filter((line) => line !== undefined);
    return lines.length === 0 ? undefined : lines.join("");
  }

  #tell(listed: ListedAllocation): string | undefined {
    const key = `${listed.namespace}/${listed.name}`;
    const before = this.#told.get(key);
    const snapshot = listed.allocation.snapshot();
    const moved = before === undefined ? 0 : countMoved(before.snapshot, snapshot);
    const line = allocationLine(listed, 0);
    this.#told.set(key, { snapshot, line });
    return line === before?.line && moved === 0 ? undefined : allocationLine(listed, moved);
  }
}
