import { describe, expect, it } from "@jest/globals";

import { CollectorMembership } from "../../src/discovery/collector-membership.ts";
import type { Pod } from "../../src/discovery/kubernetes/objects.ts";
import { pod, ready, runningPod } from "../support/cluster-objects.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const GRACE_MS = 30_000;
const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const names = (verdict: { readonly collectors: readonly { readonly name: string }[] }): readonly string[] =>
  verdict.collectors.map(({ name }) => name);

const isReady = (name: string): Pod => runningPod(name);
const unready = (name: string, forMs: number): Pod =>
  runningPod(name, { status: { phase: "Running", conditions: [ready("False", ago(forMs))] } });
const starting = (name: string, forMs: number): Pod =>
  runningPod(name, {
    status: { phase: "Pending", startTime: ago(forMs), conditions: [ready("False", ago(forMs))] },
  });
const deleted = (object: Pod): Pod => ({ ...object, metadata: { ...object.metadata, deletionTimestamp: ago(0) } });

describe("a pod that was never Ready", () => {
  it.each<{ name: string; pods: Pod[]; want: string[] }>([
    { name: "gets nothing while another one is Ready", pods: [isReady("a"), starting("b", 1_000)], want: ["a"] },
    { name: "counts while none is Ready at all", pods: [starting("a", 1_000), unready("b", 1_000)], want: ["a", "b"] },
    {
      name: "does not count longer than the grace period",
      pods: [starting("a", 1_000), starting("b", 31_000)],
      want: ["a"],
    },
    {
      name: "counts when it has only just been scheduled and nothing is known of it",
      pods: [pod("a", { spec: { nodeName: "n" } })],
      want: ["a"],
    },
    {
      name: "does not count when it is unready since nobody knows when",
      pods: [runningPod("a", { status: { phase: "Running", conditions: [{ type: "Ready", status: "False" }] } })],
      want: [],
    },
  ])("$name", ({ pods, want }) => {
    expect(names(new CollectorMembership(GRACE_MS).judge(pods, NOW))).toEqual(want);
  });

  it("and counted as none was Ready, goes on counting when another one becomes Ready", () => {
    const membership = new CollectorMembership(GRACE_MS);
    membership.judge([starting("a", 1_000), starting("b", 1_000)], NOW);
    expect(names(membership.judge([isReady("a"), starting("b", 2_000), starting("c", 100)], NOW))).toEqual(["a", "b"]);
  });
});

describe("a pod that is not Ready any more", () => {
  const membership = (): CollectorMembership => {
    const one = new CollectorMembership(GRACE_MS);
    one.judge([isReady("a"), isReady("b")], NOW - 60_000);
    return one;
  };

  it("stays for the grace period, and no millisecond longer", () => {
    const one = membership();
    const pods = [isReady("a"), unready("b", 29_999)];
    expect(one.judge(pods, NOW)).toMatchObject({ expiresAt: NOW + 1 });
    expect(names(one.judge(pods, NOW))).toEqual(["a", "b"]);
    expect(names(one.judge(pods, NOW + 1))).toEqual(["a"]);
    expect(one.judge(pods, NOW + 1).expired).toEqual(new Set(["b"]));
    expect(one.judge(pods, NOW + 1).expiresAt).toBeUndefined();
  });

  it("is back as soon as it is Ready again", () => {
    const one = membership();
    one.judge([isReady("a"), unready("b", 31_000)], NOW);
    expect(names(one.judge([isReady("a"), isReady("b")], NOW))).toEqual(["a", "b"]);
  });

  it("and was unready when this program started, waits until it is Ready: nobody can tell whether it ever was", () => {
    const one = new CollectorMembership(GRACE_MS);
    expect(names(one.judge([isReady("a"), unready("b", 1_000)], NOW))).toEqual(["a"]);
    expect(names(one.judge([isReady("a"), isReady("b")], NOW))).toEqual(["a", "b"]);
    expect(names(one.judge([isReady("a"), unready("b", 1_000)], NOW))).toEqual(["a", "b"]);
  });

  it("and is the last one, goes too", () => {
    expect(names(membership().judge([unready("a", 31_000)], NOW))).toEqual([]);
  });

  it("and was replaced under its name, starts anew", () => {
    const one = membership();
    const replacement = runningPod("b", {
      metadata: { uid: "another" },
      status: { phase: "Pending", startTime: ago(1_000) },
    });
    expect(names(one.judge([isReady("a"), replacement], NOW))).toEqual(["a"]);
  });
});

