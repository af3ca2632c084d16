import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import { toKubeError } from "../../src/kube/errors.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { runningPod } from "../support/cluster-objects.ts";
import { monitor } from "../support/monitor-selection.ts";
import { fileOf, PipelineStage } from "../support/pipeline-stage.ts";

const collector = runningPod("collector-0", { metadata: { namespace: "obs", labels: { app: "collector" } } });
const ALL = { enabled: true, service_monitor_selector: {}, scrape_config_selector: {} };
const enabled = { prometheus_cr: ALL };
const SERVICE_MONITOR = { selector: {}, endpoints: [{ port: "http" }] };
const BROKEN = { selector: {}, endpoints: [{ port: "http", relabelings: [{ action: "keep", regex: "(" }] }] };

const scrapeConfig = (name: string, targets: readonly string[], version = "1") =>
  monitor("shop", name, { kind: "ScrapeConfig", version, spec: { staticConfigs: [{ targets }] } });

describe("a pipeline with monitors", () => {
  let stage: PipelineStage;

  beforeEach(() => {
    stage = new PipelineStage();
    stage.cluster.put(collector);
  });
  afterEach(async () => {
    await stage.stop();
  });

  const served = (): readonly string[] => Object.keys(JSON.parse(stage.pipeline.scrapeConfigs()?.masked ?? "{}"));
  const targetsOf = (job: string): number | undefined => stage.pipeline.snapshot().jobs.get(job)?.counts.assigned;

  it("is ready when there is none, and takes those that come, change and go", async () => {
    await stage.start({ jobs: {}, settings: enabled });
    expect([stage.pipeline.ready, served()]).toEqual([true, []]);
    stage.cluster.put(scrapeConfig("a", ["x:1"]));
    await stage.advance(250);
    expect(targetsOf("scrapeConfig/shop/a")).toBe(1);
    stage.cluster.put(scrapeConfig("a", ["x:1", "y:1"], "2"));
    await stage.advance(250);
    expect(targetsOf("scrapeConfig/shop/a")).toBe(2);
    stage.cluster.delete(scrapeConfig("a", []));
    await stage.advance(250);
    expect([served(), targetsOf("scrapeConfig/shop/a")]).toEqual([[], undefined]);
  });

  it("is not ready before all are known, and says what it waits for", async () => {
    stage.cluster.hold("ServiceMonitor");
    await stage.start({ jobs: { own: { targets: ["x:1"] } }, settings: enabled });
    expect(stage.pipeline.ready).toBe(false);
    expect(stage.pipeline.waitingFor()).toEqual(["the ServiceMonitors are not known yet"]);
    stage.cluster.release("ServiceMonitor");
    await stage.advance(250);
    expect([stage.pipeline.ready, stage.pipeline.waitingFor()]).toEqual([true, []]);
  });

  it("serves the file's jobs beside those of monitors, and that of the file where names clash", async () => {
    stage.cluster.put(scrapeConfig("a", ["x:1"]));
    await stage.start({
      jobs: { own: { targets: ["x:1"] }, "scrapeConfig/shop/a": { targets: ["x:1", "y:1", "z:1"] } },
      settings: enabled,
    });
    expect(served()).toEqual(["own", "scrapeConfig/shop/a"]);
    expect(targetsOf("scrapeConfig/shop/a")).toBe(3);
    expect(stage.pipeline.problems()).toMatchObject([{ job: "scrapeConfig/shop/a", reason: "JobRejected" }]);
    expect(stage.pipeline.monitors()?.find("shop", "a")).toMatchObject([
      { outcome: "selected", jobs: [{ problems: [expect.stringMatching(/same name/)] }] },
    ]);
  });

  it("keeps what is in force when a selector cannot be used", async () => {
    stage.cluster.put(scrapeConfig("a", ["x:1"]));
    await stage.start({ jobs: {}, settings: enabled });
    const bad = { matchExpressions: [{ key: "team", operator: "In", values: [] }] };
    const error = stage.pipeline.reload(
      fileOf({ jobs: {}, settings: { prometheus_cr: { ...ALL, scrape_config_selector: bad } } }),
    );
    expect(error?.message).toMatch(/^prometheus_cr.scrape_config_selector.matchExpressions\[0\].values/);
    await stage.advance(250);
    expect(targetsOf("scrapeConfig/shop/a")).toBe(1);
    expect(stage.pipeline.problems()).toMatchObject([{ reason: "ConfigurationInvalid" }]);
  });

  it("lets them go when they are switched off", async () => {
    stage.cluster.put(scrapeConfig("a", ["x:1"]));
    await stage.start({ jobs: { own: { targets: ["x:1"] } }, settings: enabled });
    expect(served()).toHaveLength(2);
    stage.pipeline.reload(fileOf({ jobs: { own: { targets: ["x:1"] } } }));
    await stage.advance(250);
    expect(served()).toEqual(["own"]);
    expect(stage.pipeline.monitors()).toBeUndefined();
  });

  it("tells what is wrong with them, to everybody who has to know", async () => {
    stage.cluster.hold("ServiceMonitor");
    stage.cluster.put(monitor("shop", "bad", { spec: BROKEN }));
    stage.cluster.put(scrapeConfig("a", ["x:1"]));
    await stage.start({ jobs: {}, settings: enabled });
    const forbidden = toKubeError("listing servicemonitors: no", { status: 403, reason: "Forbidden" });
    stage.cluster.fail("ServiceMonitor", forbidden);
    stage.cluster.fail("ServiceMonitor", forbidden, "obs");
    await stage.advance(250);
    expect(stage.pipeline.problems()).toEqual([
      {
        reason: "MonitorsUnavailable",
        message:
          "the ServiceMonitors are not read: listing servicemonitors: no; grant list and watch on servicemonitors of " +
          "API group monitoring.coreos.com",
      },
      { reason: "MonitorRefused", message: expect.stringMatching(/^ServiceMonitor shop\/bad: spec\.endpoints\[0\]/) },
    ]);
    expect(stage.events).toEqual([expect.stringMatching(/^bad: spec\.endpoints\[0\]\.relabelings\[0\]\.regex/)]);
    expect(stage.pipeline.summary().monitors).toMatchObject([
      { kind: "ServiceMonitor", state: "Forbidden", found: 1, selected: 1, refused: 1, jobs: 0, targets: 0 },
      { kind: "PodMonitor", state: "NotSelected", message: expect.stringMatching(/not set/) },
      { kind: "Probe", state: "NotSelected" },
      { kind: "ScrapeConfig", state: "Watching", message: "", selected: 1, refused: 0, jobs: 1, targets: 1 },
    ]);
    expect(await stage.metrics.text()).toContain(
      'opentelemetry_allocator_monitors{kind="ServiceMonitor",outcome="refused"} 1',
    );
  });

  it("serves jobs without what a scrape class cannot give them, and says so", async () => {
    const gentle = { name: "gentle", default: true, authorization: { credentials: { name: "nobody", key: "token" } } };
    stage.cluster.put(scrapeConfig("a", ["x:1"]));
    await stage.start({ jobs: {}, settings: { prometheus_cr: { ...ALL, scrape_classes: [gentle] } } });
    await stage.advance(250);
    const leftOut = /^scrape class "gentle".authorization.credentials: is left out \(/;
    expect(targetsOf("scrapeConfig/shop/a")).toBe(1);
    expect(stage.pipeline.problems()).toEqual([
      { job: "scrapeConfig/shop/a", reason: "ScrapeClassIncomplete", message: expect.stringMatching(leftOut) },
    ]);
    expect(stage.pipeline.monitors()?.find("shop", "a")).toMatchObject([
      { outcome: "selected", jobs: [{ problems: [expect.stringMatching(leftOut)] }] },
    ]);
  });

  it("says that nothing is selected when no selector is set", async () => {
    await stage.start({ jobs: {}, settings: { prometheus_cr: { enabled: true } } });
    expect([stage.pipeline.ready, served()]).toEqual([true, []]);
    expect(stage.pipeline.problems()).toMatchObject([{ reason: "MonitorSelectorMissing" }]);
    expect(
      stage.pipeline
        .monitors()
        ?.whyUnseen("shop")
        .map(({ reason }) => reason),
    ).toEqual([
      expect.stringMatching(/^service_monitor_selector is not set/),
      expect.stringMatching(/^pod_monitor_selector is not set/),
      expect.stringMatching(/^probe_selector is not set/),
      expect.stringMatching(/^scrape_config_selector is not set/),
    ]);
  });

  it("has one row for each monitor, with what became of its targets", async () => {
    stage.cluster.put(monitor("shop", "web", { spec: SERVICE_MONITOR }));
    stage.cluster.put(
      monitor("shop", "web", {
        kind: "ScrapeConfig",
        spec: {
          staticConfigs: [{ targets: ["x:1", "y:1"] }],
          relabelings: [{ action: "drop", sourceLabels: ["__address__"], regex: "y.*" }],
        },
      }),
    );
    await stage.start({ jobs: {}, settings: enabled });
    expect(stage.pipeline.monitors()?.find("shop", "web")).toEqual(stage.pipeline.monitors()?.list());
    expect(stage.pipeline.monitors()?.list()).toMatchObject([
      {
        kind: "ServiceMonitor",
        outcome: "selected",
        jobs: [{ name: "serviceMonitor/shop/web/0", counts: { discovered: 0 } }],
      },
      {
        kind: "ScrapeConfig",
        outcome: "selected",
        jobs: [{ name: "scrapeConfig/shop/web", counts: { assigned: 1, dropped: 1 } }],
      },
    ]);
    expect(stage.pipeline.monitors()?.whyUnseen("shop")[0]).toEqual({
      kind: "ServiceMonitor",
      reason: "there is no ServiceMonitor of this name",
    });
  });

  it("cannot be had without Kubernetes, and says so", async () => {
    await stage.start({ jobs: { own: { targets: ["x:1"] } } });
    const alone = new Pipeline({
      informers: undefined,
      createDiscoverer: stage.createDiscovererFor(),
      clock: stage.clock,
      log: stage.log,
      metrics: new PromClientMetrics(),
    });
    const error = alone.reload(fileOf({ jobs: {}, settings: { ...enabled, collectors: [{ name: "a" }] } }));
    expect(error?.message).toMatch(/prometheus_cr: needs Kubernetes/);
  });
});
