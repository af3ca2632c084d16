import type { DataValue, StrategySettings } from "../allocator/index.ts";
import type { FileSection } from "./target-allocator-file-section.ts";

/** `allocation_strategy_settings`: how the strategies do what they do. */
export interface StrategySection {
  /** What strategies are made with. */
  readonly strategy: StrategySettings;
  /** A JSON file with what was measured of targets. */
  readonly weightsFile: string | undefined;
  /** The label of nodes that says in which zone they are. @default "topology.kubernetes.io/zone" */
  readonly nodeZoneLabel: string;
  /** How many targets may be moved in any minute, only to even out loads. undefined: as the strategy has it. */
  readonly maxMovesPerMinute: number | undefined;
  /** The keys that are there, as they are spelled right. */
  readonly given: readonly StrategyKey[];
}

const KEYS = [
  "key",
  "weight_labels",
  "weights_file",
  "zone_labels",
  "node_zone_label",
  "max_skew_percent",
  "rebalance_above_percent",
  "rebalance_to_percent",
  "max_moves_per_minute",
] as const;

/** A setting of strategies. */
export type StrategyKey = (typeof KEYS)[number];

const DEFAULT_NODE_ZONE_LABEL = "topology.kubernetes.io/zone";
const RENDEZVOUS_KEYS = ["address", "url"] as const;
/** Loads that differ by more than a factor of eleven are no bound. */
const MOST_PERCENT = 1_000;
const MOST_MOVES = 1_000_000;
const DEFAULT_ABOVE_PERCENT = 20;
const DEFAULT_TO_PERCENT = 5;

/** Reads the section. Keys that are unknown are problems: a setting with a typing error would do nothing, silently. */
export function readStrategySection(section: FileSection): StrategySection {
  section.refuseOthers(KEYS);
  const weightsFile = section.text("weights_file", "");
  if (weightsFile === "" && section.has("weights_file")) section.report("weights_file", "must not be empty");
  const nodeZoneLabel = section.text("node_zone_label", DEFAULT_NODE_ZONE_LABEL);
  if (nodeZoneLabel === "") section.report("node_zone_label", "must not be empty");
  return {
    strategy: {
      ...readKey(section),
      ...readLabels(section, "weight_labels", "weightLabels"),
      ...readLabels(section, "zone_labels", "zoneLabels"),
      ...readSkew(section),
      ...readEvening(section),
    },
    weightsFile: weightsFile === "" ? undefined : weightsFile,
    nodeZoneLabel,
    maxMovesPerMinute: readWhole(section, "max_moves_per_minute", { least: 0, most: MOST_MOVES }),
    given: KEYS.filter((key) => section.has(key)),
  };
}

function readKey(section: FileSection): Pick<StrategySettings, "key"> {
  const text = section.text("key", "address");
  const key = RENDEZVOUS_KEYS.find((each) => each === text);
  if (key === undefined) section.report("key", `${JSON.stringify(text)} is none of ${RENDEZVOUS_KEYS.join(", ")}`);
  return key === undefined || !section.has("key") ? {} : { key };
}

function readLabels<K extends "weightLabels" | "zoneLabels">(
  section: FileSection,
  key: StrategyKey,
  name: K,
): Partial<Record<K, readonly string[]>> {
  if (!section.has(key)) return {};
  const labels = section.value(key, "a list of one or more names of labels", namesOf) ?? [];
  return { [name]: labels } as Partial<Record<K, readonly string[]>>;
}

function namesOf(value: DataValue): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const items: readonly DataValue[] = value as readonly DataValue[];
  return items.every((item) => typeof item === "string" && item !== "") ? (items as readonly string[]) : undefined;
}

function readSkew(section: FileSection): Pick<StrategySettings, "maxSkew"> {
  const percent = readWhole(section, "max_skew_percent", { least: 0, most: MOST_PERCENT });
  return percent === undefined ? {} : { maxSkew: toFactor(percent) };
}

function readEvening(section: FileSection): Pick<StrategySettings, "evening"> {
  const above = readWhole(section, "rebalance_above_percent", { least: 1, most: MOST_PERCENT });
  const to = readWhole(section, "rebalance_to_percent", { least: 0, most: MOST_PERCENT });
  if (above === undefined && to === undefined) return {};
  const [begin, end] = [above ?? DEFAULT_ABOVE_PERCENT, to ?? DEFAULT_TO_PERCENT];
  if (end >= begin) {
    section.report("rebalance_to_percent", `${String(end)} must be below rebalance_above_percent, ${String(begin)}`);
  }
  return { evening: { above: toFactor(begin), to: toFactor(end) } };
}

function toFactor(percent: number): number {
  return 1 + percent / 100;
}

function readWhole(
  section: FileSection,
  key: StrategyKey,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  return section.value(key, `a whole number from ${String(least)} to ${String(most)}`, (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most ? value : undefined,
  );
}
