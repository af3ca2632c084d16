import { describe, expect, it } from "@jest/globals";

import type { OpenTelemetryCollectorSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { receiving } from "../../support/collectors.ts";
import { desiredOf, OTLP } from "../../support/desired-objects.ts";

const { config } = receiving({ otlp: { protocols: { grpc: {} } } });
const OBSERVED = { ...OTLP, observability: { metrics: { enableMetrics: true } } };
/** One whose collectors export for Prometheus. */
const EXPORTING = {
  ...OBSERVED,
  config: {
    ...config,
    exporters: { prometheus: { endpoint: "0.0.0.0:8889" } },
    service: { pipelines: { metrics: { receivers: ["otlp"], exporters: ["prometheus"] } } },
  },
} satisfies Partial<OpenTelemetryCollectorSpec>;

const selecting = (type: string): object =>
  expect.objectContaining({
    namespaceSelector: { matchNames: ["shop"] },
    selector: {
      matchLabels: expect.objectContaining({
        "app.kubernetes.io/instance": "shop.main",
        "operator.opentelemetry.io/collector-service-type": type,
      }),
    },
  });

describe("the ServiceMonitors of collectors", () => {
  it("lead to their own metrics", () => {
    expect(desiredOf("ServiceMonitor", OBSERVED)).toEqual([
      expect.objectContaining({
        metadata: expect.objectContaining({ name: "main-monitoring-collector" }),
        spec: selecting("monitoring"),
      }),
    ]);
    expect(desiredOf("ServiceMonitor", OBSERVED)[0]?.spec["endpoints"]).toEqual([{ port: "monitoring" }]);
  });

  it("lead to what they export for Prometheus too", () => {
    const made = desiredOf("ServiceMonitor", EXPORTING);
    expect(made.map(({ metadata }) => metadata.name)).toEqual(["main-collector", "main-monitoring-collector"]);
    expect(made[0]?.spec).toEqual(selecting("base"));
    expect(made[0]?.spec["endpoints"]).toEqual([{ port: "prometheus" }]);
  });

  it("have the labels that are asked for, and keep the one by which they are found", () => {
    const extraLabels = { release: "kube", "app.kubernetes.io/managed-by": "me" };
    const metrics = { enableMetrics: true, extraLabels };
    const [made] = desiredOf("ServiceMonitor", { ...OTLP, observability: { metrics } }, { annotations: { a: "b" } });
    expect(made?.metadata.labels).toMatchObject({
      release: "kube",
      "app.kubernetes.io/managed-by": "opentelemetry-operator",
    });
    expect(made?.metadata).not.toHaveProperty("annotations");
  });

  it("are made only when they are asked for, and not for sidecars", () => {
    expect(desiredOf("ServiceMonitor", OTLP)).toEqual([]);
    expect(desiredOf("ServiceMonitor", { ...EXPORTING, mode: "sidecar" })).toEqual([]);
  });
});

describe("the PodMonitor of sidecars", () => {
  it("leads to their own metrics and to what they export", () => {
    expect(desiredOf("PodMonitor", { ...EXPORTING, mode: "sidecar" })).toEqual([
      expect.objectContaining({
        metadata: expect.objectContaining({ name: "main-collector" }),
        spec: expect.objectContaining({
          jobLabel: "app.kubernetes.io/instance",
          podTargetLabels: ["name", "instance", "managed-by"].map((label) => `app.kubernetes.io/${label}`),
          podMetricsEndpoints: [{ port: "metrics" }, { port: "prometheus" }],
        }),
      }),
    ]);
  });

  it("is for sidecars only", () => {
    expect(desiredOf("PodMonitor", EXPORTING)).toEqual([]);
  });
});
