import type { ObjectMeta } from "../../src/api/meta.ts";
import type { OpenTelemetryCollector, OpenTelemetryCollectorSpec } from "../../src/api/opentelemetry/v1beta1.ts";
import type { ManifestSettings } from "../../src/controllers/manifests/manifest-settings.ts";

/** A scrape job of static targets. */
export const STATIC_JOB = { job_name: "shop", static_configs: [{ targets: ["10.0.0.1:80"] }] };

export interface CollectorOptions {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: Partial<OpenTelemetryCollectorSpec>;
  /** `scrape_configs` of the prometheus receiver. @default one static job */
  readonly scrapeConfigs?: readonly unknown[];
}

/** A StatefulSet of collectors with a target allocator, unless the options say otherwise. */
export function collector(options: CollectorOptions = {}): OpenTelemetryCollector {
  const scrapeConfigs = options.scrapeConfigs ?? [STATIC_JOB];
  return {
    apiVersion: "opentelemetry.io/v1beta1",
    kind: "OpenTelemetryCollector",
    metadata: { name: "main", namespace: "shop", uid: "uid-main", generation: 1, ...options.metadata },
    spec: {
      mode: "statefulset",
      targetAllocator: { enabled: true },
      config: {
        receivers: { prometheus: { config: { scrape_configs: scrapeConfigs } } },
        exporters: { debug: {} },
        service: { pipelines: { metrics: { receivers: ["prometheus"], exporters: ["debug"] } } },
      },
      ...options.spec,
    },
  };
}

/** The same with other receivers, all of them in a pipeline. */
export function receiving(receivers: Readonly<Record<string, unknown>>): Pick<OpenTelemetryCollectorSpec, "config"> {
  const pipelines = { metrics: { receivers: Object.keys(receivers), exporters: ["debug"] } };
  return { config: { receivers, exporters: { debug: {} }, service: { pipelines } } };
}

export const SETTINGS: ManifestSettings = {
  collectorImage: "collector:0.0.1",
  allocatorImage: "target-allocator:0.0.1",
  collectorEndpoint: "allocator",
  labelsFilter: [],
  annotationsFilter: [/^kubectl\.kubernetes\.io\/last-applied-configuration$/],
};