describe("whatever its readiness, a pod", () => {
  it.each<{ name: string; pods: Pod[]; want: string[] }>([
    { name: "without a node is not there yet", pods: [isReady("a"), runningPod("b", { nodeName: "" })], want: ["a"] },
    {
      name: "that is being deleted is gone, even on an unreachable node",
      pods: [isReady("a"), deleted(isReady("b"))],
      want: ["a"],
    },
    { name: "that is the only one and being deleted is gone", pods: [deleted(isReady("a"))], want: [] },
    {
      name: "that has failed is gone",
      pods: [runningPod("a", { status: { phase: "Failed" } }), isReady("b")],
      want: ["b"],
    },
    { name: "that has succeeded is gone", pods: [runningPod("a", { status: { phase: "Succeeded" } })], want: [] },
  ])("$name", ({ pods, want }) => {
    expect(names(new CollectorMembership(GRACE_MS).judge(pods, NOW))).toEqual(want);
    expect(names(new CollectorMembership(0).judge(pods, NOW))).toEqual(want);
  });

  it("that runs and says nothing about readiness is ready", () => {
    const silent = runningPod("a", { status: { phase: "Running" } });
    expect(names(new CollectorMembership(GRACE_MS).judge([silent, starting("b", 1)], NOW))).toEqual(["a"]);
  });

  it("that says it is ready without running is not, for longer than the grace period", () => {
    const odd = runningPod("a", { status: { phase: "Unknown", startTime: ago(31_000), conditions: [ready("True")] } });
    expect(names(new CollectorMembership(GRACE_MS).judge([odd], NOW))).toEqual([]);
  });
});

it("a grace period of 0 takes every pod that is somewhere, however unready", () => {
  const pods = [isReady("c"), unready("b", 3_600_000), starting("a", 3_600_000)];
  expect(new CollectorMembership(0).judge(pods, NOW)).toEqual({
    collectors: ["a", "b", "c"].map((name) => ({ name, nodeName: "node-1" })),
    expiresAt: undefined,
    expired: new Set(),
    waiting: [],
  });
});

it("the verdict expires with the first of the unready collectors", () => {
  const pods = [starting("a", 10_000), starting("b", 25_000)];
  expect(new CollectorMembership(GRACE_MS).judge(pods, NOW).expiresAt).toBe(NOW + 5_000);
});

describe("pods that are no collectors", () => {
  const since = ago(60_000);
  it.each<{ name: string; one: Pod; want: string }>([
    { name: "one that has been unready too long", one: unready("a", 60_000), want: `not ready since ${since}` },
    {
      name: "one that nothing is known of",
      one: runningPod("a", { status: { phase: "Running", conditions: [{ type: "Ready", status: "False" }] } }),
      want: "not ready",
    },
    {
      name: "one without a node",
      one: pod("a", {
        status: {
          phase: "Pending",
          conditions: [{ type: "PodScheduled", status: "False", lastTransitionTime: since }],
        },
      }),
      want: `without a node since ${since}`,
    },
    { name: "one that is leaving", one: deleted(isReady("a")), want: "is being deleted" },
    { name: "one that has ended", one: runningPod("a", { status: { phase: "Failed" } }), want: "has ended" },
  ])("are told with what they lack: $name", ({ one, want }) => {
    const { waiting } = new CollectorMembership(GRACE_MS).judge([isReady("z"), one], NOW);
    expect(waiting).toEqual([{ name: "a", state: want }]);
  });
});
