import { describe, expect, it } from "@jest/globals";

import type { AutoscalerSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { desiredOf, OTLP } from "../../support/desired-objects.ts";

const KIND = "HorizontalPodAutoscaler";

function specOf(autoscaler: AutoscalerSpec): Readonly<Record<string, unknown>> | undefined {
  return desiredOf(KIND, { ...OTLP, replicas: 2, autoscaler })[0]?.spec;
}

const use = (name: string, averageUtilization: number): object => ({
  type: "Resource",
  resource: { name, target: { type: "Utilization", averageUtilization } },
});

describe("the autoscaler of collectors", () => {
  it("scales the custom resource between its bounds", () => {
    expect(specOf({ minReplicas: 3, maxReplicas: 5, targetCPUUtilization: 70 })).toEqual({
      scaleTargetRef: { apiVersion: "opentelemetry.io/v1beta1", kind: "OpenTelemetryCollector", name: "main" },
      minReplicas: 3,
      maxReplicas: 5,
      metrics: [use("cpu", 70)],
    });
  });

  it("begins at the replicas that are asked for", () => {
    expect(specOf({ maxReplicas: 5 })).toMatchObject({ minReplicas: 2 });
  });

  const queue = {
    type: "Pods",
    pods: { metric: { name: "queue" }, target: { type: "AverageValue", averageValue: 5 } },
  };
  it.each<{ name: string; autoscaler: AutoscalerSpec; want: readonly object[] }>([
    { name: "CPU, if nothing is said", autoscaler: {}, want: [use("cpu", 90)] },
    { name: "memory alone", autoscaler: { targetMemoryUtilization: 60 }, want: [use("memory", 60)] },
    {
      name: "memory, CPU and metrics of the pods, in this order",
      autoscaler: { metrics: [queue], targetCPUUtilization: 70, targetMemoryUtilization: 60 },
      want: [use("memory", 60), use("cpu", 70), queue],
    },
  ])("looks at $name", ({ autoscaler, want }) => {
    expect(specOf({ maxReplicas: 5, ...autoscaler })).toMatchObject({ metrics: want });
  });

  it("is as fast as asked for", () => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } };
    expect(specOf({ maxReplicas: 5, behavior })).toMatchObject({ behavior });
  });

  it("is not made without an upper bound", () => {
    expect(specOf({ minReplicas: 3 })).toBeUndefined();
  });

  it("is not made for a sidecar", () => {
    expect(desiredOf(KIND, { ...OTLP, mode: "sidecar", autoscaler: { maxReplicas: 5 } })).toEqual([]);
  });
});
