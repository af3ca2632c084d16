import type { Condition } from "../api/meta.ts";

/**
 * What conditions and Events say why. Users and alerts match on these words: they are API. The keys are the condition
 * types, the words below them their reasons; docs/reference/conditions.md is made from here.
 */
export const CONDITIONS = {
  Ready: {
    meaning: "The last pass went through. For those who come from the Go operator; Degraded says more.",
    reasons: {
      Reconciled: "Everything wanted is applied.",
      ReconcileError: "Something could not be applied; Degraded says what.",
    },
  },
  Available: {
    meaning: "Collectors are running.",
    reasons: {
      CollectorsReady: "All wanted collectors are ready.",
      SomeCollectorsReady: "Some of the wanted collectors are ready.",
      NoCollectorReady: "None of the wanted collectors is ready.",
      ScaledToZero: "No collector is wanted.",
      WorkloadMissing: "There is no workload yet.",
      Sidecar: "The collectors run in pods of others.",
    },
  },
  Progressing: {
    meaning: "The workload is on its way to what is wanted.",
    reasons: {
      RollingOut: "Pods are being started, replaced or stopped.",
      RolledOut: "All pods are those of the current generation.",
      WorkloadMissing: "There is no workload yet.",
      Sidecar: "The collectors run in pods of others.",
    },
  },
  Degraded: {
    meaning: "Something is wrong that somebody should look at.",
    reasons: {
      AsExpected: "Nothing is wrong.",
      ConfigInvalid: "The resource cannot be run. The objects of the last valid one stay.",
      AllocatorMissing: "The TargetAllocator that a collector's label names does not exist. Its objects stay as they are.",
      NameTaken: "An object that must be made exists already and belongs to something else.",
      ApplyFailed: "The API server refused an object or could not be reached.",
      AllocationProblems: "Some scrape jobs are hindered; the message names them.",
    },
  },
  TargetsAllocated: {
    meaning: "Every target has a collector. Only with the target allocator.",
    reasons: {
      AllAssigned: "Every target has a collector.",
      Pending: "The first assignment is not complete yet.",
      NoCollectors: "There is no collector to give targets to.",
      Unassigned: "Some targets have no collector.",
    },
  },
} as const satisfies Readonly<Record<string, ConditionDescription>>;

interface ConditionDescription {
  readonly meaning: string;
  readonly reasons: Readonly<Record<string, string>>;
}

/** Reasons of Events on collectors, besides those of conditions. */
export const EVENTS = {
  Applied: "Objects were made, changed or removed.",
  ConfigWarning: "The configuration is allowed and yet probably not what is meant.",
} as const;

export type ConditionType = keyof typeof CONDITIONS;
type ReasonOf<T extends ConditionType> = keyof (typeof CONDITIONS)[T]["reasons"] & string;

/** What is to be said about a condition now. */
export interface Statement<T extends ConditionType = ConditionType> {
  readonly type: T;
  readonly status: Condition["status"];
  readonly reason: string;
  readonly message: string;
}

/** A statement with a reason that belongs to its condition. */
export function statement<T extends ConditionType>(
  type: T,
  status: Condition["status"],
  reason: ReasonOf<T>,
  message: string,
): Statement<T> {
  return { type, status, reason, message };
}

/**
 * The statements as conditions, in their order. A condition whose status does not change keeps its transition time.
 *
 * @param now - RFC 3339, for those that change.
 */
export function toConditions(
  statements: readonly Statement[],
  previous: readonly Condition[],
  { generation, now }: { readonly generation: number; readonly now: string },
): readonly Condition[] {
  return statements.map(({ type, status, reason, message }) => {
    const before = previous.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
    return {
      type,
      status,
      reason,
      message: conditionMessage(message),
      lastTransitionTime,
      observedGeneration: generation,
    };
  });
}

/** What a condition says of a text. The API refuses more than 32,768 characters; nobody reads a tenth of that. */
export function conditionMessage(text: string): string {
  return text.slice(0, 2048);
}
