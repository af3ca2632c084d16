import { createStrategy, type StrategyFactory, type StrategySettings } from "../allocator/index.ts";
import type { TargetAllocatorFile } from "../options/target-allocator-file.ts";
import type { StrategyKey } from "../options/target-allocator-file-strategy.ts";
import type { AllocationProblem } from "./allocation-problem.ts";

/** How targets are placed. */
export interface PlannedStrategy {
  readonly name: string;
  /** "" for none. */
  readonly fallback: string;
  /** What the factory was made with. */
  readonly settings: StrategySettings;
  readonly factory: StrategyFactory;
  /** How many targets may be moved in any minute, only to even out loads. */
  readonly maxMovesPerMinute: number;
  /** A JSON file with what was measured of targets; undefined: nothing was. */
  readonly weightsFile: string | undefined;
  /** The label of nodes by which collectors have zones; undefined: nobody asks for zones. */
  readonly nodeZoneLabel: string | undefined;
}

/** What strategies do that even out loads as long as nobody says otherwise: Go's never moves anything. */
const DEFAULT_MOVES_PER_MINUTE: Readonly<Record<string, number>> = { weighted: 100, "zone-aware": 100 };

const REBALANCING: readonly StrategyKey[] = ["rebalance_above_percent", "rebalance_to_percent", "max_moves_per_minute"];
const WEIGHING: readonly StrategyKey[] = ["weight_labels", "weights_file"];
const ZONES: readonly StrategyKey[] = ["zone_labels", "node_zone_label", "max_skew_percent"];

/** Which settings are read where. */
const READ_BY: Readonly<Record<string, { readonly placing: readonly StrategyKey[]; readonly moving: boolean }>> = {
  "least-weighted": { placing: [], moving: true },
  rendezvous: { placing: ["key"], moving: false },
  weighted: { placing: WEIGHING, moving: true },
  "zone-aware": { placing: [...WEIGHING, ...ZONES], moving: true },
};

/** The strategy of a file that has been checked. */
export function planStrategy(file: TargetAllocatorFile): PlannedStrategy {
  const { allocationStrategy: name, allocationFallbackStrategy: fallback, strategySettings } = file;
  const { strategy: settings, maxMovesPerMinute, weightsFile, nodeZoneLabel } = strategySettings;
  const factory = createStrategy(name, fallback, settings);
  return {
    name,
    fallback,
    settings,
    factory,
    maxMovesPerMinute: maxMovesPerMinute ?? DEFAULT_MOVES_PER_MINUTE[name] ?? 0,
    weightsFile: factory.weightOf === undefined ? undefined : weightsFile,
    nodeZoneLabel: factory.usesZones === true ? nodeZoneLabel : undefined,
  };
}

/** Settings that are there for nothing. No mistake by themselves: whoever tries another strategy may leave them. */
export function unusedSettings(file: TargetAllocatorFile): readonly AllocationProblem[] {
  const { allocationStrategy: name, allocationFallbackStrategy: fallback, strategySettings } = file;
  const { placing = [], moving = false } = READ_BY[name] ?? {};
  const second = name === "per-node" ? (READ_BY[fallback]?.placing ?? []) : [];
  const read = [...placing, ...second, ...(moving ? REBALANCING : [])];
  const unused = strategySettings.given.filter((key) => !read.includes(key));
  if (unused.length === 0) return [];
  const strategy = name === "per-node" && fallback !== "" ? `${name} with fallback ${fallback}` : name;
  const alternatives = read.length === 0 ? "it has no settings" : `it reads ${read.join(", ")}`;
  const message = `allocation_strategy_settings: ${unused.join(", ")} has no effect on ${strategy}; ${alternatives}`;
  return [{ reason: "StrategySettingUnused", message }];
}
