import { describe, expect, it } from "@jest/globals";

import { withDefaults } from "../../../src/api/opentelemetry/default.ts";
import type { OpenTelemetryCollectorStatus } from "../../../src/api/opentelemetry/v1beta1.ts";
import type { AllocationSummary } from "../../../src/controllers/allocation-host.ts";
import { type Observation, toStatements } from "../../../src/controllers/collector/statements.ts";
import { outageOverdueInMs, toStatus } from "../../../src/controllers/collector/status.ts";
import { knownAllocation } from "../../../src/controllers/allocation-status.ts";
import { compareStatus } from "../../../src/controllers/status-change.ts";
import { toWorkloadState, type WorkloadState } from "../../../src/controllers/collector/workload-status.ts";
import { collector, SETTINGS } from "../../support/collectors.ts";

const ALL_WELL: WorkloadState = { wanted: 3, existing: 3, ready: 3, updated: 3, current: true, image: "collector:1" };
const SUMMARY: AllocationSummary = { synced: true, collectors: 3, jobs: 2, targets: 12, unassigned: 0, problems: [] };
const MONITORS = [
  { kind: "ServiceMonitor", state: "Watching", message: "", found: 3, selected: 2, refused: 1, jobs: 1, targets: 4 },
  {
    kind: "Probe",
    state: "NotInstalled",
    message: "no such kind",
    found: 0,
    selected: 0,
    refused: 0,
    jobs: 0,
    targets: 0,
  },
];
const NO_COLLECTORS = { reason: "NoCollectors", message: "there are no collectors: no target is assigned" };
const UNASSIGNED = { reason: "TargetsUnassigned", message: "2 targets of job a have no collector: do this" };
const PROBLEM = { job: "shop", reason: "JobRejected", message: "no such action" };
const OTHER_PROBLEM = { reason: "NoCollectors", message: "there are no collectors" };

function observation(change: Partial<Observation> = {}): Observation {
  return { mode: "statefulset", workload: ALL_WELL, trouble: undefined, allocation: SUMMARY, ...change };
}

function workload(change: Partial<WorkloadState>): Partial<Observation> {
  return { workload: { ...ALL_WELL, ...change } };
}

