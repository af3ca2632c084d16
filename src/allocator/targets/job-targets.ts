import type { CounterCell } from "../counters.ts";
import type { JobDefinition } from "../job-definition.ts";
import { JobShards } from "../job-shards.ts";
import { EMPTY_LABELS, getLabel, type Labels } from "../labels/labels.ts";
import type { JobCounts, JobSnapshot } from "../snapshot.ts";
import type { FinalLabels } from "../strategies/strategy.ts";
import { WORK, type WorkSlice } from "../work-slice.ts";
import type { ChangedIdentities } from "./changed-identities.ts";
import { Candidate } from "./identity.ts";
import { IdentityTable } from "./identity-table.ts";
import { KnownGroup, type Stretch } from "./known-group.ts";
import { SeedLabels } from "./seed-labels.ts";
import type { TargetGroup } from "./target-group.ts";
import type { TargetLabels } from "./target-labels.ts";

const ADDRESS_LABEL = "__address__";

/** What the jobs of one allocator share. */
export interface JobContext {
  readonly counters: CounterCell;
  readonly changed: ChangedIdentities;
  /** Jobs that may differ from what they published; they put themselves in. */
  readonly touched: Set<JobTargets>;
  /** The workplace for processing; used by one target at a time. */
  readonly labels: TargetLabels;
  /** Maps each half of an identity's hash to the one that is used. */
  readonly identityHash: (half: number) => number;
  /** What the strategy must know of a target's final labels; undefined when it is nothing. */
  readonly traitOf: ((labels: FinalLabels) => string) | undefined;
}

/** What a provider reported since the last pass. */
export interface ProviderChange {
  /** All groups reported before are gone. */
  readonly replaces: boolean;
  /** Of several with one source the last counts. */
  readonly groups: Iterable<TargetGroup>;
}

/**
 * The discovered targets of one job: keeps the groups, runs the job's rules over targets that are new or changed, and
 * marks the identities that this concerns.
 */
export class JobTargets {
  readonly shards: JobShards;
  readonly #context: JobContext;
  #definition: JobDefinition;
  #seeds: SeedLabels;
  readonly #identities: IdentityTable;
  /** By provider, then by source. */
  readonly #providers = new Map<string, Map<string, KnownGroup>>();
  #discovered = 0;
  #kept = 0;

  constructor(definition: JobDefinition, context: JobContext) {
    this.#definition = definition;
    this.#seeds = toSeedLabels(definition);
    this.#context = context;
    this.shards = new JobShards(definition.name, () => this.#touch());
    this.#identities = new IdentityTable(
      this.shards,
      (candidate) => this.#identityLabelsOf(candidate),
      () => context.counters.collisions++,
    );
    this.#touch();
  }

  get definition(): JobDefinition {
    return this.#definition;
  }

  /** The job as it is now; the same object as last time when nothing differs. Every marked identity must be settled. */
  *publish(slice: WorkSlice): Generator<undefined, JobSnapshot> {
    this.#context.touched.delete(this);
    return yield* this.shards.publish(this.#counts(), this.#context.counters, slice);
  }

  /** Processes all targets again, by another definition. */
  *redefine(definition: JobDefinition, slice: WorkSlice): Generator<undefined, void> {
    this.#touch();
    this.#definition = definition;
    this.#seeds = toSeedLabels(definition);
    const groups = Array.from(this.#providers.values(), (bySource) => Array.from(bySource.values())).flat();
    // All are detached first: a target must not be compared with one that the old rules made.
    for (const group of groups) yield* this.#detach(group, everything(group), slice);
    for (const group of groups) yield* this.#process(group, everything(group), slice);
  }

  /** Takes over what a provider reported; only targets that differ are processed. */
  *update(provider: string, change: ProviderChange, slice: WorkSlice): Generator<undefined, void> {
    this.#touch();
    const known = this.#providers.get(provider) ?? new Map<string, KnownGroup>();
    this.#providers.set(provider, known);
    if (change.replaces) {
      const found = new Set<string>();
      for (const { source } of change.groups) {
        found.add(source);
        if (slice.spend(WORK.list)) yield;
      }
      for (const source of known.keys()) if (!found.has(source)) yield* this.#remove(known, source, slice);
    }
    for (const group of change.groups) {
      if (group.targets.length === 0) yield* this.#remove(known, group.source, slice);
      else yield* this.#replace(known, group, slice);
    }
    if (known.size === 0) this.#providers.delete(provider);
  }

  /** Lets go of everything. */
  *clear(slice: WorkSlice): Generator<undefined, void> {
    for (const provider of this.#providers.keys()) {
      yield* this.update(provider, { replaces: true, groups: [] }, slice);
    }
  }

  #touch(): void {
    this.#context.touched.add(this);
  }

  #counts(): JobCounts {
    const { assigned, unassigned } = this.shards;
    const dropped = this.#discovered - this.#kept;
    const duplicates = this.#kept - assigned - unassigned.size;
    return { discovered: this.#discovered, dropped, duplicates, assigned, unassigned: unassigned.size };
  }

  *#remove(known: Map<string, KnownGroup>, source: string, slice: WorkSlice): Generator<undefined, void> {
    const group = known.get(source);
    if (group === undefined) return;
    yield* this.#detach(group, everything(group), slice);
    this.#discovered -= group.targets.length;
    known.delete(source);
    // A shard that is still the same may hold on to an old member, and must not hold the whole group by it.
    group.clear();
  }

