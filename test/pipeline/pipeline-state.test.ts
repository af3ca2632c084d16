import { describe, expect, it } from "@jest/globals";

import { planAllocation } from "../../src/pipeline/allocation-plan.ts";
import { findProblems, hasAllInputs, missingInputs, type PipelineState } from "../../src/pipeline/pipeline-state.ts";
import { snapshotOf, target } from "../support/allocation-snapshot.ts";
import { fileOf } from "../support/pipeline-stage.ts";

const plan = planAllocation(fileOf({ jobs: { web: { targets: ["x:80"] } } }));
const healthy: PipelineState = {
  plan,
  invalid: undefined,
  notes: [],
  collectors: { synced: true, discovered: 1, waiting: [], holding: false, error: undefined, zoneError: undefined },
  weights: { settled: true, error: undefined },
  monitors: { synced: true, session: undefined },
  discovery: { settled: true, stateOf: () => ({ state: "settled", known: true }) },
  snapshot: snapshotOf({ collectors: ["a"], jobs: { web: { shares: { a: [target({ __address__: "x:80" })] } } } }),
  ready: true,
  failure: undefined,
};

describe("hasAllInputs and missingInputs", () => {
  const pending = { settled: false, stateOf: () => ({ state: "pending" as const, known: false }) };
  it.each<{ name: string; state: Partial<PipelineState>; want: readonly string[] }>([
    { name: "everything is there", state: {}, want: [] },
    { name: "there is no plan", state: { plan: undefined }, want: ["no usable configuration yet"] },
    { name: "a job is pending", state: { discovery: pending }, want: ["discovery has not reported yet for job web"] },
    {
      name: "collectors are unknown",
      state: { collectors: { ...healthy.collectors, synced: false } },
      want: ["the collectors are not known yet"],
    },
    {
      name: "weights were not read yet",
      state: { weights: { settled: false, error: undefined } },
      want: ["the weights of targets have not been read yet"],
    },
  ])("agree when $name", ({ state, want }) => {
    expect(missingInputs({ ...healthy, ...state })).toEqual(want);
    expect(hasAllInputs({ ...healthy, ...state })).toBe(want.length === 0);
  });
});

describe("findProblems", () => {
  it("finds nothing in a healthy pipeline", () => {
    expect(findProblems(healthy)).toEqual([]);
  });

  it.each<{ name: string; state: Partial<PipelineState>; want: string }>([
    {
      name: "a pass that broke off",
      state: { failure: new Error("bug") },
      want: "AllocationFailed: a pass broke off: bug; the last complete result is served; please report this",
    },
    {
      name: "pods of which none is a collector yet, by name and since when",
      state: {
        collectors: {
          ...healthy.collectors,
          discovered: 0,
          waiting: ["a", "b", "c", "d"].map((name) => ({ name, state: "not ready since 2026-01-02T03:04:05Z" })),
        },
      },
      want:
        "CollectorsNotReady: there are no collectors: of 4 pods none is ready (a not ready since 2026-01-02T03:04:05Z, " +
        "b not ready since 2026-01-02T03:04:05Z, c not ready since 2026-01-02T03:04:05Z and 1 more); no target is assigned",
    },
    {
      name: "an unusable file before any usable one",
      state: { plan: undefined, invalid: "no YAML" },
      want: "ConfigurationInvalid: no YAML (nothing is served)",
    },
    {
      name: "a failing discovery, by its job",
      state: { discovery: { settled: true, stateOf: () => ({ state: "failing", known: true, error: "no answer" }) } },
      want: "DiscoveryFailing web: no answer",
    },
    {
      name: "targets that are nobody's though there are collectors",
      state: {
        snapshot: snapshotOf({ collectors: ["a"], jobs: { web: { unassigned: [target({ __address__: "x:80" })] } } }),
      },
      want: "TargetsUnassigned: 1 targets of job web have no collector: the strategy consistent-hashing places them nowhere",
    },
  ])("finds $name", ({ state, want }) => {
    const texts = findProblems({ ...healthy, ...state }).map(
      ({ job, reason, message }) => `${reason}${job === undefined ? "" : ` ${job}`}: ${message}`,
    );
    expect(texts).toEqual([want]);
  });

  it("does not speak of unassigned targets before the first assignment or while there are no collectors", () => {
    const unassigned = { web: { unassigned: [target({ __address__: "x:80" })] } };
    const snapshot = snapshotOf({ jobs: unassigned });
    expect(findProblems({ ...healthy, snapshot })).toEqual([]);
    expect(
      findProblems({ ...healthy, ready: false, snapshot: snapshotOf({ collectors: ["a"], jobs: unassigned }) }),
    ).toEqual([]);
  });
});
