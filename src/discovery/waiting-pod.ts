import type { Pod } from "./kubernetes/objects.ts";

/** A pod that is selected and no collector, or not yet one. */
export interface WaitingPod {
  readonly name: string;
  /** What it lacks, with the time since when, where that is known: `not ready since 2026-01-02T03:04:05Z`. */
  readonly state: string;
}

/** What keeps a pod from being a collector, as far as it can be read from the pod. */
export function toWaitingPod(pod: Pod): WaitingPod {
  return { name: pod.metadata.name, state: stateOf(pod) };
}

function stateOf(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined) return "is being deleted";
  if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return "has ended";
  return (pod.spec?.nodeName ?? "") === ""
    ? `without a node${sinceWhen(pod, "PodScheduled")}`
    : `not ready${sinceWhen(pod, "Ready")}`;
}

function sinceWhen({ status }: Pod, type: string): string {
  const since = status?.conditions?.find((condition) => condition.type === type)?.lastTransitionTime ?? "";
  return since === "" ? "" : ` since ${since}`;
}