  *#replace(known: Map<string, KnownGroup>, newer: TargetGroup, slice: WorkSlice): Generator<undefined, void> {
    let group = known.get(newer.source);
    if (group === undefined) {
      group = new KnownGroup(newer);
      known.set(newer.source, group);
      this.#discovered += newer.targets.length;
      if (slice.spend(newer.targets.length * WORK.copy)) yield;
      yield* this.#process(group, everything(group), slice);
      return;
    }
    const difference = yield* group.compare(newer, slice);
    const { old, new: fresh } = difference;
    if (old.from === old.to && fresh.from === fresh.to) {
      this.#context.counters.groupsUnchanged++;
      return;
    }
    yield* this.#detach(group, old, slice);
    this.#discovered += newer.targets.length - group.targets.length;
    yield* group.adopt(newer, difference, slice);
    yield* this.#process(group, fresh, slice);
    group.forgetOwners();
  }

  /** Takes the members of a stretch out of their identities. They stay in the group, to be processed again. */
  *#detach(group: KnownGroup, { from, to }: Stretch, slice: WorkSlice): Generator<undefined, void> {
    for (let i = from; i < to; i++) {
      const candidate = group.members[i];
      const identity = candidate?.identity;
      if (candidate !== undefined && identity !== undefined) {
        identity.detach(candidate);
        this.#context.changed.mark(identity);
        this.#kept--;
      }
      if (slice.spend(WORK.list)) yield;
    }
  }

  *#process(group: KnownGroup, { from, to }: Stretch, slice: WorkSlice): Generator<undefined, void> {
    for (let i = from; i < to; i++) {
      group.members[i] = this.#processTarget(group, i);
      if (slice.spend(WORK.process)) yield;
    }
  }

  /** Finds the identity of one target; undefined when relabelling drops it. */
  #processTarget(group: KnownGroup, position: number): Candidate | undefined {
    const { counters, labels, changed, identityHash, traitOf } = this.#context;
    const own = group.targets[position] ?? EMPTY_LABELS;
    counters.targetsProcessed++;
    if (!this.#relabel(group.labels, own)) return undefined;
    const { low, high } = labels.identityHash();
    // Now, because finding the identity may need the workplace.
    const trait = traitOf?.(labels) ?? "";
    const identity = this.#identities.find(identityHash(low), identityHash(high), labels);
    if (identity.sample !== undefined) counters.deduplicated++;
    identity.trait = trait;
    // An old member still says all that is served of the target: its labels are what they were.
    const before = group.members[position];
    const candidate = before ?? new Candidate(group, own, getLabel(own, ADDRESS_LABEL) ?? "", position);
    identity.inherit(before?.identity?.ownerName ?? group.formerOwner(candidate.address));
    identity.attach(candidate);
    changed.mark(identity);
    this.#kept++;
    return candidate;
  }

  /** Leaves the target's labels as rules make them in the workplace; false when they drop it. */
  #relabel(group: Labels, own: Labels): boolean {
    const { counters, labels } = this.#context;
    labels.begin(this.#seeds, group, own);
    if (!this.#definition.filtering) return true;
    counters.relabelled++;
    try {
      return this.#definition.relabel.run(labels);
    } catch {
      // Only this target suffers: an exception here would keep all others from being served.
      counters.relabelFailures++;
      return false;
    }
  }

  #identityLabelsOf({ groupLabels, ownLabels }: Candidate): Labels {
    this.#relabel(groupLabels, ownLabels);
    return this.#context.labels.identityLabels();
  }
}

function everything(group: KnownGroup): Stretch {
  return { from: 0, to: group.targets.length };
}

/** Without filtering nothing is seeded, and the meta labels, which no rule reads then, tell targets apart, too. */
function toSeedLabels({ seeds, filtering }: JobDefinition): SeedLabels {
  return new SeedLabels(filtering ? seeds : [], !filtering);
}
