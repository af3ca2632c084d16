import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { toKubeError } from "../../src/kube/errors.ts";
import { toMonitorJobs } from "../../src/prometheus-cr/monitor-jobs.ts";
import type { GenerateJobs } from "../../src/prometheus-cr/monitor-outcome.ts";
import { MonitorRefusedError } from "../../src/prometheus-cr/monitor-refused-error.ts";
import { MonitorSession } from "../../src/prometheus-cr/monitor-session.ts";
import type { Monitor } from "../../src/prometheus-cr/resources.ts";
import { Selection, type SelectionSettings } from "../../src/prometheus-cr/selection.ts";
import { AssetClient } from "../support/asset-client.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { FakeCluster } from "../support/fake-cluster.ts";
import { mustLeaveNothing } from "../support/left-behind.ts";
import { EVERYTHING, monitor, selectionOf } from "../support/monitor-selection.ts";

interface SimpleSpec {
  readonly path?: string;
  readonly password?: string;
  readonly problem?: string;
  readonly bug?: boolean;
  readonly badInterval?: boolean;
  readonly warning?: string;
}

/** One job a monitor, with the password of a Secret if it names one. */
const generate: GenerateJobs = (kind, { metadata, spec }, { settings, assets }) => {
  const { path = "/metrics", password, problem, bug, badInterval, warning } = spec as SimpleSpec;
  const { namespace = "", name } = metadata;
  const credentials =
    password === undefined ? undefined : assets.secret(namespace, { name: password, key: "password" });
  if (problem !== undefined) throw new MonitorRefusedError([problem]);
  if (bug === true) throw new TypeError("x is not a function");
  const document = {
    job_name: `${kind}/${namespace}/${name}/0`,
    metrics_path: path,
    scrape_interval: badInterval === true ? "soon" : "30s",
    ...(credentials === undefined ? {} : { authorization: { credentials } }),
  };
  return toMonitorJobs({ documents: [document], warnings: warning === undefined ? [] : [warning] }, settings);
};

const secret = (name: string, password: string, version: string): KubeObject => {
  const data = { password: Buffer.from(password).toString("base64") };
  const metadata = { namespace: "shop", name, uid: name, resourceVersion: version };
  const object = { apiVersion: "v1", kind: "Secret", metadata, data };
  return object;
};
const namespace = (team: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", labels: { team } },
});
const ALL = { objects: EVERYTHING };

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await settle();
};

// Thousands of monitors, on a machine that may be busy.
jest.setTimeout(60_000);

