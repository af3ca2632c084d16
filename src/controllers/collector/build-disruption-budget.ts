import { RESOURCES } from "../../api/resource-type.ts";
import { selectorLabels } from "../manifests/labels.ts";
import { type Manifest, manifest, present } from "../manifests/manifest.ts";
import { collectorName } from "../manifests/names.ts";
import { type CollectorInput, collectorMeta } from "./collector-input.ts";

/** How many collectors may be away at once; a DaemonSet's leave with their nodes, and a sidecar's with their pods. */
export function buildDisruptionBudget(input: CollectorInput): readonly Manifest[] {
  const { spec, metadata } = input.collector;
  if (spec.mode === "daemonset" || spec.mode === "sidecar") return [];
  const { minAvailable, maxUnavailable } = spec.podDisruptionBudget ?? {};
  const given = present({ minAvailable, maxUnavailable });
  const bounds = Object.keys(given).length === 0 ? { maxUnavailable: 1 } : given;
  const selector = { matchLabels: selectorLabels(metadata, "opentelemetry-collector") };
  const meta = collectorMeta(input, { name: collectorName(metadata.name), filtered: true });
  return [manifest(RESOURCES.PodDisruptionBudget, meta, { spec: { ...bounds, selector } })];
}
