import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import { toMonitorJobs } from "../../src/prometheus-cr/monitor-jobs.ts";
import { type MonitorSettings, MonitorSource } from "../../src/prometheus-cr/monitor-source.ts";
import { AssetClient } from "../support/asset-client.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { FakeCluster } from "../support/fake-cluster.ts";
import { mustLeaveNothing } from "../support/left-behind.ts";
import { EVERYTHING, monitor, selectionOf } from "../support/monitor-selection.ts";

const settingsFor = (path: string, kinds: Parameters<typeof selectionOf>[0]): MonitorSettings => ({
  selection: selectionOf(kinds),
  generation: {
    collectorNamespace: "obs",
    scrapeIntervalMs: 30_000,
    scrapeProtocols: [],
    scrapeClasses: { byName: new Map(), fallback: undefined },
    denyFileAccess: false,
    allowedFilePaths: [],
    kubeconfigFile: path,
  },
  secretNamespaces: [],
});
const SERVICE_MONITORS = { ServiceMonitor: { objects: EVERYTHING } };

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await settle();
};

describe("MonitorSource", () => {
  let cluster: FakeCluster;
  let source: MonitorSource;
  const paths = (): readonly string[] => source.jobs().map(({ metricsPath }) => metricsPath);

  beforeEach(() => {
    cluster = new FakeCluster([monitor("shop", "web")]);
    source = new MonitorSource({
      informers: cluster,
      client: new AssetClient(cluster),
      clock: new FakeClock(),
      generate: (_kind, _monitor, { settings }) =>
        toMonitorJobs(
          { documents: [{ job_name: "job", metrics_path: `/${settings.kubeconfigFile}` }], warnings: [] },
          settings,
        ),
      withholdSecrets: false,
      onRefused: () => undefined,
      onChange: () => undefined,
    });
  });
  afterEach(() => {
    source.stop();
    mustLeaveNothing(cluster);
  });

  it("has no jobs, and waits for none, without settings", () => {
    source.use(undefined);
    expect(source).toMatchObject({ settled: true, session: undefined });
    expect(source.jobs()).toEqual([]);
  });

  it("has no jobs before it knows all of them", async () => {
    cluster.hold("ServiceMonitor");
    source.use(settingsFor("a", SERVICE_MONITORS));
    await settled();
    expect(source.settled).toBe(false);
    expect(paths()).toEqual([]);
    cluster.release("ServiceMonitor");
    await settled();
    expect(source.settled).toBe(true);
    expect(paths()).toEqual(["/a"]);
  });

  it("keeps the jobs of the settings before until the new ones are known", async () => {
    source.use(settingsFor("a", SERVICE_MONITORS));
    await settled();
    cluster.hold("Probe");
    source.use(settingsFor("b", { ...SERVICE_MONITORS, Probe: { objects: EVERYTHING } }));
    await settled();
    expect(source.settled).toBe(true);
    expect(paths()).toEqual(["/a"]);
    cluster.release("Probe");
    await settled();
    expect(paths()).toEqual(["/b"]);
  });

  it("begins nothing anew for equal settings", async () => {
    source.use(settingsFor("a", SERVICE_MONITORS));
    await settled();
    const { session } = source;
    source.use(settingsFor("a", SERVICE_MONITORS));
    expect(source.session).toBe(session);
    expect(session?.generations).toBe(1);
  });

  it("changes nothing for settings that cannot be used", async () => {
    source.use(settingsFor("a", SERVICE_MONITORS));
    await settled();
    const bad = { matchLabels: { "": "x" }, matchExpressions: [] };
    expect(() => source.use(settingsFor("b", { Probe: { objects: bad } }))).toThrow("probe_selector");
    await settled();
    expect(paths()).toEqual(["/a"]);
  });

  it("lets everything go when monitors are switched off", async () => {
    source.use(settingsFor("a", SERVICE_MONITORS));
    await settled();
    source.use(undefined);
    expect(paths()).toEqual([]);
    expect(cluster.uses).toBe(0);
  });
});
