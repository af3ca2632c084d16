import type { Condition } from "../api/meta.ts";
import type { ObjectEvent } from "./runtime/event-recorder.ts";

interface Conditioned {
  readonly conditions?: readonly Condition[];
}

/** Reasons whose message goes on changing while it is one and the same trouble: told when they begin. */
const ONE_TROUBLE: ReadonlySet<string> = new Set(["AllocationProblems", "CollectorsNotReady"]);

/** The Events for what a status says anew of Degraded: that something is wrong, or that it is over. */
export function eventsBetween(before: Conditioned | undefined, after: Conditioned): readonly ObjectEvent[] {
  const [was, is] = [degradedOf(before), degradedOf(after)];
  if (is?.status === "True") {
    const known = was?.reason === is.reason && (ONE_TROUBLE.has(is.reason) || was.message === is.message);
    return known ? [] : [{ type: "Warning", reason: is.reason, note: is.message }];
  }
  return was?.status === "True" ? [{ type: "Normal", reason: "Recovered", note: `${was.reason} is over` }] : [];
}

function degradedOf(status: Conditioned | undefined): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === "Degraded");
}
