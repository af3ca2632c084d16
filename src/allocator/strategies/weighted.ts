import { labelReader } from "../labels/merged-labels.ts";
import { DEFAULT_EVENING } from "./evening.ts";
import { placeLeastWeighted } from "./least-weighted.ts";
import type { FinalLabels, StrategyFactory } from "./strategy.ts";
import type { StrategySettings } from "./strategy-settings.ts";
import { declaredWeight } from "./target-weight.ts";

/** Of the annotation `opentelemetry.io/scrape-weight` at the pod, or at the service that leads to it. */
const WEIGHT_LABELS: readonly string[] = [
  "__meta_kubernetes_pod_annotation_opentelemetry_io_scrape_weight",
  "__meta_kubernetes_service_annotation_opentelemetry_io_scrape_weight",
];

/**
 * As least-weighted, with targets that weigh differently: by a label, else by what was measured, else as much as a
 * measured target weighs on average. Heavy ones are placed first.
 *
 * A weight that changes moves nothing by itself. When loads have drifted apart, and moves are allowed, those targets
 * move that help most; equal histories of weights, collectors and allowed moves give equal results.
 */
export function weighted(settings: StrategySettings = {}): StrategyFactory {
  const { weightLabels = WEIGHT_LABELS, evening = DEFAULT_EVENING } = settings;
  const declared = weightLabels.map(labelReader);
  return {
    keyOf: () => "any",
    traitOf: instanceOf,
    weightOf: (target) => declaredWeight(target, declared),
    create: (collectors) => placeLeastWeighted(collectors, evening),
  };
}

/** What the series of a target call it: https://prometheus.io/docs/concepts/jobs_instances/ */
function instanceOf(labels: FinalLabels): string {
  const instance = labels.get("instance");
  return instance === "" ? labels.get("__address__") : instance;
}
