import { beforeEach, describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../src/api/meta.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import { CollectorMetrics } from "../../src/controllers/collector-metrics.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { FakeInformers } from "../support/fake-informers.ts";

const type = RESOURCES.OpenTelemetryCollector;

let metrics: PromClientMetrics;
let informers: FakeInformers;

beforeEach(() => {
  metrics = new PromClientMetrics();
  informers = new FakeInformers();
});

const collector = (name: string, spec: object): KubeObject =>
  ({
    apiVersion: "opentelemetry.io/v1beta1",
    kind: type.kind,
    metadata: { namespace: "shop", name },
    spec,
  }) as KubeObject;

const CONFIG = {
  receivers: { otlp: {}, "otlp/2": {}, prometheus: {}, unused: {} },
  processors: { batch: {} },
  exporters: { debug: {} },
  connectors: { spanmetrics: {}, forward: {} },
  extensions: { health_check: {} },
  service: {
    extensions: ["health_check"],
    pipelines: {
      traces: { receivers: ["otlp", "otlp/2"], processors: ["batch"], exporters: ["debug", "spanmetrics"] },
      metrics: { receivers: ["spanmetrics", "prometheus", "otlp"], exporters: ["debug"] },
    },
  },
};

async function series(): Promise<readonly string[]> {
  return (await metrics.text()).split("\n").filter((line) => line.startsWith("opentelemetry_collector"));
}

function run(watchNamespaces: readonly string[] = []): AbortController {
  const stop = new AbortController();
  void new CollectorMetrics({ informers, metrics, watchNamespaces }).run(stop.signal);
  return stop;
}

describe("CollectorMetrics", () => {
  it("shows the mode of a collector, and how many components of each type it uses", async () => {
    run();
    informers.watch({ type }).put(collector("main", { mode: "statefulset", config: CONFIG }));
    const of = 'collector_name="main",namespace="shop"';
    expect(await series()).toEqual([
      `opentelemetry_collector_info{${of},type="statefulset"} 1`,
      `opentelemetry_collector_receivers{${of},type="otlp"} 2`,
      `opentelemetry_collector_receivers{${of},type="prometheus"} 1`,
      `opentelemetry_collector_processors{${of},type="batch"} 1`,
      `opentelemetry_collector_exporters{${of},type="debug"} 1`,
      `opentelemetry_collector_connectors{${of},type="spanmetrics"} 1`,
      `opentelemetry_collector_extensions{${of},type="health_check"} 1`,
    ]);
  });

  it("keeps up with changes, and forgets what is deleted", async () => {
    run();
    const watch = informers.watch({ type });
    watch.put(collector("main", { config: CONFIG }));
    watch.put(collector("main", { mode: "daemonset", config: {} }));
    expect(await series()).toEqual([
      'opentelemetry_collector_info{collector_name="main",namespace="shop",type="daemonset"} 1',
    ]);
    watch.delete(collector("main", {}));
    expect(await series()).toEqual([]);
  });

  it("looks only where it is told to, and shows nothing once it is stopped", async () => {
    const stop = run(["a", "b"]);
    informers.watch({ type, namespace: "b" }).put(collector("main", {}));
    informers.watch({ type }).put(collector("elsewhere", {}));
    expect(await series()).toHaveLength(1);
    stop.abort();
    expect(await series()).toEqual([]);
  });
});
