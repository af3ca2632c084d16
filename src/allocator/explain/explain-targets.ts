import type { JobDefinition } from "../job-definition.ts";
import { equalLabels, getLabel, type Labels } from "../labels/labels.ts";
import { labelReader } from "../labels/merged-labels.ts";
import type { RelabelConfig } from "../relabel/relabel-config.ts";
import type { AllocationSnapshot, AssignedTarget } from "../snapshot.ts";
import { lowerBound, sortInSlices } from "../sorted-list.ts";
import { ZONE_LABELS, zoneOf } from "../strategies/target-zone.ts";
import { nodeNameOf } from "../targets/node-name.ts";
import type { TargetGroup } from "../targets/target-group.ts";
import { compareTargets } from "../targets/target-order.ts";
import { WORK, WorkSlice } from "../work-slice.ts";
import {
  decidingStrategy,
  goesByZone,
  type OwnerReason,
  ownerReasonOf,
  type StrategyNames,
  type UnassignedReason,
  unassignedReasonOf,
} from "./placement-reason.ts";
import { type TargetTrace, TargetTracer } from "./target-trace.ts";

/** One discovered target and where it was found. */
export interface FoundTarget extends AssignedTarget {
  /** What found it, as in {@link KnownSource}. */
  readonly provider: string;
  /** The group it was found in. */
  readonly source: string;
}

/** Everything that one source has found. */
export interface KnownSource {
  readonly provider: string;
  readonly groups: readonly TargetGroup[];
}

/** What became of a target. The reasons are a closed list, for programs to match on. */
export type TargetOutcome =
  /** A collector scrapes it. */
  | {
      readonly reason: "Assigned";
      readonly collector: string;
      readonly ownerReason: OwnerReason;
      /** The strategy that decided. */
      readonly strategy: string;
      /** The collector's, where the strategy goes by zones; "" when it is not known. */
      readonly collectorZone?: string;
    }
  /** Nobody scrapes it. */
  | { readonly reason: UnassignedReason }
  /** Relabelling keeps it; who scrapes it is not known. */
  | { readonly reason: "Kept" }
  /** The last step dropped it. */
  | { readonly reason: "DroppedByRule" }
  /** Relabelling broke off: a bug. */
  | { readonly reason: "RelabellingFailed" }
  /** Another discovered target has the same final labels and is scraped in its place. */
  | { readonly reason: "Duplicate"; readonly survivor: FoundTarget }
  /** The served result is older than its discovery. */
  | { readonly reason: "NotAllocatedYet" };

/** Everything about one discovered target. */
export interface TargetExplanation {
  readonly target: FoundTarget;
  readonly trace: TargetTrace;
  readonly outcome: TargetOutcome;
  /** The node it runs on, by its discovered labels; "" when they do not say. */
  readonly node: string;
  /** The zone it runs in, by its discovered labels, "" when they do not say; undefined unless the strategy goes by zones. */
  readonly zone: string | undefined;
  /** Others with the same final labels, when it is the one that counts. */
  readonly duplicates: readonly FoundTarget[];
}

/** Which targets of one job are to be explained, and by what. */
export interface ExplainInput {
  readonly definition: JobDefinition;
  readonly strategy: StrategyNames;
  readonly sources: readonly KnownSource[];
  /** The result that is served. */
  readonly snapshot: AllocationSnapshot;
  /** As the strategy has them. @default {@link ZONE_LABELS} */
  readonly zoneLabels?: readonly string[] | undefined;
  /** False where the result says nothing about collectors, because they are not known. @default true */
  readonly ownersKnown?: boolean;
  /** Whether a discovered target is meant. */
  readonly selects: (target: AssignedTarget) => boolean;
  /** How many of those that are meant are explained; the first ones, in the order of discovery. */
  readonly limit: number;
}

/** The targets that were meant. */
export interface ExplainedTargets {
  /** How many targets of the job were looked at: all that discovery knows. */
  readonly searched: number;
  /** How many of them are meant. */
  readonly matched: number;
  /** Those of the job; none when relabelling is switched off. */
  readonly rules: readonly RelabelConfig[];
  /** No more than the limit. */
  readonly targets: readonly TargetExplanation[];
}

/** A target that is explained. */
interface Traced {
  readonly target: FoundTarget;
  readonly trace: TargetTrace;
}

/** All targets of the job with the same final labels as one that is explained. */
interface IdentityClass {
  readonly labels: Labels;
  readonly members: FoundTarget[];
  /** The member that the served result has; undefined when it has none. */
  served: { readonly target: FoundTarget; readonly collector: string | undefined } | undefined;
}

interface Member {
  readonly of: IdentityClass;
  readonly member: FoundTarget;
}

/**
 * Explains the targets of one job that are meant: what discovery found, what each rule did, and who has it in the
 * served result. Keeps nothing. Takes the time that one pass over the job's targets takes; yields now and then, as a
 * pass does.
 */
export function* explainTargets(input: ExplainInput): Generator<undefined, ExplainedTargets, void> {
  const { definition, strategy, sources, selects, limit, zoneLabels = ZONE_LABELS } = input;
  const zoneReaders = zoneLabels.map(labelReader);
  const slice = new WorkSlice();
  const tracer = new TargetTracer(definition);
  const traced = new Map<number, Traced>();
  let searched = 0;
  let matched = 0;
  for (const target of targetsOf(sources)) {
    if (selects(target)) {
      matched++;
      if (matched <= limit) traced.set(searched, { target, trace: tracer.trace(target.groupLabels, target.ownLabels) });
    }
    searched++;
    if (slice.spend(WORK.process)) yield;
  }
  const classes = yield* classify(input, tracer, traced, slice);
  yield* findServed(input, classes, slice);
  const targets = [...traced.values()].map(({ target, trace }): TargetExplanation => {
    const equal = classes.find(({ labels }) => trace.final !== undefined && equalLabels(labels, trace.final));
    const outcome = outcomeOf(input, target, trace, equal);
    const counts = outcome.reason !== "Duplicate" && equal?.served !== undefined;
    const others = counts ? equal.members.filter((member) => member !== equal.served?.target) : [];
    const zone = goesByZone(target, strategy) ? zoneOf(target, zoneReaders) : undefined;
    return { target, trace, outcome, node: nodeNameOf(target), zone, duplicates: others };
  });
  return { searched, matched, rules: definition.filtering ? definition.relabel.rules : [], targets };
}

