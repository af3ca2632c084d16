import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { PipelineRegistry } from "../../src/pipeline/pipeline-registry.ts";
import { createDiscovererFactory } from "../../src/discovery/registry.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import { InMemoryCluster } from "../../src/kube/in-memory/in-memory-cluster.ts";
import { runningPod } from "../support/cluster-objects.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { FakeCluster } from "../support/fake-cluster.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { fileText } from "../support/pipeline-stage.ts";

let clock: FakeClock;
let cluster: FakeCluster;
let metrics: PromClientMetrics;
let registry: PipelineRegistry;
let stop: AbortController;
let done: Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  cluster = new FakeCluster();
  metrics = new PromClientMetrics();
  registry = new PipelineRegistry({
    informers: cluster,
    createDiscovererFor: (ownNamespace) => createDiscovererFactory({ clusterFor: () => cluster, ownNamespace }),
    clock,
    log: new MemoryLogger(),
    metrics,
  });
  stop = new AbortController();
  done = registry.run(stop.signal);
  for (const namespace of ["obs", "shop"]) {
    cluster.put(runningPod("a", { metadata: { namespace, labels: { app: "collector" } } }));
  }
});

afterEach(async () => {
  stop.abort();
  await done;
  if (cluster.uses + clock.pending > 0) throw new Error("a watch or a timer was left behind");
});

async function turn(): Promise<void> {
  for (let i = 0; i < 12; i += 1) await settle();
}

const text = fileText({ jobs: { web: { targets: ["x:80"] } } });
const ensure = (namespace: string, name: string, file = text): void =>
  registry.ensure(`${namespace}/${name}`, { namespace, name, collectors: [name], fileText: file });

