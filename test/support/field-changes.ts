import { STATIC_JOB } from "./collectors.ts";

/** The collectors of the test of a life, by what they run as. */
export type Subject = "main" | "edge" | "gate";

/** A value of a field that is not its default, and the collector that can have it. @default main */
interface FieldChange {
  readonly on?: Subject;
  readonly value: unknown;
}

const CONTAINER = { image: "busybox", command: ["true"] };
const PROBE = { initialDelaySeconds: 3, timeoutSeconds: 2 };
const CLAIM = {
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], storageClassName: "", resources: { requests: { storage: "1Gi" } } },
};
const AFFINITY = {
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 1, podAffinityTerm: { topologyKey: "zone", labelSelector: { matchLabels: { a: "b" } } } },
    ],
  },
};
const SPREAD = [
  {
    maxSkew: 1,
    topologyKey: "zone",
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: { a: "b" } },
  },
];
const LIMITS = { limits: { memory: "1024Mi", cpu: "1" }, requests: { cpu: "0.5" } };
const SECURITY = { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false };
const TOLERATIONS = [{ key: "a", operator: "Equal", value: "b", effect: "NoSchedule" }];
/** A label that the nodes of the test have. */
export const NODE_LABEL = { life: "on" };

const jobNamed = (job_name: string): unknown => ({ ...STATIC_JOB, job_name });

/** A configuration with two jobs, one of which may stay with each collector. */
export function lifeConfig(...jobs: readonly string[]): unknown {
  return {
    receivers: {
      otlp: { protocols: { grpc: {} } },
      prometheus: { config: { scrape_configs: jobs.map(jobNamed) } },
    },
    exporters: { debug: {} },
    extensions: { health_check: {} },
    service: {
      extensions: ["health_check"],
      pipelines: { metrics: { receivers: ["prometheus", "otlp"], exporters: ["debug"] } },
    },
  };
}

/** Fields of workloads, whoever they belong to. */
const WORKLOAD_CHANGES: Readonly<Record<string, FieldChange>> = {
  replicas: { value: 3 },
  podDisruptionBudget: { value: { minAvailable: 1 } },
  args: { value: { "feature-gates": "-x" } },
  image: { value: "other:2" },
  imagePullPolicy: { value: "Always" },
  resources: { value: LIMITS },
  securityContext: { value: SECURITY },
  env: { value: [{ name: "MORE", value: "x" }] },
  envFrom: { value: [{ configMapRef: { name: "more", optional: true } }] },
  volumes: { value: [{ name: "scratch", emptyDir: {} }] },
  volumeMounts: { value: [{ name: "scratch", mountPath: "/scratch" }] },
  ports: { value: [{ name: "more", port: 9000, protocol: "TCP" }] },
  lifecycle: { value: { preStop: { exec: { command: ["true"] } } } },
  initContainers: { value: [{ name: "first", ...CONTAINER }] },
  additionalContainers: { value: [{ name: "beside", ...CONTAINER }] },
  podAnnotations: { value: { note: "x" } },
  podSecurityContext: { value: { runAsNonRoot: true, fsGroup: 1000 } },
  serviceAccount: { value: "somebody" },
  nodeSelector: { value: NODE_LABEL },
  tolerations: { value: TOLERATIONS },
  affinity: { value: AFFINITY },
  topologySpreadConstraints: { value: SPREAD },
  priorityClassName: { value: "system-cluster-critical" },
  terminationGracePeriodSeconds: { value: 1 },
  hostNetwork: { on: "edge", value: true },
  hostPID: { on: "edge", value: true },
  hostUsers: { on: "gate", value: false },
  hostAliases: { value: [{ ip: "10.0.0.1", hostnames: ["a"] }] },
  shareProcessNamespace: { value: true },
  dnsPolicy: { value: "Default" },
  podDnsConfig: { on: "gate", value: { nameservers: ["10.0.0.2"] } },
  ipFamilies: { value: ["IPv4"] },
  ipFamilyPolicy: { value: "PreferDualStack" },
  trafficDistribution: { value: "PreferClose" },
  sessionAffinity: { value: "ClientIP" },
  sessionAffinityConfig: { value: { clientIP: { timeoutSeconds: 60 } } },
  livenessProbe: { value: PROBE },
  readinessProbe: { value: PROBE },
  observability: { value: { metrics: { enableMetrics: true } } },
  networkPolicy: { value: { enabled: true } },
};

