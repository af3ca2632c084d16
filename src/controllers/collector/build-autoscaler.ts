import type { AutoscalerSpec, FreeForm } from "../../api/opentelemetry/v1beta1.ts";
import { apiVersionOf, RESOURCES } from "../../api/resource-type.ts";
import { type Manifest, manifest, present } from "../manifests/manifest.ts";
import { collectorName } from "../manifests/names.ts";
import { type CollectorInput, collectorMeta, runsOwnPods } from "./collector-input.ts";

/** The use of CPU to aim at when a resource names no measure at all, in percent of the request. */
const USUAL_CPU_PERCENT = 90;

/**
 * The autoscaler. It scales the custom resource, not the workload: whoever scales writes `spec.replicas`, and there is
 * one place where that is read.
 */
export function buildAutoscaler(input: CollectorInput): readonly Manifest[] {
  const { spec, metadata } = input.collector;
  const { autoscaler } = spec;
  // Without an upper bound there is nothing to scale to: the lower one holds by itself.
  if (!runsOwnPods(spec.mode) || autoscaler?.maxReplicas === undefined) return [];
  const { kind } = RESOURCES.OpenTelemetryCollector;
  const meta = collectorMeta(input, { name: collectorName(metadata.name), filtered: true });
  return [
    manifest(RESOURCES.HorizontalPodAutoscaler, meta, {
      spec: present({
        scaleTargetRef: { apiVersion: apiVersionOf(RESOURCES.OpenTelemetryCollector), kind, name: metadata.name },
        minReplicas: autoscaler.minReplicas,
        maxReplicas: autoscaler.maxReplicas,
        metrics: metricsOf(autoscaler),
        behavior: autoscaler.behavior,
      }),
    }),
  ];
}

function metricsOf({
  targetMemoryUtilization,
  targetCPUUtilization,
  metrics = [],
}: AutoscalerSpec): readonly FreeForm[] {
  const measured = targetMemoryUtilization !== undefined || targetCPUUtilization !== undefined;
  const cpu = measured ? targetCPUUtilization : USUAL_CPU_PERCENT;
  return [...utilization("memory", targetMemoryUtilization), ...utilization("cpu", cpu), ...metrics];
}

function utilization(name: string, percent: number | undefined): readonly FreeForm[] {
  if (percent === undefined) return [];
  return [{ type: "Resource", resource: { name, target: { type: "Utilization", averageUtilization: percent } } }];
}
