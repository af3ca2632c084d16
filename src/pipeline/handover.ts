import {
  type AllocationSnapshot,
  type AssignedTarget,
  compareTargets,
  type JobSnapshot,
  lowerBound,
  type Shard,
} from "../allocator/index.ts";
import type { FetchLog } from "./fetch-log.ts";

/** A target that its former owner goes on scraping until its new owner knows of it. */
interface Kept {
  readonly target: AssignedTarget;
  readonly newOwner: string;
  /** Of the first result in which the new owner has it. */
  readonly since: number;
  /** On the wall clock, in milliseconds. */
  readonly movedAtMs: number;
  /** When the former owner lets go of it all the same. */
  readonly untilMs: number;
}

/** By job, then former owner; in canonical order. */
type KeptTargets = ReadonlyMap<string, ReadonlyMap<string, readonly Kept[]>>;

/** How a hand-over can end: the new owner has fetched the target, or has not come in time. */
export const HANDOVER_ENDS = ["acknowledged", "expired"] as const;
export type HandoverEnd = (typeof HANDOVER_ENDS)[number];

export interface HandoverOptions {
  readonly log: FetchLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of each target that was with two collectors, and for how long, in seconds. */
  readonly onEnd: (end: HandoverEnd, seconds: number) => void;
}

/** A new owner that has not come after so many of its refresh intervals will not come. */
const MOST_INTERVALS = 2;
/** Looks at so many targets between two yields. */
const TARGETS_PER_SLICE = 1_000;

/**
 * Make before break: a target that moves stays in the share of its former owner until its new owner has fetched a share
 * with it, for no longer than two of that owner's refresh intervals. So nobody has it for a moment; two have it for a while.
 *
 * Only what is served to collectors differs: the result of the engine does not know of it.
 */
export class Handover {
  readonly #options: HandoverOptions;
  #kept: KeptTargets = new Map();
  /** Those whose end was told. */
  readonly #told = new WeakSet<Kept>();
  /** Shares with what is kept in them, by the lists that they were made from. */
  readonly #merged = new WeakMap<readonly Kept[], { readonly shard: Shard | undefined; readonly merged: Shard }>();

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /** How many targets are with two collectors now. */
  get overlaps(): number {
    let count = 0;
    for (const [job, owners] of this.#kept) {
      for (const kept of owners.values()) count += kept.filter((one) => this.#endOf(job, one) === undefined).length;
    }
    return count;
  }

  /**
   * What the collector is to be told of the job: its shard, and what it keeps meanwhile.
   *
   * @param shard - Undefined when it has no targets of the job.
   */
  shareOf(job: string, collector: string, shard: Shard | undefined): Shard | undefined {
    const kept = this.#due(job, collector);
    if (kept.length === 0) return shard;
    const known = this.#merged.get(kept);
    if (known !== undefined && known.shard === shard) return known.merged;
    const targets = [...(shard?.targets ?? []), ...kept.map(({ target }) => target)].toSorted(compareTargets);
    const merged = { targets };
    this.#merged.set(kept, { shard, merged });
    return merged;
  }

  /**
   * Works out what is kept once another result is served. Yields now and then; the function that it returns puts that in
   * force, in the moment in which the result is served.
   */
  *prepare(before: AllocationSnapshot, after: AllocationSnapshot): Generator<undefined, () => void, void> {
    const next = new Map<string, ReadonlyMap<string, readonly Kept[]>>();
    for (const [name, job] of after.jobs) {
      const former = before.jobs.get(name);
      const held = this.#kept.get(name);
      if (former === undefined || (former === job && held === undefined)) continue;
      const kept = yield* this.#keptOf(former, job, after.version);
      if (kept.size > 0) next.set(name, kept);
    }
    return () => {
      this.#kept = next;
    };
  }

  /** Nothing is kept any more. */
  none(): () => void {
    return () => {
      this.#kept = new Map();
    };
  }

  /** What is still to be kept, as one list for as long as it is the same. */
  #due(job: string, collector: string): readonly Kept[] {
    const kept = this.#kept.get(job)?.get(collector);
    if (kept === undefined) return [];
    const left = kept.filter((one) => this.#endOf(job, one) === undefined);
    if (left.length === kept.length) return kept;
    for (const one of kept) this.#tellEnd(job, one);
    this.#replace(job, collector, left);
    return left;
  }

  #endOf(job: string, { newOwner, since, untilMs }: Kept): HandoverEnd | undefined {
    const { log, now } = this.#options;
    if (log.hasFetched(job, newOwner, since)) return "acknowledged";
    return now() >= untilMs ? "expired" : undefined;
  }

  #tellEnd(job: string, kept: Kept): void {
    const end = this.#endOf(job, kept);
    if (end === undefined || this.#told.has(kept)) return;
    this.#told.add(kept);
    this.#options.onEnd(end, (this.#options.now() - kept.movedAtMs) / 1_000);
  }