/** Every field of the spec of a collector but the allocator's, once. `managementState` and `mode` are whole episodes. */
export const COLLECTOR_CHANGES: Readonly<Record<string, FieldChange>> = {
  ...WORKLOAD_CHANGES,
  config: { value: lifeConfig("shop", "local", "more") },
  configVersions: { value: 1 },
  command: { value: ["/otelcol"] },
  configmaps: { value: [{ name: "extra", mountpath: "extra" }] },
  startupProbe: { value: PROBE },
  autoscaler: { on: "gate", value: { minReplicas: 1, maxReplicas: 2, targetCPUUtilization: 50 } },
  daemonSetUpdateStrategy: {
    on: "edge",
    value: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 2 } },
  },
  deploymentUpdateStrategy: { on: "gate", value: { type: "Recreate" } },
  serviceName: { value: "other" },
  podManagementPolicy: { value: "OrderedReady" },
  volumeClaimTemplates: { value: [CLAIM] },
  persistentVolumeClaimRetentionPolicy: { value: { whenDeleted: "Retain", whenScaled: "Delete" } },
  ingress: { on: "gate", value: { type: "ingress", hostname: "example.com" } },
  httpRoute: { on: "gate", value: { enabled: true, gateway: "front" } },
  upgradeStrategy: { value: "none" },
};

/** What an allocator is told about targets, wherever it is told. */
const ALLOCATION_CHANGES: Readonly<Record<string, FieldChange>> = {
  allocationStrategy: { value: "least-weighted" },
  strategySettings: { value: { maxMovesPerMinute: 10 } },
  handover: { value: "acknowledged" },
  filterStrategy: { value: "" },
  collectorNotReadyGracePeriod: { value: "10s" },
  allowInsecureAuthSecrets: { value: true },
  prometheusCR: { value: { enabled: true, serviceMonitorSelector: {} } },
  receivers: { value: ["prometheus"] },
  unshardedJobs: { value: ["local"] },
  mtls: { value: { enabled: false } },
  rbac: { value: { create: true } },
};

/** Every field of `spec.targetAllocator`, once. */
export const EMBEDDED_ALLOCATOR_CHANGES: Readonly<Record<string, FieldChange>> = {
  ...ALLOCATION_CHANGES,
  enabled: { value: false },
  collectorTargetReloadInterval: { value: "10s" },
  ...pick(
    "replicas serviceAccount image resources env securityContext podSecurityContext nodeSelector tolerations affinity " +
      "topologySpreadConstraints podDisruptionBudget observability",
  ),
};

/** Every field of a TargetAllocator, once. */
export const ALLOCATOR_CHANGES: Readonly<Record<string, FieldChange>> = {
  ...WORKLOAD_CHANGES,
  ...ALLOCATION_CHANGES,
  unshardedJobs: { value: [] },
  collectorSelector: { value: { matchLabels: { tier: "guest" } } },
  global: { value: { scrape_interval: "10s" } },
  scrapeConfigs: { value: [{ ...STATIC_JOB, job_name: "own" }] },
  // What needs other things of the same pod is tried on collectors.
  hostNetwork: { value: false },
  hostPID: { value: false },
  hostUsers: { value: true },
  podDnsConfig: { value: { nameservers: ["10.0.0.2"] } },
  livenessProbe: { value: { httpGet: { path: "/livez", port: 8080 }, ...PROBE } },
  readinessProbe: { value: { httpGet: { path: "/readyz", port: 8080 }, ...PROBE } },
};

function pick(names: string): Readonly<Record<string, FieldChange>> {
  return Object.fromEntries(names.split(" ").map((name) => [name, WORKLOAD_CHANGES[name] ?? { value: undefined }]));
}
