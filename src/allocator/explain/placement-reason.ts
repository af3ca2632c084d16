import type { AllocationSnapshot, AssignedTarget } from "../snapshot.ts";
import { nodeNameOf } from "../targets/node-name.ts";

/** The strategies in force, by name; "" for no fallback. */
export interface StrategyNames {
  readonly name: string;
  readonly fallback: string;
}

/**
 * Why a collector has a target: it runs on the target's node; the hash of the target leads to it; it had the least load
 * when the target came; it has room in the target's zone, or had the least load where that has none; or some other rule
 * of the strategy.
 */
export type OwnerReason = "SameNode" | "Hash" | "Load" | "Zone" | "Strategy";

/** Why no collector has a target. */
export type UnassignedReason =
  /** There are no collectors. */
  | "NoCollectors"
  /** No collector runs on the target's node. */
  | "NoCollectorOnNode"
  /** Discovery does not say on which node the target runs, and there is no fallback strategy. */
  | "NodeUnknown"
  /** The strategy places it nowhere. */
  | "NotPlaced";

const OWNER_REASONS: ReadonlyMap<string, OwnerReason> = new Map([
  ["consistent-hashing", "Hash"],
  ["rendezvous", "Hash"],
  ["least-weighted", "Load"],
  ["weighted", "Load"],
  ["zone-aware", "Zone"],
  ["per-node", "SameNode"],
]);

/** What decided that this target went to the collector that has it. */
export function ownerReasonOf(target: AssignedTarget, strategy: StrategyNames): OwnerReason {
  return OWNER_REASONS.get(decidingStrategy(target, strategy)) ?? "Strategy";
}

/** The name of the strategy that decided: the fallback for a target without what the first one goes by. */
export function decidingStrategy(target: AssignedTarget, { name, fallback }: StrategyNames): string {
  return name === "per-node" && fallback !== "" && nodeNameOf(target) === "" ? fallback : name;
}

/** Whether the zone of this target matters for who has it. */
export function goesByZone(target: AssignedTarget, strategy: StrategyNames): boolean {
  return ownerReasonOf(target, strategy) === "Zone";
}

/** What keeps this target, which has none, from getting a collector. */
export function unassignedReasonOf(
  target: AssignedTarget,
  strategy: StrategyNames,
  { collectors }: AllocationSnapshot,
): UnassignedReason {
  if (collectors.length === 0) return "NoCollectors";
  if (decidingStrategy(target, strategy) !== "per-node") return "NotPlaced";
  return nodeNameOf(target) === "" ? "NodeUnknown" : "NoCollectorOnNode";
}
