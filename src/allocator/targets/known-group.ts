import { EMPTY_LABELS, equalLabels, type Labels } from "../labels/labels.ts";
import { WORK, type WorkSlice } from "../work-slice.ts";
import type { Candidate } from "./identity.ts";
import type { TargetGroup } from "./target-group.ts";

/** A stretch of a list: from an index up to, not including, another. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The difference between two versions of a list: outside these stretches they are equal. */
export interface Difference {
  readonly old: Stretch;
  readonly new: Stretch;
}

/** A target group as a job keeps it. One object as long as its source has targets. */
export class KnownGroup {
  labels: Labels;
  targets: readonly Labels[];
  /** For each target what became of it; undefined when relabelling dropped it. */
  members: (Candidate | undefined)[];
  /** The collectors of targets that were replaced, by address; only while those that replace them are processed. */
  #formerOwners: ReadonlyMap<string, string> | undefined;

  constructor({ labels, targets }: TargetGroup) {
    this.labels = labels;
    this.targets = targets;
    this.members = targets.map(() => undefined);
  }

  /** Where a newer version differs: one stretch, from the first to the last target that is not the same. */
  *compare(newer: TargetGroup, slice: WorkSlice): Generator<undefined, Difference> {
    const [before, after] = [this.targets, newer.targets];
    if (!equalLabels(this.labels, newer.labels)) return allOf(this, newer);
    const shorter = Math.min(before.length, after.length);
    let head = 0;
    while (head < shorter && equalAt(before, head, after, head)) {
      head++;
      if (slice.spend(WORK.compare)) yield;
    }
    let tail = 0;
    while (tail < shorter - head && equalAt(before, before.length - 1 - tail, after, after.length - 1 - tail)) {
      tail++;
      if (slice.spend(WORK.compare)) yield;
    }
    return { old: { from: head, to: before.length - tail }, new: { from: head, to: after.length - tail } };
  }

  /** The collector of the target with this address that was replaced last; "" when there was none. */
  formerOwner(address: string): string {
    return this.#formerOwners?.get(address) ?? "";
  }

  /** To be called when all targets that replaced others are processed. */
  forgetOwners(): void {
    this.#formerOwners = undefined;
  }

  /** Becomes a group without targets. */
  clear(): void {
    this.labels = EMPTY_LABELS;
    this.targets = [];
    this.members = [];
  }

  /**
   * Takes over a newer version. Equal targets stay the objects they are, with their members; the stretch that differs
   * has no members yet, but the collectors of those that it had are remembered.
   */
  *adopt(newer: TargetGroup, { old, new: fresh }: Difference, slice: WorkSlice): Generator<undefined, void> {
    this.#formerOwners = yield* ownersOf(this.members.slice(old.from, old.to), slice);
    if (old.from === 0 && old.to === this.targets.length) {
      this.labels = newer.labels;
      this.targets = newer.targets;
      this.members = newer.targets.map(() => undefined);
      if (slice.spend(newer.targets.length * WORK.copy)) yield;
      return;
    }
    const middle = newer.targets.slice(fresh.from, fresh.to);
    this.targets = [...this.targets.slice(0, old.from), ...middle, ...this.targets.slice(old.to)];
    const tail = this.members.slice(old.to);
    this.members = [...this.members.slice(0, old.from), ...middle.map(() => undefined), ...tail];
    if (slice.spend((this.targets.length + tail.length) * WORK.copy)) yield;
    const shift = fresh.to - old.to;
    if (shift === 0) return;
    for (const member of tail) {
      if (member !== undefined) member.position += shift;
      if (slice.spend(WORK.list)) yield;
    }
  }
}

/** Collectors by address; of several members with one address the last counts. */
function* ownersOf(
  members: readonly (Candidate | undefined)[],
  slice: WorkSlice,
): Generator<undefined, ReadonlyMap<string, string>> {
  const owners = new Map<string, string>();
  for (const member of members) {
    const ownerName = member?.identity?.ownerName ?? "";
    if (member !== undefined && ownerName !== "") owners.set(member.address, ownerName);
    if (slice.spend(WORK.list)) yield;
  }
  return owners;
}

/** The difference when nothing is equal. */
function allOf(group: KnownGroup, newer: TargetGroup): Difference {
  return { old: { from: 0, to: group.targets.length }, new: { from: 0, to: newer.targets.length } };
}

function equalAt(a: readonly Labels[], i: number, b: readonly Labels[], j: number): boolean {
  const [x, y] = [a[i], b[j]];
  return x !== undefined && y !== undefined && equalLabels(x, y);
}
