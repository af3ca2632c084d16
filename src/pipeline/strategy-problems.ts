import type { AllocationSnapshot, CollectorInstance } from "../allocator/index.ts";
import type { AllocationProblem } from "./allocation-problem.ts";
import type { PlannedStrategy } from "./planned-strategy.ts";

/** What a strategy goes by besides targets and collectors. */
export interface StrategyInputs {
  readonly plan: { readonly strategy: PlannedStrategy } | undefined;
  readonly snapshot: AllocationSnapshot;
  readonly collectors: {
    /** Why their zones cannot be read. */
    readonly zoneError: Error | undefined;
  };
  readonly weights: {
    /** Why they cannot be read. */
    readonly error: Error | undefined;
  };
}

/** How many collectors a sentence names before it only counts them. */
const NAMED = 5;

/** What a strategy would have to know and does not. */
export function strategyProblems({
  plan,
  snapshot,
  collectors,
  weights,
}: StrategyInputs): readonly AllocationProblem[] {
  const found: AllocationProblem[] = [];
  if (weights.error !== undefined) {
    found.push({ reason: "WeightsUnusable", message: `${weights.error.message}; what was read before stays in force` });
  }
  const label = plan?.strategy.nodeZoneLabel;
  if (label === undefined) return found;
  if (collectors.zoneError !== undefined) {
    const message = `${collectors.zoneError.message}; collectors of unknown zones take only what zones have no room for`;
    return [...found, { reason: "ZonesUnknown", message }];
  }
  const unknown = snapshot.collectors.filter(({ zone }) => zone === undefined);
  return unknown.length === 0 ? found : [...found, zonesUnknown(unknown, label)];
}

function zonesUnknown(collectors: readonly CollectorInstance[], label: string): AllocationProblem {
  const names = collectors.slice(0, NAMED).map(({ name }) => name);
  const rest = collectors.length - names.length;
  const all = `${names.join(", ")}${rest > 0 ? ` and ${String(rest)} more` : ""}`;
  const message =
    `the zones of these collectors are not known, so they take only what zones have no room for: ${all}; give their ` +
    `nodes the label ${label}, or, where the file lists the collectors, give them a zone there`;
  return { reason: "ZonesUnknown", message };
}
