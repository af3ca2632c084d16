import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import type { Labels } from "../../src/allocator/index.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type { Pod } from "../../src/discovery/kubernetes/objects.ts";
import { ForbiddenError } from "../../src/kube/errors.ts";
import { ownersOf, viewOf } from "../support/allocations.ts";
import { node, ready, runningPod, service, slice } from "../support/cluster-objects.ts";
import { group } from "../support/fake-discoverers.ts";
import { fileOf, PipelineStage, type StagedFile } from "../support/pipeline-stage.ts";

let stage: PipelineStage;

beforeEach(() => {
  stage = new PipelineStage();
});

afterEach(async () => {
  await stage.stop();
});

const collector = (name: string, nodeName = "node-1"): Pod =>
  runningPod(name, { nodeName, metadata: { namespace: "obs", labels: { app: "collector" } } });
const unready = (name: string, since: number): Pod => {
  const conditions = [ready("False", new Date(since).toISOString())];
  return { ...collector(name), status: { phase: "Running", conditions } };
};
const addresses = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.0.0.${i}:80`);
const STATIC: StagedFile = { jobs: { web: { targets: addresses(20) } } };

function putCollectors(...names: readonly string[]): void {
  for (const name of names) stage.cluster.put(collector(name));
}

/** Collectors that have targets of the job, with their numbers. */
function shares(job = "web"): Readonly<Record<string, number>> {
  const { byCollector } = stage.pipeline.snapshot().jobs.get(job) ?? { byCollector: new Map() };
  return Object.fromEntries([...byCollector].map(([name, shard]) => [name, shard.targets.length]));
}

function reasons(): readonly string[] {
  return stage.pipeline.problems().map(({ reason }) => reason);
}

function counted(job = "web"): unknown {
  return stage.pipeline.snapshot().jobs.get(job)?.counts;
}

describe("readiness", () => {
  it("comes with the first complete assignment", async () => {
    putCollectors("a", "b");
    await stage.start(STATIC);
    expect(stage.pipeline.ready).toBe(true);
    expect(stage.pipeline.waitingFor()).toEqual([]);
    expect(Object.keys(shares())).toEqual(["a", "b"]);
    expect(stage.log.entries.find(({ message }) => message === "allocation ready")?.fields).toEqual({
      collectors: 2,
      jobs: 1,
      targets: 20,
      unassigned: 0,
    });
  });

  it("waits for a configuration", async () => {
    expect(stage.pipeline).toMatchObject({ ready: false, configured: false });
    expect(stage.pipeline.scrapeConfigs()).toBeUndefined();
    expect(stage.pipeline.waitingFor()).toEqual(["no usable configuration yet"]);
    stage.pipeline.reject(new Error("line 3: no YAML"));
    expect(stage.pipeline.waitingFor()).toEqual(["no usable configuration yet: line 3: no YAML"]);
    expect(stage.pipeline.problems()).toEqual([
      { reason: "ConfigurationInvalid", message: "line 3: no YAML (nothing is served)" },
    ]);
  });

  it("waits for every job's discovery, and has no half result meanwhile", async () => {
    putCollectors("a");
    await stage.start({
      jobs: { web: { targets: ["web:80"] }, one: { sources: ["x"] }, two: { sources: ["y", "z"] } },
    });
    expect(stage.pipeline.waitingFor()).toEqual(["discovery has not reported yet for jobs one, two"]);
    stage.sources.run("x").sink.update([group("g", "1:1")]);
    stage.sources.run("y").sink.update([group("g", "2:2")]);
    await stage.advance(1_000);
    expect(stage.pipeline.waitingFor()).toEqual(["discovery has not reported yet for job two"]);
    expect(stage.pipeline.snapshot().jobs.size).toBe(0);
    expect(stage.pipeline).toMatchObject({ ready: false, configured: true });
    stage.sources.run("z").sink.update([]);
    await stage.settle();
    expect(stage.pipeline.ready).toBe(true);
    expect([shares("web"), shares("one"), shares("two")]).toEqual([{ a: 1 }, { a: 1 }, { a: 1 }]);
  });

  it("waits for the list of collectors, and says why there is none", async () => {
    stage.cluster.hold("Pod");
    await stage.start(STATIC);
    expect(stage.pipeline.waitingFor()).toEqual(["the collectors are not known yet"]);
    stage.cluster.fail(
      "Pod",
      new ForbiddenError("listing pods in namespace obs: forbidden", { status: 403, reason: "" }),
    );
    await stage.settle();
    expect(stage.pipeline.waitingFor()[0]).toContain("listing pods in namespace obs: forbidden");
    expect(reasons()).toEqual(["CollectorDiscoveryFailing"]);
    stage.cluster.fail("Pod", undefined);
    stage.cluster.release("Pod");
    await stage.settle();
    expect(stage.pipeline.ready).toBe(true);
    expect(reasons()).toEqual(["NoCollectors"]);
  });

  it("comes without collectors; every target is then known and nobody's", async () => {
    await stage.start(STATIC);
    expect(stage.pipeline.ready).toBe(true);
    expect(counted()).toMatchObject({ discovered: 20, unassigned: 20, assigned: 0 });
    expect(stage.pipeline.problems()).toEqual([
      { reason: "NoCollectors", message: "there are no collectors: no target is assigned" },
    ]);
    putCollectors("a");
    await stage.advance(250);
    expect(shares()).toEqual({ a: 20 });
  });

  it("names some of many jobs that it waits for", async () => {
    const jobs = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`job-${i}`, { sources: [`s-${i}`] }]));
    await stage.start({ jobs });
    expect(stage.pipeline.waitingFor()).toEqual([
      "discovery has not reported yet for jobs job-0, job-1, job-2, job-3, job-4 and 4 more",
    ]);
  });

  it("stays, whatever becomes of the inputs", async () => {
    putCollectors("a");
    await stage.start(STATIC);
    stage.pipeline.reload(fileOf({ jobs: { web: { targets: ["web:80"] }, late: { sources: ["x"] } } }));
    stage.cluster.fail("Pod", new Error("no answer"));
    await stage.advance(60_000);
    expect(stage.pipeline.ready).toBe(true);
  });
});

describe("a job whose discovery fails", () => {
  it("holds up neither readiness nor others, is told of, and is not taken for one without targets", async () => {
    putCollectors("a");
    await stage.start({ jobs: { web: { targets: ["web:80"] }, lost: { sources: ["x"] } } });
    stage.sources.run("x").sink.failed(new Error("asking http://sd.test/x: no answer"));
    await stage.settle();
    expect(stage.pipeline.ready).toBe(true);
    expect(shares("web")).toEqual({ a: 1 });
    expect(stage.pipeline.jobState("lost")).toEqual({
      discovery: "failing",
      error: "asking http://sd.test/x: no answer",
    });
    expect(counted("lost")).toMatchObject({ discovered: 0 });
    expect(stage.pipeline.problems()).toEqual([
      { job: "lost", reason: "DiscoveryFailing", message: "asking http://sd.test/x: no answer" },
    ]);
  });

  it("is served as soon as it is discovered", async () => {
    putCollectors("a");
    await stage.start({ jobs: { lost: { sources: ["x"] } } });
    stage.sources.run("x").sink.failed(new Error("no answer"));
    await stage.advance(1_000);
    stage.sources.run("x").sink.update([group("g", "1:1")]);
    expect(stage.pipeline.jobState("lost")).toEqual({ discovery: "pending" });
    await stage.settle();
    expect(stage.pipeline.jobState("lost")).toEqual({ discovery: "settled" });
    expect(shares("lost")).toEqual({ a: 1 });
    expect(reasons()).toEqual([]);
  });

  it("keeps what was found before", async () => {
    putCollectors("a");
    await stage.start({ jobs: { web: { sources: ["x"] } } });
    stage.sources.run("x").sink.update([group("g", "1:1")]);
    await stage.settle();
    stage.sources.run("x").sink.failed(new Error("no answer"));
    await stage.advance(1_000);
    expect(shares()).toEqual({ a: 1 });
    expect(stage.pipeline.jobState("web")).toMatchObject({ discovery: "failing" });
  });

  it("with a mechanism that does not exist here is one of them", async () => {
    putCollectors("a");
    const consul = { settings: { consul_sd_configs: [{ server: "consul:8500" }] } };
    await stage.start({ jobs: { web: { targets: ["web:80"] }, consul } });
    expect(stage.pipeline.ready).toBe(true);
    expect(stage.pipeline.jobState("consul")?.error).toMatch(/^consul_sd_configs is not supported; use static_configs/);
    expect(stage.pipeline.scrapeConfigs()?.masked).toContain('"consul"');
  });
});

describe("the state of a job", () => {
  it("is unknown for a job that is not configured", async () => {
    await stage.start(STATIC);
    expect(stage.pipeline.jobState("other")).toBeUndefined();
  });

  it("is pending until the result that is served knows the job", async () => {
    putCollectors("a");
    await stage.start(STATIC);
    stage.pipeline.reload(fileOf({ jobs: { ...STATIC.jobs, late: { targets: ["late:80"] } } }));
    expect(stage.pipeline.jobState("late")).toEqual({ discovery: "pending" });
    expect(stage.pipeline.snapshot().jobs.has("late")).toBe(false);
    await stage.advance(250);
    expect(stage.pipeline.jobState("late")).toEqual({ discovery: "settled" });
    expect(shares("late")).toEqual({ a: 1 });
  });

  it("is pending again for a job that was removed and added again before the next pass", async () => {
    putCollectors("a");
    await stage.start({ jobs: { web: { sources: ["x"] }, other: { targets: ["other:80"] } } });
    stage.sources.run("x").sink.update([group("g", "1:1")]);
    await stage.settle();
    stage.pipeline.reload(fileOf({ jobs: { other: { targets: ["other:80"] } } }));
    stage.pipeline.reload(fileOf({ jobs: { web: { targets: [] }, other: { targets: ["other:80"] } } }));
    expect(stage.pipeline.jobState("web")).toEqual({ discovery: "pending" });
    expect(stage.pipeline.jobState("other")).toEqual({ discovery: "settled" });
    await stage.advance(250);
    expect(stage.pipeline.jobState("web")).toEqual({ discovery: "settled" });
    expect(counted("web")).toMatchObject({ discovered: 0 });
  });

  it("is settled once its discovery has found that there is nothing", async () => {
    await stage.start({ jobs: { web: { targets: [] }, late: { sources: ["x"] } } });
    stage.sources.run("x").sink.update([]);
    await stage.settle();
    expect(stage.pipeline.jobState("web")).toEqual({ discovery: "settled" });
    expect(stage.pipeline.jobState("late")).toEqual({ discovery: "settled" });
  });
});

describe("changes", () => {
  it("lead to a pass at once; a burst of a thousand to two", async () => {
    putCollectors("a");
    await stage.start({ jobs: { web: { sources: ["x"] } } });
    const { sink } = stage.sources.run("x");
    sink.update([]);
    await stage.advance(1_000);
    const before = stage.pipeline.snapshot().version;
    for (let i = 0; i < 500; i += 1) sink.update([group(`g-${i}`, `10.0.${i >> 8}.${i & 255}:80`)]);
    await stage.settle();
    expect(stage.pipeline.snapshot().version).toBe(before + 1);
    expect(shares()).toEqual({ a: 500 });
    for (let i = 500; i < 1_000; i += 1) sink.update([group(`g-${i}`, `10.0.${i >> 8}.${i & 255}:80`)]);
    await stage.settle();
    expect(stage.pipeline.snapshot().version).toBe(before + 1);
    await stage.advance(250);
    expect(stage.pipeline.snapshot().version).toBe(before + 2);
    expect(shares()).toEqual({ a: 1_000 });
  });

  it("of the cluster arrive without any time passing", async () => {
    putCollectors("a");
    await stage.start({ jobs: { pods: { role: "pod" } } });
    await stage.advance(1_000);
    stage.cluster.put(runningPod("web-0", { ip: "10.1.0.9" }));
    await stage.settle();
    expect(counted("pods")).toMatchObject({ discovered: 2, assigned: 2 });
  });

  it("that change nothing make no new result", async () => {
    putCollectors("a");
    stage.cluster.put(runningPod("web-0"));
    await stage.start({ jobs: { pods: { role: "pod" } } });
    const before = stage.pipeline.snapshot();
    stage.cluster.put({ ...runningPod("web-0"), metadata: { ...runningPod("web-0").metadata, resourceVersion: "2" } });
    await stage.advance(1_000);
    expect(stage.pipeline.snapshot()).toBe(before);
  });

  it("tell those who listen, until they no longer want to know", async () => {
    let calls = 0;
    const unsubscribe = stage.pipeline.onChange(() => {
      calls += 1;
    });
    await stage.start(STATIC);
    expect(calls).toBeGreaterThan(0);
    const before = calls;
    putCollectors("a");
    await stage.advance(250);
    expect(calls).toBeGreaterThan(before);
    unsubscribe();
    const after = calls;
    putCollectors("b");
    await stage.advance(250);
    expect(calls).toBe(after);
  });
});

describe("collectors", () => {
  it("that come and go move only what they win or lose", async () => {
    putCollectors("a", "b");
    await stage.start(STATIC);
    const before = ownersOf(stage.pipeline.snapshot(), "web");
    stage.cluster.delete(collector("b"));
    await stage.advance(500);
    const after = ownersOf(stage.pipeline.snapshot(), "web");
    expect(new Set(after.values())).toEqual(new Set(["a"]));
    putCollectors("b");
    await stage.advance(500);
    expect(ownersOf(stage.pipeline.snapshot(), "web")).toEqual(before);
  });

  it("that are all away for a moment keep their targets", async () => {
    putCollectors("a", "b");
    await stage.start(STATIC);
    const before = stage.pipeline.snapshot();
    for (const name of ["a", "b"]) stage.cluster.delete(collector(name));
    await stage.advance(29_000);
    expect(stage.pipeline.snapshot()).toBe(before);
    expect(stage.pipeline.problems()).toEqual([
      {
        reason: "NoCollectors",
        message: "there are no collectors: targets stay with the collectors before until the grace period is over",
      },
    ]);
    putCollectors("a", "b");
    await stage.advance(60_000);
    expect(stage.pipeline.snapshot()).toBe(before);
    expect(reasons()).toEqual([]);
  });

  it("that are all away for longer than the grace period lose them", async () => {
    putCollectors("a");
    await stage.start(STATIC);
    stage.cluster.delete(collector("a"));
    await stage.advance(250);
    await stage.advance(30_000);
    expect(counted()).toMatchObject({ assigned: 0, unassigned: 20 });
    expect(stage.pipeline.snapshot().collectors).toEqual([]);
    expect(reasons()).toEqual(["NoCollectors"]);
  });

  it("that scale from twelve to one leave all targets with the one", async () => {
    const names = Array.from({ length: 12 }, (_, i) => `c-${i}`);
    putCollectors(...names);
    await stage.start(STATIC);
    expect(Object.keys(shares()).length).toBeGreaterThan(6);
    for (const name of names.slice(1)) stage.cluster.delete(collector(name));
    await stage.advance(250);
    expect(shares()).toEqual({ "c-0": 20 });
  });

  it("that restart within the grace period keep their targets, and lose them at its end to the millisecond", async () => {
    putCollectors("a", "b");
    await stage.start(STATIC);
    const before = stage.pipeline.snapshot();
    stage.cluster.put(unready("b", stage.clock.now()));
    await stage.advance(29_999);
    expect(stage.pipeline.snapshot()).toBe(before);
    putCollectors("b");
    await stage.advance(60_000);
    expect(stage.pipeline.snapshot()).toBe(before);
    stage.cluster.put(unready("b", stage.clock.now()));
    await stage.advance(30_000);
    expect(shares()).toEqual({ a: 20 });
  });

  it("that are being deleted lose their targets, however ready they look, as on a node that is unreachable", async () => {
    putCollectors("a", "b");
    await stage.start(STATIC);
    const terminating = collector("b");
    const deletionTimestamp = new Date(stage.clock.now()).toISOString();
    stage.cluster.put({ ...terminating, metadata: { ...terminating.metadata, deletionTimestamp } });
    await stage.advance(250);
    expect(shares()).toEqual({ a: 20 });
  });

  it("that are removed and added again at once keep their targets", async () => {
    putCollectors("a", "b");
    await stage.start(STATIC);
    const before = stage.pipeline.snapshot();
    stage.cluster.delete(collector("b"));
    await stage.advance(200);
    stage.cluster.put({ ...collector("b"), metadata: { ...collector("b").metadata, uid: "another" } });
    await stage.advance(60_000);
    expect(stage.pipeline.snapshot()).toBe(before);
  });

  it("that are not ready get nothing until they are, while others are ready", async () => {
    putCollectors("a");
    stage.cluster.put(unready("b", stage.clock.now()));
    await stage.start(STATIC);
    expect(shares()).toEqual({ a: 20 });
    putCollectors("b");
    await stage.advance(250);
    expect(Object.keys(shares())).toEqual(["a", "b"]);
  });

  it("are known by name and by node: a pod of the same name elsewhere takes other targets per node", async () => {
    const targets = ["node-1", "node-2"].map((nodeName, i) =>
      runningPod(`web-${i}`, { nodeName, ip: `10.1.0.${i}`, metadata: { labels: { app: "web" } } }),
    );
    for (const target of targets) stage.cluster.put(target);
    stage.cluster.put(collector("a", "node-1"));
    const selectors = [{ role: "pod", label: "app=web" }];
    const web = { settings: { kubernetes_sd_configs: [{ role: "pod", selectors }] } };
    await stage.start({ jobs: { web }, settings: { allocation_strategy: "per-node" } });
    expect([...ownersOf(stage.pipeline.snapshot(), "web")]).toEqual([
      ["10.1.0.0:8080", "a"],
      ["10.1.0.1:8080", ""],
    ]);
    expect(stage.pipeline.problems()).toEqual([
      {
        reason: "TargetsUnassigned",
        message:
          "1 targets of job web have no collector: no collector runs on their node, or they have none; " +
          "set allocation_fallback_strategy: consistent-hashing",
      },
    ]);
    stage.cluster.put({ ...collector("a", "node-2"), metadata: { ...collector("a").metadata, uid: "another" } });
    await stage.advance(250);
    expect([...ownersOf(stage.pipeline.snapshot(), "web")]).toEqual([
      ["10.1.0.1:8080", "a"],
      ["10.1.0.0:8080", ""],
    ]);
  });

  it("can be listed in the file, for running without Kubernetes", async () => {
    const collectors = [{ name: "a" }, { name: "b" }];
    await stage.start({ ...STATIC, settings: { collectors } });
    expect(stage.pipeline.ready).toBe(true);
    expect(Object.keys(shares())).toEqual(["a", "b"]);
    expect(stage.cluster.scopes).toEqual([]);
  });
});

describe("reload", () => {
  it("of an equal file does nothing", async () => {
    putCollectors("a");
    await stage.start({ jobs: { web: { sources: ["x"] } } });
    stage.sources.run("x").sink.update([group("g", "1:1")]);
    await stage.advance(1_000);
    const before = stage.pipeline.snapshot();
    expect(stage.pipeline.reload(fileOf({ jobs: { web: { sources: ["x"] } } }))).toBeUndefined();
    await stage.advance(1_000);
    expect(stage.pipeline.snapshot()).toBe(before);
    expect(stage.sources.runs("x")).toHaveLength(1);
    expect(stage.cluster.uses).toBe(1);
  });

  it("adds, changes and removes jobs, and leaves the others alone", async () => {
    putCollectors("a");
    await stage.start({
      jobs: { keep: { sources: ["x"] }, drop: { targets: ["drop:80"] }, alter: { targets: ["alter:80"] } },
    });
    stage.sources.run("x").sink.update([group("g", "1:1")]);
    await stage.advance(1_000);
    const kept = stage.pipeline.snapshot().jobs.get("keep");
    const relabel_configs = [{ source_labels: ["__address__"], regex: "alter:80", action: "drop" }];
    stage.pipeline.reload(
      fileOf({
        jobs: {
          keep: { sources: ["x"] },
          alter: { targets: ["alter:80", "b:80"], settings: { relabel_configs } },
          add: { targets: ["add:80"] },
        },
      }),
    );
    expect(Object.keys(JSON.parse(stage.pipeline.scrapeConfigs()?.masked ?? "{}"))).toEqual(["add", "alter", "keep"]);
    await stage.advance(1_000);
    const { jobs } = stage.pipeline.snapshot();
    expect([...jobs.keys()]).toEqual(["add", "alter", "keep"]);
    expect(jobs.get("keep")).toBe(kept);
    expect(counted("alter")).toMatchObject({ discovered: 2, dropped: 1, assigned: 1 });
    expect(stage.sources.runs("x")).toHaveLength(1);
  });

  it("never empties a job whose source changes", async () => {
    putCollectors("a");
    await stage.start({ jobs: { web: { sources: ["old"] } } });
    stage.sources.run("old").sink.update([group("g", "1:1")]);
    await stage.advance(1_000);
    stage.pipeline.reload(fileOf({ jobs: { web: { sources: ["new"] } } }));
    await stage.advance(60_000);
    expect([...ownersOf(stage.pipeline.snapshot(), "web").keys()]).toEqual(["1:1"]);
    stage.sources.run("new").sink.update([group("g", "2:2")]);
    await stage.settle();
    expect([...ownersOf(stage.pipeline.snapshot(), "web").keys()]).toEqual(["2:2"]);
    expect(stage.sources.run("old").signal.aborted).toBe(true);
  });

  it("of a file that was prepared is the same as of one that was not", async () => {
    putCollectors("a");
    await stage.start(STATIC);
    const before = stage.pipeline.scrapeConfigs();
    const jobs = { ...STATIC.jobs, add: { targets: ["add:80"] } };
    for (const settings of [{}, { allow_insecure_auth_secrets: true }, { https: { enabled: true } }]) {
      const file = fileOf({ jobs, settings });
      await stage.pipeline.prepare(file, new AbortController().signal);
      expect(stage.pipeline.scrapeConfigs()).toBe(before);
    }
    stage.pipeline.reload(fileOf({ jobs }));
    expect(Object.keys(JSON.parse(stage.pipeline.scrapeConfigs()?.masked ?? "{}"))).toEqual(["add", "web"]);
  });

  it("of a file that cannot be used keeps the old one and says so until a good one comes", async () => {
    putCollectors("a");
    await stage.start(STATIC);
    const before = stage.pipeline.snapshot();
    const bad = fileOf({ jobs: { web: { targets: ["web:80"], settings: { scrape_timeout: "never" } } } });
    expect(stage.pipeline.reload(bad)).toBeUndefined();
    expect(stage.pipeline.problems()).toMatchObject([{ job: "web", reason: "JobRejected" }]);
    const error = stage.pipeline.reload(
      fileOf({ jobs: { other: { targets: ["x"], settings: { scrape_timeout: "never" } } } }),
    );
    expect(error?.message).toMatch(/no job can be served/);
    await stage.advance(1_000);
    expect(stage.pipeline.snapshot()).toBe(before);
    expect(stage.pipeline.problems()[0]).toMatchObject({ reason: "ConfigurationInvalid" });
    expect(stage.pipeline.problems()[0]?.message).toMatch(/\(the last good one stays in force\)$/);
    stage.pipeline.reload(fileOf(STATIC));
    expect(reasons()).toEqual([]);
  });

  it("tells what the caller cannot put in force, as long as that file is in force", async () => {
    putCollectors("a");
    await stage.start(STATIC);
    const note = { reason: "RestartRequired", message: "listen_addr differs" } as const;
    stage.pipeline.reload(fileOf(STATIC), [note]);
    expect(stage.pipeline.problems()).toEqual([note]);
    stage.pipeline.reject(new Error("no YAML"));
    expect(reasons()).toEqual(["ConfigurationInvalid", "RestartRequired"]);
    stage.pipeline.reload(fileOf(STATIC));
    expect(reasons()).toEqual([]);
  });

  it("with another strategy serves the old assignment until the new one is complete", async () => {
    stage.cluster.put(collector("a", "node-1"));
    stage.cluster.put(collector("b", "node-2"));
    await stage.start({ jobs: { nodes: { role: "node" }, web: { targets: addresses(50) } } });
    const before = stage.pipeline.snapshot();
    stage.pipeline.reload(
      fileOf({
        jobs: { nodes: { role: "node" }, web: { targets: addresses(50) } },
        settings: { allocation_strategy: "per-node" },
      }),
    );
    expect(stage.pipeline.snapshot()).toBe(before);
    await stage.advance(250);
    const after = stage.pipeline.snapshot();
    expect(counted()).toMatchObject({ discovered: 50, unassigned: 50 });
    expect(after.version).toBeGreaterThan(before.version);
    expect(stage.pipeline.ready).toBe(true);
  });

  it("with other collectors takes them over once they are known", async () => {
    putCollectors("a");
    stage.cluster.put(runningPod("z", { metadata: { namespace: "obs", labels: { app: "other" } } }));
    await stage.start(STATIC);
    stage.cluster.hold("Pod");
    stage.pipeline.reload(fileOf({ ...STATIC, settings: { collector_selector: { matchLabels: { app: "other" } } } }));
    await stage.advance(60_000);
    expect(shares()).toEqual({ a: 20 });
    stage.cluster.release("Pod");
    await stage.advance(250);
    expect(shares()).toEqual({ z: 20 });
    expect(stage.cluster.scopes.map(({ labelSelector }) => labelSelector)).toEqual(["app=other"]);
  });
});

describe("a pass that breaks off", () => {
  /** Nothing of ours makes such a group; it stands for a bug. */
  const poison = { ...group("bad", "9:9"), labels: undefined as unknown as Labels };
  const failures = (): number => stage.log.messages().filter((message) => message === "a pass broke off").length;

  it("is tried once more, then only after a change, and loses nothing of what came with it", async () => {
    putCollectors("a");
    await stage.start({ jobs: { web: { sources: ["x", "y"] } } });
    const [x, y] = ["x", "y"].map((name) => stage.sources.run(name).sink);
    x?.update([group("g", "1:1")]);
    y?.update([]);
    await stage.advance(1_000);
    x?.update([poison]);
    y?.update([group("h", "2:2")]);
    await stage.advance(60_000);
    expect(failures()).toBe(2);
    expect(reasons()).toEqual(["AllocationFailed"]);
    expect([...ownersOf(stage.pipeline.snapshot(), "web").keys()]).toEqual(["1:1"]);
    y?.update([group("i", "3:3")]);
    await stage.advance(60_000);
    expect(failures()).toBe(3);
    x?.update([group("bad")]);
    await stage.advance(1_000);
    expect(reasons()).toEqual([]);
    expect([...ownersOf(stage.pipeline.snapshot(), "web").keys()]).toEqual(["1:1", "2:2", "3:3"]);
  });
});

it("the summary counts what is served", async () => {
  putCollectors("a");
  const relabel_configs = [{ source_labels: ["__address__"], regex: "b:80", action: "drop" }];
  await stage.start({ jobs: { web: { targets: ["a:80", "b:80", "c:80"], settings: { relabel_configs } } } });
  expect(stage.pipeline.summary()).toEqual({
    synced: true,
    collectors: 1,
    jobs: 1,
    targets: 2,
    unassigned: 0,
    problems: [],
  });
});

it("the discovered labels of a target are served with its share", async () => {
  putCollectors("a");
  const groups = [{ targets: ["a:80"], labels: { team: "one" } }];
  await stage.start({ jobs: { web: { settings: { static_configs: groups } } } });
  expect(viewOf(stage.pipeline.snapshot())).toMatchObject({
    jobs: [{ byCollector: [["a", [{ address: "a:80", labels: { __address__: "a:80", team: "one" } }]]] }],
  });
});

it("jobs with equal sources and pipelines with equal scopes share watches", async () => {
  putCollectors("a");
  const pods = { role: "pod" };
  await stage.start({ jobs: { one: pods, two: pods, three: { role: "endpointslice" } } });
  const kinds = stage.cluster.scopes.map(({ type, labelSelector = "" }) => type.kind + labelSelector);
  expect(kinds.toSorted()).toEqual(["EndpointSlice", "Pod", "Podapp=collector", "Service"]);
  expect(stage.cluster.uses).toBe(5);
});

it("nothing happens any more after the end", async () => {
  putCollectors("a");
  await stage.start(STATIC);
  const before = stage.pipeline.snapshot();
  await stage.stop();
  putCollectors("b");
  stage.pipeline.reload(fileOf({ jobs: { other: { targets: ["x:80"] } } }));
  await stage.advance(60_000);
  expect(stage.pipeline.snapshot()).toBe(before);
});

describe("whatever order events arrive in", () => {
  const objects: readonly KubeObject[] = [
    runningPod("web-0", { ip: "10.1.0.1" }),
    runningPod("web-0", { ip: "10.1.0.1", metadata: { labels: { scrape: "no" } } }),
    runningPod("web-1", { ip: "10.1.0.2", nodeName: "node-2" }),
    runningPod("web-2", { ip: "10.1.0.2", nodeName: "node-2" }),
    service("web", { metadata: { labels: { app: "web" } }, spec: { ports: [{ port: 80 }] } }),
    slice("web-1", {
      ports: [{ port: 8080 }],
      endpoints: [{ addresses: ["10.1.0.1"], targetRef: { kind: "Pod", name: "web-0", namespace: "shop" } }],
    }),
    node("node-1", { status: { addresses: [{ type: "InternalIP", address: "10.0.0.1" }] } }),
    node("node-2", { status: { addresses: [{ type: "InternalIP", address: "10.0.0.2" }] } }),
    collector("a", "node-1"),
    collector("b", "node-2"),
    collector("c", "node-1"),
  ];
  const relabel_configs = [{ source_labels: ["__meta_kubernetes_pod_label_scrape"], regex: "no", action: "drop" }];
  const file = (strategy: string): StagedFile => ({
    jobs: {
      pods: { role: "pod", settings: { relabel_configs } },
      slices: { role: "endpointslice" },
      nodes: { role: "node" },
      services: { role: "service" },
    },
    settings: { allocation_strategy: strategy },
  });
  const step = fc.record({
    object: fc.constantFrom(...objects),
    deleted: fc.boolean(),
    pauseMs: fc.constantFrom(0, 0, 10, 250, 40_000),
  });

  it.each(["consistent-hashing", "per-node"])("%s ends where a start from scratch does", async (strategy) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const lived = new PipelineStage();
        await lived.start(file(strategy));
        for (const { object, deleted, pauseMs } of steps) {
          if (deleted) lived.cluster.delete(object);
          else lived.cluster.put(object);
          if (pauseMs > 0) await lived.advance(pauseMs);
        }
        await lived.advance(60_000);
        const fresh = new PipelineStage();
        for (const object of lived.cluster.objects) fresh.cluster.put(object);
        await fresh.start(file(strategy));
        expect(viewOf(lived.pipeline.snapshot())).toEqual(viewOf(fresh.pipeline.snapshot()));
        await lived.stop();
        await fresh.stop();
      }),
      { numRuns: 30 },
    );
  });
});

describe("handover: acknowledged", () => {
  const shareSize = (name: string): number => {
    const own = stage.pipeline.snapshot().jobs.get("web")?.byCollector.get(name);
    return stage.pipeline.deliveries.shareOf("web", name, own)?.targets.length ?? 0;
  };
  const fetchAs = (name: string): void => {
    const { version } = stage.pipeline.snapshot();
    stage.pipeline.deliveries.fetched({ job: "web", collector: name, version, refreshIntervalMs: 30_000 });
  };

  it("keeps what moves with its former owner until the new one has come for it", async () => {
    putCollectors("a");
    await stage.start({ ...STATIC, settings: { handover: "acknowledged" } });
    fetchAs("a");
    putCollectors("b");
    await stage.advance(1_000);
    const moved = shares()["b"] ?? 0;
    expect(moved).toBeGreaterThan(0);
    expect([shareSize("a"), shareSize("b"), stage.pipeline.deliveries.overlaps]).toEqual([20, moved, moved]);
    expect(await stage.metrics.text()).toMatch(new RegExp(`_targets_overlapping ${String(moved)}\n`));
    fetchAs("b");
    expect([shareSize("a"), stage.pipeline.deliveries.overlaps]).toEqual([20 - moved, 0]);
    expect(await stage.metrics.text()).toContain(
      `_handover_duration_seconds_count{end="acknowledged"} ${String(moved)}`,
    );
  });

  it("is not the default", async () => {
    putCollectors("a");
    await stage.start(STATIC);
    fetchAs("a");
    putCollectors("b");
    await stage.advance(1_000);
    expect(shareSize("a") + shareSize("b")).toBe(20);
  });
});
