import { RESOURCES } from "../../api/resource-type.ts";
import { allocatorSelectorLabels } from "../manifests/labels.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import { allocatorMeta, type AllocatorInput } from "./allocator-input.ts";
import { ALLOCATION_PORT } from "./build-service.ts";

/** What a Prometheus operator needs to scrape the allocator's own metrics. */
export function buildMonitor(input: AllocatorInput): readonly Manifest[] {
  const { metrics } = input.spec.observability ?? {};
  if (metrics?.enableMetrics !== true) return [];
  const { extraLabels = {} } = metrics;
  const meta = allocatorMeta(input, { annotated: false });
  return [
    manifest(
      RESOURCES.ServiceMonitor,
      // The labels by which the object is found again stay, whatever else is asked for.
      { ...meta, labels: { ...meta.labels, ...extraLabels, ...allocatorSelectorLabels(input.owner.metadata) } },
      {
        spec: {
          endpoints: [{ port: ALLOCATION_PORT }],
          namespaceSelector: { matchNames: [meta.namespace] },
          selector: { matchLabels: allocatorSelectorLabels(input.owner.metadata) },
        },
      },
    ),
  ];
}