function* targetsOf(sources: readonly KnownSource[]): Generator<FoundTarget, void> {
  for (const { provider, groups } of sources) {
    for (const { source, labels: groupLabels, targets } of groups) {
      for (const ownLabels of targets) yield foundTarget({ provider, source, groupLabels, ownLabels });
    }
  }
}

function foundTarget(found: Omit<FoundTarget, "address">): FoundTarget {
  return { ...found, address: getLabel(found.ownLabels, "__address__") ?? "" };
}

/**
 * Finds all targets of the job that have the final labels of one that is explained.
 *
 * @param traced - By position among all targets of the job.
 */
function* classify(
  { sources }: ExplainInput,
  tracer: TargetTracer,
  traced: ReadonlyMap<number, Traced>,
  slice: WorkSlice,
): Generator<undefined, readonly IdentityClass[]> {
  const byHash = classesOf(tracer, traced.values());
  if (byHash.size === 0) return [];
  let position = 0;
  for (const each of targetsOf(sources)) {
    const near = byHash.get(tracer.finalHash(each.groupLabels, each.ownLabels) ?? "");
    const equal = near?.find(({ labels }) => equalLabels(labels, tracer.finalLabels()));
    equal?.members.push(traced.get(position)?.target ?? each);
    position++;
    if (slice.spend(WORK.process)) yield;
  }
  return [...byHash.values()].flat();
}

/** The classes of targets that are explained, without members yet, by the hash of their labels. */
function classesOf(tracer: TargetTracer, traced: Iterable<Traced>): ReadonlyMap<string, readonly IdentityClass[]> {
  const byHash = new Map<string, IdentityClass[]>();
  for (const { target, trace } of traced) {
    const { final: labels } = trace;
    if (labels === undefined) continue;
    const hash = tracer.finalHash(target.groupLabels, target.ownLabels) ?? "";
    const known = byHash.get(hash) ?? [];
    byHash.set(hash, known);
    if (!known.some((one) => equalLabels(one.labels, labels))) known.push({ labels, members: [], served: undefined });
  }
  return byHash;
}

/** Finds in the served result the one member of each class that counts. */
function* findServed(
  { definition, snapshot }: ExplainInput,
  classes: readonly IdentityClass[],
  slice: WorkSlice,
): Generator<undefined, void> {
  const job = snapshot.jobs.get(definition.name);
  if (job === undefined || classes.length === 0) return;
  const members = yield* membersByAddress(classes, slice);
  const shards = [...job.byCollector, [undefined, job.unassigned] as const];
  for (const [collector, { targets }] of shards) {
    for (const served of targets) {
      const near = members.get(served.address) ?? [];
      const found = near[lowerBound(near, { member: served }, compareMembers, 0)];
      if (found !== undefined && compareMembers(found, { member: served }) === 0) {
        found.of.served = { target: found.member, collector };
      }
      if (slice.spend(WORK.compare)) yield;
    }
  }
}

/** The members of all classes by address; in canonical order, because very many can have one address. */
function* membersByAddress(
  classes: readonly IdentityClass[],
  slice: WorkSlice,
): Generator<undefined, ReadonlyMap<string, readonly Member[]>> {
  const byAddress = new Map<string, Member[]>();
  for (const of of classes) {
    for (const member of of.members) {
      const near = byAddress.get(member.address);
      if (near === undefined) byAddress.set(member.address, [{ of, member }]);
      else near.push({ of, member });
      if (slice.spend(WORK.list)) yield;
    }
  }
  const sorted = new Map<string, readonly Member[]>();
  for (const [address, near] of byAddress) {
    sorted.set(address, yield* sortInSlices(near, compareMembers, slice));
    if (slice.spend(WORK.list)) yield;
  }
  return sorted;
}

function compareMembers(a: { readonly member: AssignedTarget }, b: { readonly member: AssignedTarget }): number {
  return compareTargets(a.member, b.member);
}

function outcomeOf(
  { strategy, snapshot, ownersKnown = true }: ExplainInput,
  target: FoundTarget,
  { final, failure }: TargetTrace,
  equal: IdentityClass | undefined,
): TargetOutcome {
  if (failure !== undefined) return { reason: "RelabellingFailed" };
  if (final === undefined) return { reason: "DroppedByRule" };
  if (equal?.served === undefined) return { reason: "NotAllocatedYet" };
  const { target: survivor, collector } = equal.served;
  if (survivor !== target) return { reason: "Duplicate", survivor };
  if (!ownersKnown) return { reason: "Kept" };
  if (collector === undefined) return { reason: unassignedReasonOf(target, strategy, snapshot) };
  const decided = { ownerReason: ownerReasonOf(target, strategy), strategy: decidingStrategy(target, strategy) };
  if (!goesByZone(target, strategy)) return { reason: "Assigned", collector, ...decided };
  const { zone: collectorZone = "" } = snapshot.collectors.find(({ name }) => name === collector) ?? {};
  return { reason: "Assigned", collector, ...decided, collectorZone };
}
