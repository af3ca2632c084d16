import { integer, list, object, text, type Field, type ObjectField } from "./field.ts";

export const CONDITION: Field = object("", {
  name: "Condition",
  required: ["lastTransitionTime", "message", "reason", "status", "type"],
  fields: {
    type: text("What it is about.", { maxLength: 316 }),
    status: text("Whether it holds.", { enum: ["True", "False", "Unknown"] }),
    reason: text("Why, as one word from a closed list.", { minLength: 1, maxLength: 1024 }),
    message: text("Why, as a sentence.", { maxLength: 32768 }),
    lastTransitionTime: text("When `status` changed last.", { format: "date-time" }),
    observedGeneration: integer("The generation of the spec that it speaks of.", { format: "int64", minimum: 0 }),
  },
});

const MONITOR_KIND: Field = object("", {
  name: "MonitorKindStatus",
  required: ["kind", "state", "found", "selected", "refused", "jobs", "targets"],
  fields: {
    kind: text("`ServiceMonitor`, `PodMonitor`, `Probe` or `ScrapeConfig`."),
    state: text(
      "`Watching`, `NotSelected` (its selector is not set), `NotInstalled`, `Forbidden`, `Failing` or `Starting`.",
    ),
    message: text("Why it is in a state that nobody wants."),
    found: integer("Monitors that are looked at."),
    selected: integer("Monitors that are selected."),
    refused: integer("Monitors that are selected and not used as they are written; see `problems`."),
    jobs: integer("Scrape jobs that they make."),
    targets: integer("Targets of these jobs, after filtering and without duplicates."),
  },
});

const ALLOCATION_PROBLEM: Field = object("", {
  name: "AllocationProblem",
  required: ["reason", "message"],
  fields: {
    job: text("The scrape job, when it is about one."),
    reason: text("What went wrong, as one word."),
    message: text("What went wrong, as a sentence."),
  },
});

export const ALLOCATION: Field = object("The spread of targets. Absent without the target allocator.", {
  name: "AllocationStatus",
  fields: {
    endpoint: text("Where the collectors ask for their targets."),
    collectors: integer("Collectors that targets are given to."),
    jobs: integer("Scrape jobs that are served."),
    targets: integer("Targets, after filtering and without duplicates."),
    unassignedTargets: integer("Targets that no collector has."),
    monitors: list("Custom resources of the Prometheus operator. Absent when they are not read.", MONITOR_KIND),
    problems: list("What hinders jobs, at most ten entries.", ALLOCATION_PROBLEM),
  },
});

/** `status` of a collector. */
export const COLLECTOR_STATUS: ObjectField = object("What the operator has seen and done.", {
  name: "OpenTelemetryCollectorStatus",
  fields: {
    observedGeneration: integer("The generation of the spec that this status speaks of.", { format: "int64" }),
    version: text("Version of the collector that the configuration was written for."),
    image: text("Image that the collectors run."),
    scale: object("For the scale subresource.", {
      name: "ScaleStatus",
      fields: {
        selector: text("Selects the collector's pods, in the syntax of `kubectl -l`."),
        replicas: integer("Number of collector pods there are."),
        statusReplicas: text("Ready collector pods of those wanted, as `2/3`."),
      },
    }),
    allocation: ALLOCATION,
    conditions: list("How it goes.", CONDITION, { merge: { keys: ["type"] } }),
    appliedHash: text("Hash of the objects that were last applied, all of them. Saves writes after a restart."),
  },
});