describe("the conditions", () => {
  it.each<{ name: string; change: Partial<Observation>; want: readonly string[] }>([
    {
      name: "when all is well",
      change: {},
      want: [
        "Ready=True/Reconciled",
        "Available=True/CollectorsReady",
        "Progressing=False/RolledOut",
        "Degraded=False/AsExpected",
        "ConfigurationValid=True/Valid",
        "CollectorsReady=True/AllReady",
        "TargetsAllocated=True/AllAssigned",
      ],
    },
    {
      name: "while pods are missing",
      change: workload({ ready: 2 }),
      want: ["Available=True/SomeCollectorsReady", "Progressing=True/RollingOut", "CollectorsReady=False/SomeNotReady"],
    },
    {
      name: "without a ready pod",
      change: workload({ ready: 0 }),
      want: [
        "Available=False/NoCollectorReady",
        "Degraded=False/CollectorsStarting",
        "CollectorsReady=False/NoneReady",
      ],
    },
    {
      name: "without a ready pod for too long",
      change: { ...workload({ ready: 0 }), outage: { since: "2026-01-01T00:00:00Z", overdue: true } },
      want: ["Degraded=True/CollectorsNotReady"],
    },
    {
      name: "while webhooks may not be answered",
      change: { webhookProblem: "the certificate has expired" },
      want: ["WebhookReady=False/NotAnswering", "Degraded=False/AsExpected"],
    },
    {
      name: "with something that may not be meant",
      change: { warnings: ["a", "b"] },
      want: ["ConfigurationValid=True/Questionable", "Degraded=False/AsExpected"],
    },
    {
      name: "while pods are replaced",
      change: workload({ updated: 1 }),
      want: ["Available=True/CollectorsReady", "Progressing=True/RollingOut"],
    },
    { name: "while there are pods too many", change: workload({ existing: 4 }), want: ["Progressing=True/RollingOut"] },
    {
      name: "before the workload's controller has looked",
      change: workload({ current: false }),
      want: ["Progressing=True/RollingOut"],
    },
    {
      name: "scaled to zero",
      change: workload({ wanted: 0, existing: 0, ready: 0, updated: 0 }),
      want: ["Available=True/ScaledToZero", "Progressing=False/RolledOut"],
    },
    {
      name: "before there is a workload",
      change: { workload: undefined },
      want: ["Available=False/WorkloadMissing", "Progressing=True/WorkloadMissing"],
    },
    {
      name: "of a sidecar",
      change: { mode: "sidecar", workload: undefined },
      want: ["Available=True/Sidecar", "Progressing=False/Sidecar"],
    },
    {
      name: "with a wrong configuration",
      change: { trouble: { reason: "ConfigInvalid", message: "x" } },
      want: ["Ready=False/ReconcileError", "Degraded=True/ConfigInvalid", "ConfigurationValid=False/Invalid"],
    },
    {
      name: "with a hindered job",
      change: { allocation: { ...SUMMARY, problems: [PROBLEM] } },
      want: [
        "Ready=True/Reconciled",
        "Degraded=True/AllocationProblems",
        "ConfigurationValid=False/JobsRejected",
        "TargetsAllocated=True/AllAssigned",
      ],
    },
    {
      name: "scaled to zero, which leaves the targets to nobody, as somebody has wished",
      change: {
        workload: { ...ALL_WELL, wanted: 0, existing: 0, ready: 0, updated: 0 },
        allocation: { ...SUMMARY, collectors: 0, unassigned: 12, problems: [NO_COLLECTORS] },
      },
      want: ["Available=True/ScaledToZero", "Degraded=False/AsExpected", "TargetsAllocated=False/NoCollectors"],
    },
    {
      name: "with targets that the strategy places nowhere",
      change: { allocation: { ...SUMMARY, unassigned: 2, problems: [UNASSIGNED] } },
      want: ["Degraded=False/AsExpected", "TargetsAllocated=False/Unassigned"],
    },
    {
      name: "with targets left over",
      change: { allocation: { ...SUMMARY, unassigned: 2 } },
      want: ["TargetsAllocated=False/Unassigned"],
    },
    {
      name: "without collectors",
      change: { allocation: { ...SUMMARY, collectors: 0 } },
      want: ["TargetsAllocated=False/NoCollectors"],
    },
    {
      name: "before the first assignment",
      change: { allocation: "pending" },
      want: ["TargetsAllocated=Unknown/Pending"],
    },
  ])("$name", ({ change, want }) => {
    const said = toStatements(observation(change)).map(({ type, status, reason }) => `${type}=${status}/${reason}`);
    expect(said).toEqual(expect.arrayContaining([...want]));
  });

  it("say nothing of webhooks that answer", () => {
    const types = toStatements(observation()).map(({ type }) => type);
    expect(types).not.toContain("WebhookReady");
  });

  it("say nothing of targets without an allocator", () => {
    const types = toStatements(observation({ allocation: undefined })).map(({ type }) => type);
    expect(types).not.toContain("TargetsAllocated");
  });

  it.each([
    { name: "why there is nobody", problem: NO_COLLECTORS, collectors: 0, unassigned: 12 },
    { name: "what to do about those left over", problem: UNASSIGNED, collectors: 3, unassigned: 2 },
  ])("say of targets without a collector $name", ({ problem, collectors, unassigned }) => {
    const allocation = { ...SUMMARY, collectors, unassigned, problems: [PROBLEM, problem] };
    const allocated = toStatements(observation({ allocation })).find(({ type }) => type === "TargetsAllocated");
    expect(allocated?.message).toBe(
      `12 targets of 2 jobs, ${String(collectors)} collectors: ${problem.message}. ` +
        "1 problem, the gravest: shop: JobRejected.",
    );
  });

  it("name the gravest problem beside the counts", () => {
    const failing = { job: "web", reason: "DiscoveryFailing", message: "no answer" };
    const allocation = { ...SUMMARY, problems: [PROBLEM, failing, PROBLEM] };
    expect(toStatements(observation({ allocation })).find(({ type }) => type === "TargetsAllocated")).toMatchObject({
      reason: "AllAssigned",
      message: "12 targets of 2 jobs, 3 collectors. 3 problems, the gravest: web: DiscoveryFailing.",
    });
  });

  it("say which pods are waited for while not one collector is ready", () => {
    const message = "there are no collectors: of 1 pod none is ready (main-0 not ready since T); no target is assigned";
    const allocation = {
      ...SUMMARY,
      collectors: 0,
      unassigned: 12,
      problems: [{ reason: "CollectorsNotReady", message }],
    };
    const nobody = { ...workload({ ready: 0 }), allocation };
    const degraded = toStatements(observation({ ...nobody, outage: { since: "T", overdue: true } })).find(
      ({ type }) => type === "Degraded",
    );
    expect(degraded).toMatchObject({
      status: "True",
      reason: "CollectorsNotReady",
      message: `Not one collector has been ready since T. The allocator says: ${message}.`,
    });
  });

  it("name three problems and count the rest", () => {
    const problems = Array.from({ length: 5 }, (_, at) => ({ ...PROBLEM, job: `job-${String(at)}` }));
    const degraded = toStatements(observation({ allocation: { ...SUMMARY, problems } })).find(
      ({ type }) => type === "Degraded",
    );
    expect(degraded?.message).toMatch(/^job-0: JobRejected: no such action; job-1: .*; job-2: .* \(and 2 more\)$/);
  });
});

