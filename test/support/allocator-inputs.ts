import type { TargetAllocatorResourceSpec } from "../../src/api/opentelemetry/target-allocator.ts";
import type { FreeForm } from "../../src/api/opentelemetry/v1beta1.ts";
import type { AllocatorInput } from "../../src/controllers/target-allocator/allocator-input.ts";
import { buildAllocator } from "../../src/controllers/target-allocator/build.ts";
import type { ApiServerAccess } from "../../src/controllers/target-allocator/api-server-access.ts";
import { SETTINGS, STATIC_JOB } from "./collectors.ts";

/** A cluster with addresses of both families; see {@link ApiServerAccess}. */
export const API_SERVER: ApiServerAccess = {
  addresses: ["10.96.0.1", "192.168.1.2", "fd00::2"],
  ports: [443, 6443],
};

/** What the allocator `shop/web` is built from. */
export function allocatorInput(
  spec: TargetAllocatorResourceSpec = {},
  changes: Partial<AllocatorInput> & { readonly scrapeConfigs?: readonly unknown[] } = {},
): AllocatorInput {
  const { scrapeConfigs = [STATIC_JOB], ...others } = changes;
  return {
    owner: {
      apiVersion: "opentelemetry.io/v1alpha1",
      kind: "TargetAllocator",
      metadata: { name: "web", namespace: "shop", uid: "uid-web" },
    },
    spec,
    collectorSelector: { matchLabels: { app: "collector" } },
    scrapeSection: { global: undefined, scrapeConfigs },
    settings: SETTINGS,
    apiServer: API_SERVER,
    ...others,
  };
}

/** Nearly everything that a TargetAllocator can say of its pods. */
export const RICH_ALLOCATOR: TargetAllocatorResourceSpec = {
  replicas: 2,
  args: { "zap-log-level": "debug", "enable-cors": "true" },
  env: [{ name: "GOMEMLIMIT", value: "100MiB" }],
  envFrom: [{ configMapRef: { name: "more", optional: true } }],
  imagePullPolicy: "Always",
  image: "registry:5000/ta:9",
  ports: [{ name: "extra", port: 9000, protocol: "UDP", hostPort: 9001 }],
  resources: { limits: { memory: "1Gi" } },
  securityContext: { readOnlyRootFilesystem: true },
  podSecurityContext: { runAsNonRoot: true },
  lifecycle: { preStop: { exec: { command: ["sleep", "1"] } } },
  livenessProbe: { httpGet: { path: "/livez", port: 8080 }, periodSeconds: 3 },
  readinessProbe: { tcpSocket: { port: 8080 } },
  initContainers: [{ name: "first", image: "busybox" }],
  additionalContainers: [{ name: "beside", image: "busybox", ports: [{ containerPort: 9 }] }],
  volumes: [{ name: "scratch", emptyDir: {} }],
  volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
  nodeSelector: { disk: "fast" },
  tolerations: [{ operator: "Exists" }],
  affinity: { nodeAffinity: {} },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: { a: "b" } },
    },
  ],
  priorityClassName: "system-cluster-critical",
  terminationGracePeriodSeconds: 5,
  hostNetwork: true,
  hostPID: true,
  hostUsers: false,
  hostAliases: [{ ip: "10.0.0.1", hostnames: ["a"] }],
  shareProcessNamespace: true,
  dnsPolicy: "Default",
  podDnsConfig: { options: [{ name: "ndots", value: "2" }] },
  podAnnotations: { note: "x" },
  ipFamilies: ["IPv4"],
  ipFamilyPolicy: "SingleStack",
  trafficDistribution: "PreferClose",
  observability: { metrics: { enableMetrics: true, extraLabels: { team: "x" } } },
  podDisruptionBudget: { minAvailable: 1 },
};

/** The one object of this kind and name that is made; throws when there is none. */
export function allocatorObject(input: AllocatorInput, kind: string, name = "web-targetallocator"): FreeForm {
  const made = buildAllocator(input);
  const found = made.find((object) => object.kind === kind && object.metadata.name === name);
  if (found !== undefined) return found;
  throw new Error(`no ${kind} ${name} among ${made.map((one) => `${one.kind} ${one.metadata.name}`).join(", ")}`);
}
