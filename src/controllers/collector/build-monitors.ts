import { RESOURCES } from "../../api/resource-type.ts";
import { LABEL_INSTANCE, LABEL_MANAGED_BY, MANAGED_BY, selectorLabels, TARGET_LABELS } from "../manifests/labels.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import { collectorName, monitoringMonitorName } from "../manifests/names.ts";
import { MONITORING_PORT, SERVICE_TYPE_LABEL, type ServiceType } from "./build-services.ts";
import { type CollectorInput, collectorMeta, runsOwnPods } from "./collector-input.ts";
import { findPorts } from "./config/ports.ts";

/** What a Prometheus operator needs to scrape the collectors: their own metrics, and what they export for it. */
export function buildMonitors(input: CollectorInput): readonly Manifest[] {
  const { spec, metadata } = input.collector;
  if (spec.observability?.metrics?.enableMetrics !== true) return [];
  const exported = findPorts(spec.config, ["exporters"]).ports.map(({ name }) => name);
  const prometheus = exported.filter((name) => name.includes("prometheus"));
  const name = collectorName(metadata.name);
  if (!runsOwnPods(spec.mode)) return [podMonitor(input, name, ["metrics", ...prometheus])];
  return [
    ...(prometheus.length === 0 ? [] : [serviceMonitor(input, name, { type: "base", ports: prometheus })]),
    serviceMonitor(input, monitoringMonitorName(metadata.name), { type: "monitoring", ports: [MONITORING_PORT] }),
  ];
}

function serviceMonitor(
  input: CollectorInput,
  name: string,
  { type, ports }: { readonly type: ServiceType; readonly ports: readonly string[] },
): Manifest {
  const { spec } = input.collector;
  const { extraLabels = {} } = spec.observability?.metrics ?? {};
  // By this label the object is found again, whatever else is asked for.
  const labels = { ...extraLabels, [LABEL_MANAGED_BY]: MANAGED_BY };
  const meta = collectorMeta(input, { name, labels, annotated: false });
  return manifest(RESOURCES.ServiceMonitor, meta, {
    spec: {
      ...selection(input, { [SERVICE_TYPE_LABEL]: type }),
      endpoints: ports.map((port) => ({ port })),
    },
  });
}

function podMonitor(input: CollectorInput, name: string, ports: readonly string[]): Manifest {
  return manifest(RESOURCES.PodMonitor, collectorMeta(input, { name, annotated: false }), {
    spec: {
      ...selection(input, {}),
      jobLabel: LABEL_INSTANCE,
      podTargetLabels: TARGET_LABELS,
      podMetricsEndpoints: ports.map((port) => ({ port })),
    },
  });
}

function selection({ collector: { metadata } }: CollectorInput, labels: Readonly<Record<string, string>>): object {
  return {
    namespaceSelector: { matchNames: [metadata.namespace ?? ""] },
    selector: { matchLabels: { ...selectorLabels(metadata, "opentelemetry-collector"), ...labels } },
  };
}
