import { type AllocationSnapshot, type AssignedTarget, getLabel, type Shard } from "../../allocator/index.ts";
import { withoutPassword } from "../without-passwords.ts";

/** Whether somebody scrapes it. */
export type TargetState = "assigned" | "unassigned";

/** Which targets are wanted. What is absent wants nothing. */
export interface TargetQuery {
  readonly job?: string;
  readonly collector?: string;
  readonly state?: TargetState;
  /** All of these labels must have exactly these values, as discovered. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** Part of the address, or of the value of any discovered label. */
  readonly text?: string;
  readonly offset: number;
  readonly limit: number;
}

/** A target that was found, and who scrapes it. */
export interface FoundTarget {
  readonly job: string;
  /** Undefined when nobody does. */
  readonly collector: string | undefined;
  readonly target: AssignedTarget;
}

/** One page of what was found. */
export interface TargetPage {
  /** On all pages. */
  readonly total: number;
  readonly items: readonly FoundTarget[];
}

/** Looks at so many targets between two yields: a few milliseconds. */
const TARGETS_PER_SLICE = 1_000;

/**
 * Finds targets by job, then collector, the unassigned last, in canonical order. Takes the time that a look at every
 * target takes where labels or a text are given, and yields now and then; else whole shares are counted at once.
 */
export function* searchTargets(snapshot: AllocationSnapshot, query: TargetQuery): Generator<undefined, TargetPage> {
  const items: FoundTarget[] = [];
  const matches = matcherOf(query);
  let total = 0;
  let looked = 0;
  const take = (found: FoundTarget): void => {
    if (total >= query.offset && items.length < query.limit) items.push(found);
    total += 1;
  };
  for (const { job, collector, shard } of sharesOf(snapshot, query)) {
    if (matches === undefined && !overlaps(query, total, shard)) {
      total += shard.targets.length;
      continue;
    }
    for (const target of shard.targets) {
      if (matches === undefined || matches(target)) take({ job, collector, target });
      if (++looked % TARGETS_PER_SLICE === 0) yield;
    }
  }
  return { total, items };
}

interface Share {
  readonly job: string;
  readonly collector: string | undefined;
  readonly shard: Shard;
}

function* sharesOf(
  { jobs, collectors }: AllocationSnapshot,
  { job: only, collector, state }: TargetQuery,
): Generator<Share> {
  const names = collector === undefined ? collectors.map(({ name }) => name) : [collector];
  for (const { name: job, byCollector, unassigned } of jobs.values()) {
    if (only !== undefined && job !== only) continue;
    for (const name of state === "unassigned" ? [] : names) {
      const shard = byCollector.get(name);
      if (shard !== undefined) yield { job, collector: name, shard };
    }
    if (state !== "assigned" && collector === undefined) yield { job, collector: undefined, shard: unassigned };
  }
}

/** Whether the page has a part in a share that begins at a place. */
function overlaps({ offset, limit }: TargetQuery, start: number, { targets }: Shard): boolean {
  return start < offset + limit && start + targets.length > offset;
}

/** Undefined when every target matches. What readers are not shown, they cannot search for either. */
function matcherOf({ labels, text }: TargetQuery): ((target: AssignedTarget) => boolean) | undefined {
  if (labels.length === 0 && text === undefined) return undefined;
  return ({ groupLabels, ownLabels, address }) => {
    const valueOf = (name: string): string =>
      withoutPassword(getLabel(ownLabels, name) ?? getLabel(groupLabels, name) ?? "");
    if (labels.some(([name, value]) => valueOf(name) !== value)) return false;
    const has = (value: string): boolean => text === undefined || withoutPassword(value).includes(text);
    return has(address) || ownLabels.values.some(has) || groupLabels.values.some(has);
  };
}
