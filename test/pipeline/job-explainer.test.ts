import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import { getLabel, labelsOf } from "../../src/allocator/index.ts";
import type { ExplainQuery, JobExplanation } from "../../src/pipeline/job-explainer.ts";
import { runningPod } from "../support/cluster-objects.ts";
import { group } from "../support/fake-discoverers.ts";
import { fileOf, PipelineStage } from "../support/pipeline-stage.ts";

let stage: PipelineStage;

beforeEach(() => {
  stage = new PipelineStage();
});

afterEach(async () => {
  await stage.stop();
});

const collector = (name: string, nodeName = "node-1") =>
  runningPod(name, { metadata: { namespace: "obs", labels: { app: "collector" } }, spec: { nodeName } });

async function explain(query: Partial<ExplainQuery> & { readonly job: string }): Promise<JobExplanation> {
  const answer = await stage.pipeline.explain({ limit: 10, ...query }, new AbortController().signal);
  if (answer.kind !== "explained") throw new Error(answer.kind);
  return answer.explanation;
}

const on = (node: string) => labelsOf({ __address__: `${node}:80`, __meta_kubernetes_node_name: node });

/** Address and reason of each target that is explained. */
const reasonsIn = ({ targets }: JobExplanation): readonly string[] =>
  targets.map(({ target: { address }, outcome: { reason } }) => `${address} ${reason}`);