describe("PipelineRegistry", () => {
  it("runs one pipeline for each key, in the namespace of its resource", async () => {
    ensure("shop", "main");
    ensure("obs", "main");
    ensure("obs", "extra");
    await turn();
    expect(registry.list().map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
      "obs/extra",
      "obs/main",
      "shop/main",
    ]);
    expect(registry.summary("shop/main")).toMatchObject({ synced: true, collectors: 1, jobs: 1, targets: 1 });
    expect(cluster.scopes.map(({ namespace }) => namespace)).toEqual(["shop", "obs"]);
    expect(cluster.uses).toBe(3);
  });

  it("finds a pipeline by its resource", async () => {
    ensure("obs", "main");
    await turn();
    expect(registry.find("obs", "main")).toMatchObject({ namespace: "obs", name: "main", revealSecrets: false });
    expect(registry.find("obs", "main")?.allocation.ready).toBe(true);
    expect(registry.find("obs", "other")).toBeUndefined();
    expect(registry.summary("obs/other")).toBeUndefined();
  });

  it("leaves a pipeline alone whose definition is equal", async () => {
    ensure("obs", "main");
    await turn();
    const before = registry.find("obs", "main")?.allocation;
    const snapshot = before?.snapshot();
    ensure("obs", "main");
    await turn();
    expect(registry.find("obs", "main")?.allocation).toBe(before);
    expect(before?.snapshot()).toBe(snapshot);
  });

  it("hands another text to the running pipeline", async () => {
    ensure("obs", "main");
    await turn();
    const settings = { allow_insecure_auth_secrets: true };
    ensure("obs", "main", fileText({ jobs: { web: { targets: ["x:80", "y:80"] } }, settings }));
    await clock.advance(250);
    await turn();
    expect(registry.summary("obs/main")).toMatchObject({ synced: true, targets: 2 });
    expect(registry.find("obs", "main")?.revealSecrets).toBe(true);
  });

  it.each<{ name: string; file: string; want: RegExp }>([
    { name: "no YAML", file: "a: [", want: /\(the last good one stays in force\)$/ },
    { name: "without jobs", file: "{}", want: /needs at least one job/ },
    {
      name: "of an unknown strategy",
      file: text.replace("{", '{"allocation_strategy":"x",'),
      want: /"x" is no strategy/,
    },
  ])("keeps running when the text is $name, and says so", async ({ file, want }) => {
    ensure("obs", "main");
    await turn();
    ensure("obs", "main", file);
    await turn();
    expect(registry.summary("obs/main")).toMatchObject({ synced: true, targets: 1 });
    expect(registry.summary("obs/main")?.problems).toMatchObject([{ reason: "ConfigurationInvalid" }]);
    expect(registry.summary("obs/main")?.problems[0]?.message).toMatch(want);
  });

  it("lists a pipeline that never had a usable text, as not synced", async () => {
    ensure("obs", "main", "{}");
    await turn();
    expect(registry.summary("obs/main")).toMatchObject({ synced: false, jobs: 0 });
    expect(registry.list()).toHaveLength(1);
    ensure("obs", "main");
    await turn();
    expect(registry.summary("obs/main")).toMatchObject({ synced: true, problems: [] });
  });

  it("ends a removed pipeline and releases all that it held; others go on", async () => {
    ensure("obs", "main");
    ensure("shop", "main");
    await turn();
    registry.remove("obs/main");
    registry.remove("obs/main");
    await turn();
    expect(registry.summary("obs/main")).toBeUndefined();
    expect(cluster.scopes.map(({ namespace }) => namespace)).toEqual(["shop"]);
    expect(registry.summary("shop/main")).toMatchObject({ synced: true });
  });

  it("tells which pipeline has changed, until nobody wants to know", async () => {
    const seen = new Set<string>();
    const unsubscribe = registry.onChange((key) => seen.add(key));
    ensure("obs", "main");
    await turn();
    expect([...seen]).toEqual(["obs/main"]);
    unsubscribe();
    ensure("shop", "main");
    await turn();
    expect(seen.size).toBe(1);
  });

  it("tells the series of its pipelines apart, also of one that takes another's place at once", async () => {
    ensure("obs", "main");
    ensure("shop", "main");
    await turn();
    registry.remove("obs/main");
    ensure("obs", "main");
    await turn();
    const lines = (await metrics.text())
      .split("\n")
      .filter((line) => line.startsWith("opentelemetry_allocator_targets{"));
    expect(lines.toSorted()).toEqual([
      'opentelemetry_allocator_targets{namespace="obs",name="main",job_name="web"} 1',
      'opentelemetry_allocator_targets{namespace="shop",name="main",job_name="web"} 1',
    ]);
  });

  it("starts nothing after its end", async () => {
    ensure("obs", "main");
    await turn();
    stop.abort();
    await done;
    ensure("shop", "main");
    expect(registry.list()).toEqual([]);
    expect(cluster.uses).toBe(0);
  });
});

it("pipelines share the watches of one cluster, follow it, and leave no watch behind", async () => {
  const memory = new InMemoryCluster({ missingNamespaces: "create" });
  const shared = new PipelineRegistry({
    informers: memory.informers,
    createDiscovererFor: (ownNamespace) =>
      createDiscovererFactory({ clusterFor: () => memory.informers, ownNamespace }),
    clock,
    log: new MemoryLogger(),
    metrics,
  });
  const end = new AbortController();
  const ended = shared.run(end.signal);
  memory.put(RESOURCES.Pod, runningPod("a", { metadata: { namespace: "obs", labels: { app: "collector" } } }));
  memory.put(RESOURCES.Pod, runningPod("web-0", { ip: "10.1.0.7" }));
  const file = fileText({ jobs: { one: { role: "pod" }, two: { role: "pod" } } });
  for (const name of ["first", "second"])
    shared.ensure(`obs/${name}`, { namespace: "obs", name, collectors: [name], fileText: file });
  await turn();
  expect(shared.summary("obs/second")).toMatchObject({ synced: true, collectors: 1, targets: 4 });
  // All pods, and those of the namespace that are collectors.
  expect(memory.informers.size).toBe(2);
  memory.put(RESOURCES.Pod, runningPod("web-1", { ip: "10.1.0.8" }));
  await clock.advance(250);
  await turn();
  expect(shared.summary("obs/first")).toMatchObject({ targets: 6 });
  end.abort();
  await ended;
  expect(memory.informers.size).toBe(0);
});
