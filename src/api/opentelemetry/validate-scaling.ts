import type { Check } from "./check.ts";
import { isFreeForm, settingsOf } from "./components.ts";
import { toWholeNumber } from "./quantity.ts";
import type { AutoscalerSpec } from "./v1beta1.ts";

/** How a collector scales. */

const PREFIX = "the OpenTelemetry Spec autoscale configuration is incorrect, ";

/** In seconds; the bounds are those of a HorizontalPodAutoscaler. */
const MAX_WINDOW = 3600;

export const hasUpperBound: Check = ({ spec: { autoscaler } }) =>
  autoscaler?.minReplicas !== undefined && autoscaler.maxReplicas === undefined
    ? "spec.maxReplica must be set when spec.minReplica is set"
    : undefined;

export const keepsWithinBounds: Check = ({ spec: { replicas, autoscaler } }) => {
  const { minReplicas = replicas, maxReplicas } = autoscaler ?? {};
  if (maxReplicas === undefined) return undefined;
  if (replicas !== undefined && replicas > maxReplicas) return `${PREFIX}replicas must not be greater than maxReplicas`;
  return minReplicas !== undefined && minReplicas > maxReplicas
    ? `${PREFIX}minReplicas must not be greater than maxReplicas`
    : undefined;
};

export const scalesAsAutoscalersCan: Check = ({ spec: { autoscaler } }) => {
  if (autoscaler?.maxReplicas === undefined) return undefined;
  const problem = windowProblem(autoscaler) ?? (autoscaler.metrics ?? []).map(metricProblem).find(Boolean);
  return problem === undefined ? undefined : PREFIX + problem;
};

function windowProblem({ behavior = {} }: AutoscalerSpec): string | undefined {
  const wrong = ["scaleDown", "scaleUp"].find((direction) => {
    const seconds = settingsOf(behavior[direction])["stabilizationWindowSeconds"];
    return typeof seconds === "number" && (seconds < 0 || seconds > MAX_WINDOW);
  });
  return wrong === undefined ? undefined : `${wrong}.stabilizationWindowSeconds should be >=0 and <=${MAX_WINDOW}`;
}

function metricProblem({ type, pods }: Readonly<Record<string, unknown>>): string | undefined {
  if (type !== "Pods" || !isFreeForm(pods)) return "metric type unsupported. Expected metric of source type Pod";
  const target = settingsOf(pods["target"]);
  switch (target["type"]) {
    case "AverageValue":
      return isCount(target["averageValue"]) ? undefined : "average value should be greater than 0";
    case "Value":
      return isCount(target["value"]) ? undefined : "value should be greater than 0";
    default:
      return "invalid pods target type";
  }
}

function isCount(quantity: unknown): boolean {
  return (toWholeNumber(quantity) ?? 0) >= 1;
}
