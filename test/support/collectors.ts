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

/** Nearly everything that a spec can say, some of it written as the API server would not write it. */
export const RICH_SPEC: Partial<OpenTelemetryCollectorSpec> = {
  replicas: 2,
  args: { "feature-gates": "-a", config: "mine" },
  env: [
    { name: "EMPTY", value: "" },
    { name: "POD_NAME", value: "mine" },
    { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
  ],
  envFrom: [{ configMapRef: { name: "more", optional: true } }],
  resources: { limits: { memory: "1024Mi", cpu: 1 }, requests: { cpu: "0.5", memory: "1000000k" } },
  nodeSelector: { disk: "fast" },
  tolerations: [{ operator: "Exists" }, { key: "a", operator: "Equal", value: "b", effect: "NoSchedule" }],
  affinity: {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, podAffinityTerm: { topologyKey: "zone", labelSelector: { matchLabels: { a: "b" } } } },
      ],
    },
  },
  podSecurityContext: { runAsNonRoot: true, fsGroup: 1000 },
  securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
  podAnnotations: { note: "x" },
  terminationGracePeriodSeconds: 5,
  shareProcessNamespace: true,
  hostAliases: [{ ip: "10.0.0.1", hostnames: ["a", "b"] }],
  podDnsConfig: { nameservers: ["10.0.0.2"], options: [{ name: "ndots", value: "2" }] },
  priorityClassName: "system-cluster-critical",
  volumes: [
    { name: "scratch", emptyDir: { sizeLimit: "1024Mi" } },
    { name: "secret", secret: { secretName: "s" } },
  ],
  volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
  configmaps: [{ name: "extra", mountpath: "extra" }],
  initContainers: [{ name: "first", image: "busybox", command: ["true"] }],
  additionalContainers: [{ name: "beside", image: "busybox", ports: [{ containerPort: 9 }] }],
  ports: [{ name: "more", port: 9000, protocol: "TCP" }],
  livenessProbe: { initialDelaySeconds: 3 },
  lifecycle: { preStop: { exec: { command: ["sleep", "1"] } } },
  podDisruptionBudget: { minAvailable: "50%" },
  autoscaler: {
    minReplicas: 2,
    maxReplicas: 4,
    targetMemoryUtilization: 80,
    targetCPUUtilization: 70,
    metrics: [
      { type: "Pods", pods: { metric: { name: "queue" }, target: { type: "AverageValue", averageValue: "5" } } },
    ],
    behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
  },
  ingress: {
    type: "ingress",
    ruleType: "subdomain",
    hostname: "example.com",
    annotations: { note: "x" },
    tls: [{ hosts: ["otlp-grpc.example.com"], secretName: "cert" }],
    ingressClassName: "nginx",
  },
  networkPolicy: { enabled: true },
  ipFamilyPolicy: "SingleStack",
  sessionAffinity: "ClientIP",
  config: {
    receivers: {
      prometheus: { config: { scrape_configs: [STATIC_JOB] } },
      otlp: { protocols: { grpc: null, http: null } },
      jaeger: { protocols: { thrift_compact: {} } },
    },
    exporters: { debug: null, prometheus: { endpoint: "0.0.0.0:8889" } },
    extensions: { health_check: null },
    service: {
      extensions: ["health_check"],
      pipelines: {
        metrics: { receivers: ["prometheus", "otlp"], exporters: ["debug", "prometheus"] },
        traces: { receivers: ["jaeger"], exporters: ["debug"] },
      },
    },
  },
};
