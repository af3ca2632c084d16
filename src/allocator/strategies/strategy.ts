import type { CollectorInstance } from "../collector-instance.ts";
import type { AssignedTarget } from "../snapshot.ts";

/** How much a collector scrapes at the moment. */
export interface CollectorLoad {
  readonly collector: CollectorInstance;
  /** Targets over all jobs. */
  readonly targets: number;
  /** Targets of one job. */
  targetsOf(job: string): number;
}

/**
 * Chooses a collector for one target of a job that has none. Called target by target in canonical order, with the loads
 * as they are after the choice before. Must depend on its arguments alone. `loads` is sorted by collector name and
 * never empty.
 */
export type LoadChoice = (job: string, loads: readonly CollectorLoad[]) => CollectorInstance | undefined;

/**
 * Where targets go: all to this collector; each to the one that is chosen for it, where it then stays as long as the
 * collector exists; or nowhere, because no collector may have them.
 */
export type Placement = CollectorInstance | LoadChoice | undefined;

/** One way to place targets, for one set of collectors. Built anew when the set changes; keeps nothing else. */
export interface Strategy {
  /** Where targets with this key go. A function of the key and the collectors alone. */
  placementOf(key: string): Placement;
  /**
   * The same, for a key that went to `owner` under the collectors before, where that is a shorter way to the same
   * answer: with many keys a change of the collectors must not cost as much as a fresh start.
   */
  successorOf?(key: string, owner: CollectorInstance): Placement;
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
  /** What this strategy must know of a target's final labels, which are gone later; absent when it is nothing. */
  traitOf?(labels: FinalLabels): string;
  /**
   * The strategy for these collectors, which are sorted by name and have different names.
   *
   * @param before The collectors of the strategy that this one takes over from; empty for the first one.
   */
  create(collectors: readonly CollectorInstance[], before?: readonly CollectorInstance[]): Strategy;
}