function statusOf(change: Partial<Observation>, previous?: OpenTelemetryCollectorStatus): OpenTelemetryCollectorStatus {
  return toStatus({
    collector: withDefaults(collector()),
    settings: { ...SETTINGS, collectorImage: "otelcol:0.158.0" },
    observation: observation(change),
    appliedHash: "abc",
    previous,
    now: previous === undefined ? "2026-01-01T00:00:00Z" : "2026-01-02T00:00:00Z",
  });
}

function degradedReason({ conditions = [] }: OpenTelemetryCollectorStatus): string | undefined {
  return conditions.find(({ type }) => type === "Degraded")?.reason;
}

describe("toStatus", () => {
  it("tells everything", () => {
    expect(statusOf({})).toMatchObject({
      observedGeneration: 1,
      version: "0.158.0",
      image: "collector:1",
      scale: { replicas: 3, statusReplicas: "3/3", selector: expect.stringMatching(/^app.*=.*,.*=/) },
      allocation: {
        endpoint: "http://main-targetallocator:80",
        collectors: 3,
        jobs: 2,
        targets: 12,
        unassignedTargets: 0,
      },
      appliedHash: "abc",
    });
  });

  it("comes out the same when nothing has changed", () => {
    const before = statusOf({});
    expect(statusOf({}, before)).toEqual(before);
  });

  it("keeps the version of a newer operator, and moves on from an older one's when nothing is to be upgraded", () => {
    expect(statusOf({}, { version: "0.200.0" }).version).toBe("0.200.0");
    expect(statusOf({}, { version: "0.100.0" }).version).toBe("0.158.0");
  });

  it("alarms somebody when there has been no collector for two minutes, and says when that will be", () => {
    const at = (now: string, previous?: OpenTelemetryCollectorStatus): OpenTelemetryCollectorStatus =>
      toStatus({
        collector: withDefaults(collector()),
        settings: SETTINGS,
        observation: observation(workload({ ready: 0 })),
        appliedHash: "abc",
        previous,
        now,
      });
    const began = at("2026-01-01T00:00:00Z");
    expect(outageOverdueInMs(began, Date.UTC(2026, 0, 1, 0, 0, 30))).toBe(90_000);
    const early = at("2026-01-01T00:01:59Z", began);
    const late = at("2026-01-01T00:02:00Z", early);
    expect([began, early, late].map(degradedReason)).toEqual([
      "CollectorsStarting",
      "CollectorsStarting",
      "CollectorsNotReady",
    ]);
    expect(outageOverdueInMs(late, Date.UTC(2026, 0, 1, 0, 3))).toBeUndefined();
  });

  it("lists at most ten problems", () => {
    const problems = Array.from({ length: 30 }, () => PROBLEM);
    expect(statusOf({ allocation: { ...SUMMARY, problems } }).allocation?.problems).toHaveLength(10);
  });
});