  #replace(job: string, collector: string, kept: readonly Kept[]): void {
    const owners = new Map(this.#kept.get(job));
    if (kept.length === 0) owners.delete(collector);
    else owners.set(collector, kept);
    const jobs = new Map(this.#kept);
    if (owners.size === 0) jobs.delete(job);
    else jobs.set(job, owners);
    this.#kept = jobs;
  }

  *#keptOf(
    before: JobSnapshot,
    after: JobSnapshot,
    version: number,
  ): Generator<undefined, ReadonlyMap<string, readonly Kept[]>> {
    const change: Change = { after, version, held: this.#kept.get(after.name), gained: yield* gainsOf(before, after) };
    const kept = new Map<string, readonly Kept[]>();
    for (const formerOwner of new Set([...before.byCollector.keys(), ...(change.held?.keys() ?? [])])) {
      const lost = yield* missingIn(before.byCollector.get(formerOwner), after.byCollector.get(formerOwner));
      const all = [...this.#stillKept(formerOwner, change), ...this.#newlyKept(formerOwner, lost, change)];
      if (all.length > 0) kept.set(formerOwner, all);
    }
    return kept;
  }

  /** What a former owner kept before and keeps on. */
  #stillKept(formerOwner: string, change: Change): readonly Kept[] {
    const { after, held } = change;
    const own = after.byCollector.get(formerOwner);
    return (held?.get(formerOwner) ?? []).flatMap((one) => {
      if (this.#endOf(after.name, one) === undefined)
        return hasTarget(own, one.target) ? [] : this.#follow(one, change);
      this.#tellEnd(after.name, one);
      return [];
    });
  }

  /** What a former owner has lost to others. */
  #newlyKept(formerOwner: string, lost: readonly AssignedTarget[], change: Change): readonly Kept[] {
    const { gained, version } = change;
    return lost.flatMap((target) => {
      const newOwner = gainerOf(gained, target);
      if (newOwner === undefined || this.#isAwaited(formerOwner, target, change)) return [];
      return [{ target, newOwner, since: version, ...this.#times(newOwner) }];
    });
  }

  /** Whether the target was given to the collector, which has not come for it and so has nothing to let go of. */
  #isAwaited(collector: string, target: AssignedTarget, { after, held }: Change): boolean {
    for (const kept of held?.values() ?? []) {
      const own = kept.find((one) => one.newOwner === collector && compareTargets(one.target, target) === 0);
      if (own !== undefined && this.#endOf(after.name, own) !== "acknowledged") return true;
    }
    return false;
  }

  /** The same for whoever has the target now; none when nobody has. */
  #follow(kept: Kept, { after, gained, version }: Change): readonly Kept[] {
    const { target, newOwner, movedAtMs } = kept;
    if (hasTarget(after.byCollector.get(newOwner), target)) return [kept];
    const other = gainerOf(gained, target);
    return other === undefined
      ? []
      : [{ target, newOwner: other, since: version, movedAtMs, untilMs: this.#times(other).untilMs }];
  }

  #times(newOwner: string): Pick<Kept, "movedAtMs" | "untilMs"> {
    const { log, now } = this.#options;
    const movedAtMs = now();
    return { movedAtMs, untilMs: movedAtMs + MOST_INTERVALS * log.refreshIntervalMs(newOwner) };
  }
}

/** What collectors have that they did not have before, by address. */
type Gains = ReadonlyMap<string, readonly { readonly collector: string; readonly target: AssignedTarget }[]>;

/** One job in another result. */
interface Change {
  readonly after: JobSnapshot;
  readonly version: number;
  /** What is kept of the job up to now, by former owner. */
  readonly held: ReadonlyMap<string, readonly Kept[]> | undefined;
  readonly gained: Gains;
}

/** Whose the target is now, if it is another one's. */
function gainerOf(gained: Gains, target: AssignedTarget): string | undefined {
  return gained.get(target.address)?.find((gain) => compareTargets(gain.target, target) === 0)?.collector;
}

function* gainsOf(before: JobSnapshot, after: JobSnapshot): Generator<undefined, Gains> {
  const gains = new Map<string, { readonly collector: string; readonly target: AssignedTarget }[]>();
  for (const [collector, shard] of after.byCollector) {
    for (const target of yield* missingIn(shard, before.byCollector.get(collector))) {
      const near = gains.get(target.address);
      if (near === undefined) gains.set(target.address, [{ collector, target }]);
      else near.push({ collector, target });
    }
  }
  return gains;
}

/** The targets of one shard that the other does not have. */
function* missingIn(
  shard: Shard | undefined,
  other: Shard | undefined,
): Generator<undefined, readonly AssignedTarget[]> {
  if (shard === undefined || shard === other) return [];
  const theirs = other?.targets ?? [];
  const missing: AssignedTarget[] = [];
  let at = 0;
  for (const [i, target] of shard.targets.entries()) {
    let theirTarget = theirs[at];
    while (theirTarget !== undefined && compareTargets(theirTarget, target) < 0) theirTarget = theirs[++at];
    if (theirTarget === undefined || compareTargets(theirTarget, target) > 0) missing.push(target);
    if ((i + 1) % TARGETS_PER_SLICE === 0) yield;
  }
  return missing;
}

function hasTarget(shard: Shard | undefined, target: AssignedTarget): boolean {
  const found = shard?.targets[lowerBound(shard.targets, target, compareTargets, 0)];
  return found !== undefined && compareTargets(found, target) === 0;
}
