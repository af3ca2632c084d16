import {
  boolean,
  count,
  described,
  list,
  mapOf,
  object,
  oneOf,
  orNull,
  reference,
  type Schema,
  string,
} from "./schema.ts";

const labels = described(mapOf(string), "label name → value");

const Problem = object(
  {
    job: described(string, "The job that it concerns; absent when it concerns the whole allocation."),
    reason: described(string, "One word that alerts and scripts can match on: docs/troubleshooting.md lists them."),
    message: string,
  },
  ["job"],
);

const Counts = object({
  discovered: described(count, "Before relabelling and de-duplication. The other numbers add up to it."),
  dropped: described(count, "By relabelling."),
  duplicates: described(count, "Equal to another target of the job after relabelling."),
  assigned: count,
  unassigned: described(count, "Kept, but no collector may have them."),
});

const Status = object({
  version: described(count, "Of the result that is served: it grows with every result that differs."),
  ready: described(boolean, "The first complete assignment is done."),
  waitingFor: described(list(string), "What is missing until ready."),
  collectors: count,
  jobs: count,
  targets: reference("Counts"),
  problems: list(reference("Problem")),
});

const Collector = object({
  name: string,
  node: described(string, "The node that it runs on; empty when that is not known."),
  targets: count,
  jobs: described(count, "Jobs that it has targets of."),
});

const JobState = object(
  {
    discovery: oneOf("pending", "settled", "failing"),
    error: described(string, "What was tried on what, while failing."),
  },
  ["error"],
);

const Job = object(
  {
    name: string,
    served: described(boolean, "False for a job that is set aside, because a collector would refuse it."),
    state: described(reference("JobState"), "Absent for a job that is set aside."),
    counts: described(reference("Counts"), "Absent while nothing is allocated for it."),
    problems: list(reference("Problem")),
  },
  ["state", "counts"],
);

const Target = object({
  job: string,
  collector: described(orNull(string), "Who scrapes it; null when nobody does."),
  address: string,
  labels: described(labels, "As discovered, before relabelling."),
});

const page = (items: Schema): Schema =>
  object({
    version: described(count, "Of the result that was read. Pages of different versions need not fit together."),
    total: described(count, "How many match, on all pages."),
    offset: count,
    items: list(items),
  });

const Found = object({
  address: string,
  mechanism: described(string, "As in the configuration, without _sd_configs."),
  group: described(string, "The target group."),
});

const Step = object(
  {
    rule: described(count, "The place of the rule in relabel_configs, from 0."),
    action: string,
    config: described({ type: "object" }, "The rule as it could stand in the configuration."),
    sourceValue: string,
    changes: list(object({ name: string, before: string, after: string })),
    dropped: described(oneOf("NoMatch", "Match", "NotEqual", "Equal"), "In the step that dropped the target."),
  },
  ["dropped"],
);

const Outcome = object(
  {
    reason: string,
    message: string,
    collector: string,
    ownerReason: oneOf("SameNode", "Hash", "Load", "Zone", "Strategy"),
    collectorZone: described(string, "Where the strategy goes by zones; empty when it is not known."),
    survivor: reference("Found"),
  },
  ["collector", "ownerReason", "collectorZone", "survivor"],
);

const TargetExplanation = object(
  {
    address: string,
    mechanism: string,
    group: string,
    node: string,
    zone: described(string, "Where the strategy goes by zones; empty when discovery does not say."),
    discoveredLabels: labels,
    seededLabels: described(labels, "What the job gave the target before the first rule."),
    steps: list(reference("Step")),
    finalLabels: described(orNull(labels), "What the target is told from others by; null when it was dropped."),
    outcome: reference("Outcome"),
    duplicates: list(reference("Found")),
  },
  ["zone"],
);

const Explanation = object(
  {
    job: string,
    strategy: object({ name: string, fallback: string }),
    version: count,
    quarantined: boolean,
    discovery: object({ state: oneOf("pending", "settled", "failing"), error: string }, ["error"]),
    problems: list(reference("Problem")),
    waitingFor: list(string),
    searched: described(count, "Targets of the job that were looked at: all that discovery knows."),
    matched: described(count, "How many of them are meant."),
    targets: list(reference("TargetExplanation")),
  },
  ["discovery"],
);

const monitorJob: Readonly<Record<string, Schema>> = {
  name: string,
  counts: reference("Counts"),
  problems: list(string),
};
const monitor = (job: Schema): Schema =>
  object({
    kind: string,
    namespace: string,
    name: string,
    outcome: oneOf("selected", "refused", "pending", "unselected"),
    selection: string,
    problems: list(string),
    jobs: list(job),
  });

const MonitorKind = object({
  kind: string,
  state: string,
  message: string,
  found: count,
  selected: count,
  refused: count,
  jobs: count,
  targets: count,
});

const Monitors = object({
  kinds: list(reference("MonitorKind")),
  reread: described(list(string), "Secrets and ConfigMaps whose changes are found late."),
  monitors: list(monitor(object(monitorJob, ["counts"]))),
});

const drops = object({
  lookedAt: count,
  rules: list(object({ rule: count, config: { type: "object" }, targets: count })),
});
const Monitor = object({ monitors: list(monitor(object({ ...monitorJob, drops }, ["counts", "drops"]))) });

/** Every schema of the API, by its name in the document. */
export const SCHEMAS = {
  Problem,
  Counts,
  Status,
  Collector,
  Collectors: page(reference("Collector")),
  JobState,
  Job,
  Jobs: page(reference("Job")),
  Target,
  Targets: page(reference("Target")),
  Assignments: page(object({ job: string, address: string, collector: orNull(string) })),
  Found,
  Step,
  Outcome,
  TargetExplanation,
  Explanation,
  MonitorKind,
  Monitors,
  Monitor,
  Error: described(string, "What is wrong, and what to do."),
} satisfies Readonly<Record<string, Schema>>;