describe("compareStatus", () => {
  const before = statusOf({});

  it.each<{ name: string; change: Partial<Observation>; want: string }>([
    { name: "nothing new", change: {}, want: "none" },
    { name: "other counts", change: { allocation: { ...SUMMARY, targets: 13 } }, want: "numbers" },
    { name: "another condition", change: { allocation: { ...SUMMARY, unassigned: 1 } }, want: "news" },
    { name: "another number of replicas", change: workload({ ready: 2 }), want: "news" },
  ])("finds $name", ({ change, want }) => {
    expect(compareStatus(before, statusOf(change, before))).toBe(want);
  });

  it("finds the first status to be news", () => {
    expect(compareStatus(undefined, before)).toBe("news");
  });
});

describe("knownAllocation", () => {
  const told = statusOf({});
  const unsynced = { ...SUMMARY, synced: false, targets: 0 };

  it.each([
    { name: "the numbers of an allocation that knows them", summary: SUMMARY, previous: {}, want: SUMMARY },
    {
      name: "what was last told while the process does not know yet",
      summary: unsynced,
      previous: told,
      want: SUMMARY,
    },
    {
      name: "what was last told of monitors",
      summary: unsynced,
      previous: statusOf({ allocation: { ...SUMMARY, monitors: MONITORS } }),
      want: { ...SUMMARY, monitors: MONITORS },
    },
    { name: "what was last told before the allocation has started", summary: undefined, previous: told, want: SUMMARY },
    {
      name: "what keeps an allocation from knowing",
      summary: { ...unsynced, problems: [PROBLEM] },
      previous: told,
      want: { ...unsynced, problems: [PROBLEM] },
    },
    {
      name: "what was last told while the process finds the same problems again",
      summary: { ...unsynced, problems: [PROBLEM] },
      previous: { ...told, allocation: { ...told.allocation, problems: [OTHER_PROBLEM, PROBLEM] } },
      want: { ...SUMMARY, problems: [OTHER_PROBLEM, PROBLEM] },
    },
    { name: "nothing at the very first", summary: unsynced, previous: {}, want: "pending" },
  ])("is $name", ({ summary, previous, want }) => {
    expect(knownAllocation(summary, previous)).toEqual(want);
  });
});

describe("toWorkloadState", () => {
  const template = {
    spec: {
      containers: [
        { name: "beside", image: "x" },
        { name: "otc-container", image: "y" },
      ],
    },
  };

  it("reads a StatefulSet", () => {
    const object = {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "a", generation: 2 },
      spec: { replicas: 3, template },
      status: { observedGeneration: 2, replicas: 3, readyReplicas: 1, updatedReplicas: 2 },
    };
    expect(toWorkloadState(object)).toEqual({
      wanted: 3,
      existing: 3,
      ready: 1,
      updated: 2,
      current: true,
      image: "y",
    });
  });

  it("reads a DaemonSet", () => {
    const object = {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "a", generation: 2 },
      spec: { template },
      status: {
        observedGeneration: 1,
        desiredNumberScheduled: 4,
        currentNumberScheduled: 3,
        numberReady: 2,
        updatedNumberScheduled: 1,
      },
    };
    expect(toWorkloadState(object)).toEqual({
      wanted: 4,
      existing: 3,
      ready: 2,
      updated: 1,
      current: false,
      image: "y",
    });
  });
});