describe("MonitorSession", () => {
  let cluster: FakeCluster;
  let clock: FakeClock;
  let client: AssetClient;
  let refused: string[];
  let changes: number;
  let session: MonitorSession;

  const start = async (
    selection: SelectionSettings = selectionOf({ ServiceMonitor: ALL, PodMonitor: ALL }),
  ): Promise<void> => {
    session = new MonitorSession({
      informers: cluster,
      client,
      clock,
      generate,
      selection: new Selection(selection),
      generation: {
        collectorNamespace: "obs",
        scrapeIntervalMs: 30_000,
        scrapeProtocols: [],
        scrapeClasses: { byName: new Map(), fallback: undefined },
        denyFileAccess: false,
        allowedFilePaths: [],
        kubeconfigFile: "",
      },
      secretNamespaces: [],
      withholdSecrets: false,
      onRefused: ({ metadata }: Monitor, problems) => refused.push(`${metadata.name}: ${problems.join()}`),
      onChange: () => (changes += 1),
    });
    session.start();
    await settled();
  };
  const names = (): readonly string[] => session.jobs().map(({ jobName }) => jobName);

  beforeEach(() => {
    cluster = new FakeCluster();
    client = new AssetClient(cluster);
    clock = new FakeClock();
    refused = [];
    changes = 0;
  });
  afterEach(() => {
    session.stop();
    mustLeaveNothing(cluster, clock);
  });

  it("orders jobs by kind, namespace and name", async () => {
    for (const key of ["b.c/x", "b/x", "b/a-b", "b/a"]) {
      const [space = "", name = ""] = key.split("/");
      cluster.put(monitor(space, name, { kind: "PodMonitor" }));
    }
    cluster.put(monitor("z", "last"));
    await start();
    expect(names()).toEqual([
      "ServiceMonitor/z/last/0",
      "PodMonitor/b/a/0",
      "PodMonitor/b/a-b/0",
      "PodMonitor/b/x/0",
      "PodMonitor/b.c/x/0",
    ]);
  });

  it("generates again exactly the one of 2,000 monitors that has changed", async () => {
    for (let index = 0; index < 2_000; index += 1)
      cluster.put(monitor(`ns-${String(index % 200)}`, `m-${String(index)}`));
    await start();
    expect(session).toMatchObject({ settled: true, generations: 2_000 });
    const before = session.jobs();
    cluster.put(monitor("ns-7", "m-7", { version: "2", spec: { path: "/other" } }));
    await settled();
    expect(session.generations).toBe(2_001);
    const after = session.jobs();
    expect(after.filter((job, index) => job !== before[index]).map(({ jobName }) => jobName)).toEqual([
      "ServiceMonitor/ns-7/m-7/0",
    ]);
  });

  it("keeps the very same jobs when a change does not matter", async () => {
    cluster.put(monitor("shop", "web"));
    await start();
    const before = session.jobs();
    cluster.put(monitor("shop", "web", { version: "2", labels: { new: "label" } }));
    await settled();
    expect(session.generations).toBe(2);
    expect(session.jobs()).toBe(before);
  });

  it("follows monitors that come, go, and are selected no more", async () => {
    const red = { matchLabels: { team: "red" }, matchExpressions: [] };
    await start(selectionOf({ ServiceMonitor: { objects: red } }));
    expect(session).toMatchObject({ settled: true });
    cluster.put(monitor("shop", "web", { labels: { team: "red" } }));
    await settled();
    expect(names()).toEqual(["ServiceMonitor/shop/web/0"]);
    cluster.put(monitor("shop", "web", { version: "2", labels: { team: "blue" } }));
    await settled();
    expect(names()).toEqual([]);
    expect(session.verdicts()).toMatchObject([
      { outcome: "unselected", selection: "its labels do not match service_monitor_selector (team=red)" },
    ]);
    cluster.delete(monitor("shop", "web"));
    await settled();
    expect(session.verdicts()).toEqual([]);
  });

  it("follows the labels of namespaces", async () => {
    const namespaces = { matchLabels: { team: "one" }, matchExpressions: [] };
    cluster.put(namespace("one"));
    cluster.put(monitor("shop", "web"));
    await start(selectionOf({ ServiceMonitor: { ...ALL, namespaces } }));
    expect(names()).toHaveLength(1);
    cluster.put(namespace("two"));
    await settled();
    expect(names()).toEqual([]);
    cluster.put(namespace("one"));
    await settled();
    expect(names()).toHaveLength(1);
  });

  it("is not settled before every kind, every label and every Secret is known", async () => {
    cluster.hold("PodMonitor");
    cluster.hold("Secret");
    cluster.hold("Namespace");
    cluster.put(monitor("shop", "web", { spec: { password: "creds" } }));
    const namespaces = { matchLabels: {}, matchExpressions: [{ key: "not", operator: "DoesNotExist", values: [] }] };
    await start(selectionOf({ ServiceMonitor: ALL, PodMonitor: { ...ALL, namespaces } }));
    const waiting = ["the PodMonitors are not known yet", "the labels of namespaces are not known yet"];
    expect(session.waitingFor()).toEqual([...waiting, "what 1 monitors refer to is not known yet"]);
    for (const kind of ["PodMonitor", "Secret", "Namespace"]) {
      expect(session.settled).toBe(false);
      cluster.release(kind);
      await settled();
    }
    expect(session).toMatchObject({ settled: true });
    expect(session.waitingFor()).toEqual([]);
  });

  it("is settled without a kind that is forbidden, and says why it is not there", async () => {
    cluster.hold("PodMonitor");
    cluster.put(monitor("shop", "web"));
    await start();
    const forbidden = toKubeError("listing podmonitors: no", { status: 403, reason: "Forbidden" });
    cluster.fail("PodMonitor", forbidden);
    await settled();
    expect(session.waitingFor()).toEqual(["the PodMonitors are not known yet: listing podmonitors: no"]);
    cluster.fail("PodMonitor", forbidden, "obs");
    await settled();
    expect(session.settled).toBe(true);
    expect(names()).toHaveLength(1);
    expect(session.reports()).toMatchObject([
      {
        kind: "ServiceMonitor",
        wanted: true,
        found: 1,
        selected: 1,
        refused: 0,
        jobs: [expect.any(String)],
        failures: [],
      },
      { kind: "PodMonitor", wanted: true, failures: [{ state: "forbidden" }] },
      { kind: "Probe", wanted: false },
      { kind: "ScrapeConfig", wanted: false },
    ]);
    expect(session.whyUnseen("PodMonitor", "shop")).toBe("listing podmonitors: no");
    expect(session.whyUnseen("ServiceMonitor", "shop")).toBeUndefined();
    expect(session.whyUnseen("Probe", "shop")).toMatch(/^probe_selector is not set/);
  });

  describe("what monitors refer to", () => {
    it("is used as it is, and generates those again that use it when it changes", async () => {
      cluster.put(secret("creds", "first", "1"));
      cluster.put(secret("other", "x", "1"));
      for (const name of ["a", "b"]) cluster.put(monitor("shop", name, { spec: { password: "creds" } }));
      cluster.put(monitor("shop", "c", { spec: { password: "other" } }));
      await start();
      const before = session.generations;
      cluster.put(secret("creds", "second", "2"));
      await settled();
      expect(session.generations - before).toBe(2);
      expect(session.jobs().map(({ settings }) => settings["authorization"])).toMatchObject([
        { credentials: "second" },
        { credentials: "second" },
        { credentials: "x" },
      ]);
    });

    it("stays in force until what a changed monitor refers to is known", async () => {
      cluster.put(secret("creds", "first", "1"));
      cluster.put(monitor("shop", "web", { spec: { password: "creds" } }));
      await start();
      cluster.hold("Secret");
      cluster.put(monitor("shop", "web", { version: "2", spec: { password: "other" } }));
      await settled();
      expect(session.jobs()[0]?.settings["authorization"]).toMatchObject({ credentials: "first" });
      expect(session.verdict("ServiceMonitor", "shop", "web")).toMatchObject({ outcome: "pending" });
      cluster.put(secret("other", "new", "1"));
      cluster.release("Secret");
      await settled();
      expect(session.jobs()[0]?.settings["authorization"]).toMatchObject({ credentials: "new" });
    });

    it("is let go with the monitor", async () => {
      cluster.put(secret("creds", "first", "1"));
      cluster.put(monitor("shop", "web", { spec: { password: "creds" } }));
      await start();
      cluster.delete(monitor("shop", "web"));
      await settled();
      expect(cluster.scopes.map(({ type }) => type.kind)).toEqual(["ServiceMonitor", "PodMonitor"]);
    });
  });

  it("refuses monitors alone, and tells it once for each new reason", async () => {
    cluster.put(monitor("shop", "web"));
    cluster.put(monitor("shop", "bad", { spec: { problem: "spec.endpoints: is empty" } }));
    cluster.put(monitor("shop", "bug", { spec: { bug: true } }));
    await start();
    expect(names()).toEqual(["ServiceMonitor/shop/web/0"]);
    expect(refused).toEqual([
      "bad: spec.endpoints: is empty",
      "bug: its jobs cannot be made: x is not a function; please report this",
    ]);
    cluster.put(monitor("shop", "bad", { version: "2", spec: { problem: "spec.endpoints: is empty" } }));
    await settled();
    expect(refused).toHaveLength(2);
    cluster.put(monitor("shop", "bad", { version: "3", spec: { problem: "another" } }));
    await settled();
    expect(refused).toHaveLength(3);
    expect(session.verdict("ServiceMonitor", "shop", "bad")).toMatchObject({
      outcome: "refused",
      problems: ["another"],
      jobs: [],
    });
    expect(session.refusals().map(({ name }) => name)).toEqual(["bad", "bug"]);
    cluster.put(monitor("shop", "bad", { version: "4" }));
    await settled();
    expect(session.verdict("ServiceMonitor", "shop", "bad")).toMatchObject({
      outcome: "selected",
      jobs: ["ServiceMonitor/shop/bad/0"],
    });
  });

  it("serves no job that Prometheus would refuse, and says which", async () => {
    cluster.put(monitor("shop", "web", { spec: { badInterval: true } }));
    await start();
    expect(names()).toEqual([]);
    expect(session.refusals()).toMatchObject([
      { outcome: "selected", jobs: [], rejectedJobs: [{ jobName: "ServiceMonitor/shop/web/0" }] },
    ]);
  });

  it("tells what a job lacks, and serves it", async () => {
    cluster.put(monitor("shop", "web", { spec: { warning: "no token" } }));
    await start();
    expect(names()).toEqual(["ServiceMonitor/shop/web/0"]);
    expect(session.refusals()).toMatchObject([{ outcome: "selected", problems: [], warnings: ["no token"] }]);
  });

  it("takes what comes together in one", async () => {
    await start();
    changes = 0;
    for (const name of ["a", "b", "c"]) cluster.put(monitor("shop", name));
    await settled();
    expect(changes).toBe(1);
    expect(names()).toHaveLength(3);
  });
});
