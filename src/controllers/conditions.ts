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
    meaning: "Collectors, or pods of the allocator, are running.",
    reasons: {
      CollectorsReady: "All wanted collectors are ready.",
      SomeCollectorsReady: "Some of the wanted collectors are ready.",
      NoCollectorReady: "None of the wanted collectors is ready.",
      AllocatorsReady: "All wanted pods of the allocator are ready.",
      SomeAllocatorsReady: "Some of the wanted pods of the allocator are ready.",
      NoAllocatorReady:
        "None of the wanted pods of the allocator is ready. Collectors go on with the targets that they have.",
      ScaledToZero: "No pod is wanted.",
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
      CollectorsStarting: "Collectors are wanted and none is ready, since less than two minutes.",
      CollectorsNotReady: "Collectors are wanted and none has been ready for two minutes or longer.",
      ConfigInvalid: "The resource cannot be run. The objects of the last valid one stay.",
      AllocatorMissing:
        "The TargetAllocator that a collector's label names does not exist. Its objects stay as they are.",
      NameTaken: "An object that must be made exists already and belongs to something else.",
      ApplyFailed: "The API server refused an object or could not be reached.",
      AllocationProblems: "Some scrape jobs are hindered; the message names them.",
    },
  },
  ConfigurationValid: {
    meaning: "What the resource says can be run.",
    reasons: {
      Valid: "All of it can be run as it is written.",
      Questionable: "It can be run, and some of it is probably not what is meant; the message says what.",
      JobsRejected: "Some scrape jobs cannot be served as they are written; the others are.",
      Invalid: "The resource cannot be run. What ran before runs on.",
    },
  },
  CollectorsReady: {
    meaning:
      "Every collector that is wanted is ready. Of a TargetAllocator only where `collectorSelector` alone finds them: how " +
      "many are wanted is then not known.",
    reasons: {
      AllReady: "All wanted collectors are ready.",
      SomeNotReady: "Some of the wanted collectors are not ready.",
      NoneReady: "Not one of the wanted collectors is ready.",
      ScaledToZero: "No collector is wanted.",
      WorkloadMissing: "There is no workload yet.",
      Sidecar: "The collectors run in pods of others.",
      SelectedServed: "Pods that `collectorSelector` selects get targets; one that stays unready loses them.",
      NoneSelected: "`collectorSelector` selects no pod.",
      NotKnown: "It is not known yet which pods `collectorSelector` selects.",
    },
  },
  TargetsAllocated: {
    meaning: "Every target has a collector. Only with the target allocator.",
    reasons: {
      AllAssigned: "Every target has a collector.",
      Pending: "The first assignment is not complete yet.",
      NoCollectors:
        "There is no collector to give targets to; the message names pods that are not ready, and since when.",
      Unassigned: "Some targets have no collector.",
    },
  },
  WebhookReady: {
    meaning: "Resources are checked and converted when they are written. Only there while it is False.",
    reasons: {
      NotAnswering: "API servers may get no answer from the operator's webhooks; the message says why.",
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
  Recreated:
    "An object was deleted to be made anew, because a field of it cannot be changed; the message says what becomes of its pods.",
  Recovered: "What was wrong is over; Degraded says False again.",
  ConfigWarning: "The configuration is allowed and yet probably not what is meant.",
  Upgraded:
    "The resource was changed to what a newer collector takes; the annotation `opentelemetry.io/upgraded` keeps what.",
  UpgradeRefused: "The same was tried, and the API server refused it. The configuration stays as it is.",
  PermissionsChanged: "The cluster-wide permissions of the collectors' account follow a changed configuration.",
  PermissionsNotGranted:
    "The configuration needs cluster-wide permissions that the operator does not grant; the message says which, and why.",
  ClusterRoleLeft: "A collector is gone, and its ClusterRole may be left, because the operator may not remove it.",
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
function conditionMessage(text: string): string {
  return text.slice(0, 2048);
}
