import type { CollectorLoad, JobLoad } from "./collector-load.ts";
import type { CollectorInstance } from "../collector-instance.ts";
import type { AssignedTarget } from "../snapshot.ts";
import type { Balancer } from "./balancer.ts";

/** What a choice by load may know of the target. */
export interface UnplacedTarget {
  readonly job: JobLoad;
  readonly weight: number;
  /** Of all targets that have a collector or are given one in this pass. */
  readonly totalWeight: number;
  /** False while others wait that were not asked yet: only then may the choice be put off. */
  readonly last: boolean;
}

/**
 * Chooses a collector for one target that has none. Called target by target, heavy ones first and equal ones in
 * canonical order, with the loads as they are after the choice before. "later" puts the choice off until all others
 * were asked. Must depend on its arguments alone. `loads` is sorted by collector name and never empty.
 */
export type LoadChoice = (
  target: UnplacedTarget,
  loads: readonly CollectorLoad[],
) => CollectorInstance | "later" | undefined;

/**
 * Where targets go: all to this collector; each to the one that is chosen for it, where it then stays as long as the
 * collector exists; or nowhere, because no collector may have them.
 */
export type Placement = CollectorInstance | LoadChoice | undefined;

/** One way to place targets, for one set of collectors. Built anew when the set changes; keeps nothing else. */
export interface Strategy {
  /**
   * Where targets with this key go. A function of the key and the collectors alone.
   *
   * @param hash See {@link StrategyFactory.hashOf}.
   */
  placementOf(key: string, hash: number): Placement;
  /**
   * The same, for a key that went to `owner` under the collectors before, where that is a shorter way to the same
   * answer: with many keys a change of the collectors must not cost as much as a fresh start.
   */
  successorOf?(key: string, hash: number, owner: CollectorInstance): Placement;
  /** Moves targets that are placed by load; absent: they stay as long as their collector does. */
  readonly balancer?: Balancer;
}

/** The labels of a target as relabelling left them: what it will be scraped by. */
export interface FinalLabels {
  /** "" when there is no such label. */
  get(name: string): string;
  /** Names that begin like this and have a value, in no particular order. */
  namesWith(prefix: string): readonly string[];
}

/** A way to place targets. */
export interface StrategyFactory {
  /**
   * All of a target that its placement depends on, such as its partition or its node: targets with equal keys are
   * placed alike, and a change of the collectors touches only the keys whose placement it changes. A function of the
   * target (and of what {@link traitOf} says of it) alone; the fewer different results, the cheaper. "" when the target
   * does not have what this strategy goes by.
   */
  keyOf(target: AssignedTarget, trait: string): string;
  /**
   * A number that says all of a key that a placement needs, for strategies whose questions would else cost as much as a
   * look at the whole key. Asked for once and kept with the key. Absent: 0.
   */
  hashOf?(key: string): number;
  /** What this strategy must know of a target's final labels, which are gone later; absent when it is nothing. */
  traitOf?(labels: FinalLabels): string;
  /**
   * What a target says that it weighs: a whole number from 1. Undefined when it does not say; then what was measured
   * counts, see Allocator.setWeights, by the instance that {@link traitOf} must give. Absent: each target weighs 1.
   */
  weightOf?(target: AssignedTarget): number | undefined;
  /** Collectors must come with their zones. @default false */
  readonly usesZones?: boolean;
  /**
   * The strategy for these collectors, which are sorted by name and have different names.
   *
   * @param before The collectors of the strategy that this one takes over from; empty for the first one.
   */
  create(collectors: readonly CollectorInstance[], before?: readonly CollectorInstance[]): Strategy;
}