describe("a pipeline explains", () => {
  it("which rule dropped a target, which one is a duplicate of which, and who has the others", async () => {
    stage.cluster.put(collector("a"));
    const relabel_configs = [
      { source_labels: ["team"], target_label: "owner" },
      { source_labels: ["__address__"], regex: "drop:.*", action: "drop" },
    ];
    await stage.start({ jobs: { web: { sources: ["x"], settings: { relabel_configs } } } });
    stage.sources.run("x").sink.update([
      { source: "g", labels: labelsOf({ __meta_from: "g" }), targets: [labelsOf({ __address__: "a:80" })] },
      { source: "h", labels: labelsOf({ __meta_from: "h" }), targets: [labelsOf({ __address__: "a:80" })] },
      { source: "i", labels: labelsOf({}), targets: [labelsOf({ __address__: "drop:1", team: "shop" })] },
    ]);
    await stage.advance(500);
    const explanation = await explain({ job: "web" });
    expect(explanation).toMatchObject({
      job: "web",
      strategy: { name: "consistent-hashing", fallback: "" },
      version: stage.pipeline.snapshot().version,
      quarantined: false,
      discovery: { state: "settled" },
      problems: [],
      waitingFor: [],
      searched: 3,
      matched: 3,
    });
    expect(reasonsIn(explanation)).toEqual(["a:80 Assigned", "a:80 Duplicate", "drop:1 DroppedByRule"]);
    const [first, second, third] = explanation.targets;
    expect(first?.outcome).toMatchObject({ collector: "a", ownerReason: "Hash" });
    expect(first?.duplicates).toMatchObject([{ source: "h" }]);
    expect(second?.outcome).toMatchObject({ survivor: { source: "g" } });
    expect(third?.trace.steps).toMatchObject([
      { rule: 0, changes: [{ name: "owner", before: "", after: "shop" }] },
      { rule: 1, sourceValue: "drop:1", dropped: "Match" },
    ]);
    expect(explanation.rules[1]).toMatchObject({ action: "drop", regex: "drop:.*" });
  });

  it.each<{ name: string; query: Partial<ExplainQuery>; want: readonly string[] }>([
    { name: "an address", query: { address: "10.0.0.1:80" }, want: ["10.0.0.1:80"] },
    { name: "a part of the address", query: { text: "10.0.0.1" }, want: ["10.0.0.1:80", "10.0.0.11:80"] },
    { name: "the value of a label of the group", query: { text: "h" }, want: ["10.0.0.2:80"] },
    { name: "the value of a label of the target", query: { text: "zone-b" }, want: ["10.0.0.11:80"] },
    { name: "not a part of a label's value", query: { text: "zone-" }, want: [] },
    { name: "an address that only a group has", query: { address: "group:1" }, want: [""] },
  ])("the targets that are meant by $name", async ({ query, want }) => {
    await stage.start({ jobs: { web: { sources: ["x"] } } });
    stage.sources
      .run("x")
      .sink.update([
        group("g", "10.0.0.1:80"),
        group("h", "10.0.0.2:80"),
        { source: "i", labels: labelsOf({}), targets: [labelsOf({ __address__: "10.0.0.11:80", zone: "zone-b" })] },
        { source: "j", labels: labelsOf({ __address__: "group:1" }), targets: [labelsOf({ a: "b" })] },
      ]);
    await stage.advance(500);
    const { targets, searched } = await explain({ job: "web", ...query });
    expect(targets.map(({ target }) => getLabel(target.ownLabels, "__address__") ?? "")).toEqual(want);
    expect(searched).toBe(4);
  });

  it("that no collector runs on a target's node, and that there are none at all", async () => {
    stage.cluster.put(collector("a", "node-1"));
    const settings = { allocation_strategy: "per-node" };
    await stage.start({ jobs: { web: { sources: ["x"] } }, settings });
    stage.sources.run("x").sink.update([{ source: "g", labels: labelsOf({}), targets: [on("node-1"), on("node-2")] }]);
    await stage.advance(500);
    const explanation = await explain({ job: "web" });
    expect(reasonsIn(explanation)).toEqual(["node-1:80 Assigned", "node-2:80 NoCollectorOnNode"]);
    expect(explanation.targets[0]?.outcome).toMatchObject({ collector: "a", ownerReason: "SameNode" });
    expect(explanation.targets[1]?.node).toBe("node-2");
    stage.cluster.delete(collector("a", "node-1"));
    await stage.advance(60_000);
    expect(reasonsIn(await explain({ job: "web" }))).toEqual(["node-1:80 NoCollectors", "node-2:80 NoCollectors"]);
  });

  it("why a job is not served, and that its last good configuration is when it is", async () => {
    stage.cluster.put(collector("a"));
    const good = { web: { targets: ["w:80"] }, other: { targets: ["o:80"] } };
    const bad = { targets: ["b:80"], settings: { scrape_timeout: "never" } };
    await stage.start({ jobs: { ...good, bad } });
    await stage.advance(500);
    expect(await explain({ job: "bad" })).toMatchObject({
      quarantined: true,
      problems: [{ reason: "JobRejected", message: expect.stringContaining("it is not served") }],
      searched: 0,
      targets: [],
    });
    stage.pipeline.reload(fileOf({ jobs: { ...good, other: bad } }));
    await stage.advance(500);
    const other = await explain({ job: "other" });
    expect(other.quarantined).toBe(false);
    expect(other.problems).toMatchObject([{ message: expect.stringContaining("last good configuration stays") }]);
    expect(reasonsIn(other)).toEqual(["o:80 Assigned"]);
  });

  it("what fails in the discovery of a job, with the targets that were found before", async () => {
    stage.cluster.put(collector("a"));
    await stage.start({ jobs: { web: { sources: ["x"] } } });
    stage.sources.run("x").sink.update([group("g", "1:1")]);
    stage.sources.run("x").sink.failed(new Error("http://sd.test: connection refused"));
    await stage.advance(500);
    const explanation = await explain({ job: "web" });
    expect(explanation.discovery).toEqual({ state: "failing", error: "http://sd.test: connection refused" });
    expect(explanation.problems).toMatchObject([{ reason: "DiscoveryFailing" }]);
    expect(reasonsIn(explanation)).toEqual(["1:1 Assigned"]);
  });

  it("before anything is served, too: then with what is awaited", async () => {
    stage.cluster.put(collector("a"));
    await stage.start({ jobs: { web: { sources: ["x"] }, other: { sources: ["y"] } } });
    stage.sources.run("x").sink.update([group("g", "1:1")]);
    await stage.settle();
    const explanation = await explain({ job: "web" });
    expect(explanation.waitingFor).toEqual(["discovery has not reported yet for job other"]);
    expect(reasonsIn(explanation)).toEqual(["1:1 NotAllocatedYet"]);
    expect((await explain({ job: "other" })).discovery).toEqual({ state: "pending" });
  });

  it("which jobs there are when asked for one that there is not", async () => {
    await stage.start({ jobs: { web: { targets: ["w:80"] }, bad: { settings: { scrape_timeout: "never" } } } });
    const answer = await stage.pipeline.explain({ job: "wep", limit: 1 }, new AbortController().signal);
    expect(answer).toEqual({ kind: "unknown-job", jobs: ["web", "bad"] });
  });

  it("to a few at a time, and forgets who has gone away", async () => {
    await stage.start({ jobs: { web: { targets: ["w:80"] } } });
    const gone = new AbortController();
    const ask = async () => stage.pipeline.explain({ job: "web", limit: 1 }, gone.signal);
    const asked = Array.from({ length: 9 }, ask);
    gone.abort(new Error("gone"));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.slice(0, 8).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => "rejected"));
    expect(outcomes.at(-1)).toEqual({ status: "fulfilled", value: { kind: "busy" } });
    expect(reasonsIn(await explain({ job: "web" }))).toEqual(["w:80 NoCollectors"]);
  });
});
