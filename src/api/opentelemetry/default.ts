import {
  type ComponentKind,
  componentShape,
  entryOf,
  isFreeForm,
  type Listener,
  portOf,
  settingsOf,
} from "./components.ts";
import { parseEndpoint } from "./endpoint.ts";
import { OPENTELEMETRY_COLLECTOR } from "./schema/collector.ts";
import { fillDefaults } from "./schema/fill-defaults.ts";
import type {
  AutoscalerSpec,
  CollectorConfig,
  FreeForm,
  IngressSpec,
  NetworkPolicySpec,
  OpenTelemetryCollector,
  OpenTelemetryCollectorSpec,
  TargetAllocatorSpec,
} from "./v1beta1.ts";

/** A collector whose spec is there and complete enough to be read. */
export interface DefaultedCollector extends OpenTelemetryCollector {
  readonly spec: OpenTelemetryCollectorSpec & { readonly mode: CollectorMode };
}

export type CollectorMode = NonNullable<OpenTelemetryCollectorSpec["mode"]>;

/** The host that components listen on when their configuration names none. */
const ANY_HOST = "0.0.0.0";
/** What autoscalers aim at when a resource names no measure, in percent of the CPU request. */
const USUAL_CPU_PERCENT = 90;
/** Where a collector shows its own metrics by default. */
export const DEFAULT_METRICS_PORT = 8888;

/** What the operator's own settings have to say about defaults. */
export interface DefaultingSettings {
  /** Whether `spec.networkPolicy.enabled` is written where a resource does not say. @default false */
  readonly networkPolicies?: boolean;
}

/** What the API server and an admission webhook would have filled in. Changes nothing when they have. */
export function withDefaults(collector: OpenTelemetryCollector, settings: DefaultingSettings = {}): DefaultedCollector {
  const spec = fillDefaults(OPENTELEMETRY_COLLECTOR.spec, collector.spec ?? {}) as OpenTelemetryCollectorSpec;
  return withOperatorDefaults({ ...collector, spec }, settings);
}

/** The part of the defaults that depends on other fields or on settings, which a CRD's schema cannot say. */
export function withOperatorDefaults(
  collector: OpenTelemetryCollector,
  { networkPolicies = false }: DefaultingSettings = {},
): DefaultedCollector {
  const config = withConfigDefaults(settingsOf(collector.spec?.config) as unknown as CollectorConfig);
  const { targetAllocator, autoscaler, ingress, networkPolicy, ...spec } = {
    ...SPEC_DEFAULTS,
    ...collector.spec,
    config,
  };
  return {
    ...collector,
    spec: {
      ...spec,
      ...(targetAllocator === undefined ? {} : { targetAllocator: withAllocatorDefaults(targetAllocator) }),
      ...(autoscaler === undefined ? {} : { autoscaler: withAutoscalerDefaults(autoscaler, spec.replicas) }),
      ...(ingress === undefined ? {} : { ingress: withIngressDefaults(ingress) }),
      ...(networkPolicy === undefined && !networkPolicies
        ? {}
        : { networkPolicy: withNetworkPolicyDefaults(networkPolicy, networkPolicies) }),
    },
  };
}

const SPEC_DEFAULTS = {
  mode: "deployment",
  managementState: "managed",
  upgradeStrategy: "automatic",
  replicas: 1,
} as const satisfies Partial<OpenTelemetryCollectorSpec>;

function withAllocatorDefaults(allocator: TargetAllocatorSpec): TargetAllocatorSpec {
  return allocator.enabled === true ? { ...allocator, replicas: allocator.replicas ?? 1 } : allocator;
}

function withAutoscalerDefaults(autoscaler: AutoscalerSpec, replicas: number): AutoscalerSpec {
  const { maxReplicas, minReplicas = replicas, targetCPUUtilization, targetMemoryUtilization } = autoscaler;
  if (maxReplicas === undefined) return autoscaler;
  const measured = targetCPUUtilization !== undefined || targetMemoryUtilization !== undefined;
  return { ...autoscaler, minReplicas, ...(measured ? {} : { targetCPUUtilization: USUAL_CPU_PERCENT }) };
}

function withIngressDefaults(ingress: IngressSpec): IngressSpec {
  const { type, ruleType, route } = ingress;
  if (type === "ingress") return { ...ingress, ruleType: ruleType ?? "path" };
  if (type === "route") return { ...ingress, route: { ...route, termination: route?.termination ?? "edge" } };
  return ingress;
}

/** Where nothing is said, a resource gets a policy only if the operator is set to give it one. */
export function withNetworkPolicyDefaults(
  policy: NetworkPolicySpec | undefined,
  networkPolicies: boolean,
): NetworkPolicySpec {
  return networkPolicies ? { ...policy, enabled: policy?.enabled ?? true } : { ...policy };
}

/** The components that a configuration puts to use: by kind, the ids that pipelines or the service name. */
export function usedComponents(config: CollectorConfig): Readonly<Record<ComponentKind, ReadonlySet<string>>> {
  const service = settingsOf(config.service);
  const pipelines = Object.values(settingsOf(service["pipelines"])).map(settingsOf);
  return {
    receivers: new Set(pipelines.flatMap(({ receivers }) => idsIn(receivers))),
    exporters: new Set(pipelines.flatMap(({ exporters }) => idsIn(exporters))),
    extensions: new Set(idsIn(service["extensions"])),
  };
}

function idsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((id) => typeof id === "string") : [];
}

function withConfigDefaults(config: CollectorConfig): CollectorConfig {
  const used = usedComponents(config);
  return {
    ...config,
    receivers: withAddresses("receivers", config.receivers, used.receivers),
    exporters: withAddresses("exporters", config.exporters, used.exporters),
    ...(config.extensions === undefined
      ? {}
      : { extensions: withAddresses("extensions", config.extensions, used.extensions) }),
    ...(isFreeForm(config.service) ? { service: withTelemetryReader(config.service) } : {}),
  };
}

/** Collectors that say nothing about their own metrics show them on port 8888. */
function withTelemetryReader(service: CollectorConfig["service"]): CollectorConfig["service"] {
  const telemetry = settingsOf(service.telemetry);
  const metrics = settingsOf(telemetry["metrics"]);
  const readers = metrics["readers"];
  const told = Boolean(metrics["address"]) || (Array.isArray(readers) && readers.length > 0);
  if (told) return service;
  const reader = { pull: { exporter: { prometheus: { host: ANY_HOST, port: DEFAULT_METRICS_PORT } } } };
  return { ...service, telemetry: { ...telemetry, metrics: { ...metrics, readers: [reader] } } };
}

function withAddresses(kind: ComponentKind, components: FreeForm, used: ReadonlySet<string>): FreeForm {
  const entries = Object.entries(settingsOf(components));
  return Object.fromEntries(
    entries.map(([id, value]) => [id, used.has(id) ? withAddress(kind, id, value) : value] as const),
  );
}

function withAddress(kind: ComponentKind, id: string, value: unknown): unknown {
  const shape = componentShape(kind, id);
  if (value !== null && value !== undefined && !isFreeForm(value)) return value;
  const settings = settingsOf(value);
  switch (shape.kind) {
    case "endpoint":
      return shape.listener.port === undefined ? value : withEndpoint(settings, shape.listener);
    case "protocols":
      return { ...settings, protocols: withProtocols(settingsOf(settings["protocols"]), shape.listeners) };
    case "health-check":
      return { path: "/", ...withEndpoint(settings, shape.listener) };
    case "jaeger-query":
      return { ...settings, http: withEndpoint(settingsOf(settings["http"]), shape.listener) };
    case "prometheus":
    case "silent":
      return value;
  }
}

function withProtocols(protocols: FreeForm, listeners: Readonly<Record<string, Listener>>): FreeForm {
  const entries = Object.entries(protocols).map(([name, value]) => {
    const listener = entryOf(listeners, name);
    return [name, listener === undefined ? value : withEndpoint(settingsOf(value), listener)] as const;
  });
  return Object.fromEntries(entries);
}

function withEndpoint(settings: FreeForm, listener: Listener): FreeForm {
  const given = settings["endpoint"];
  if (given === undefined || given === null || given === "") {
    const port = portOf(settings["listen_address"]) ?? listener.port ?? 0;
    return { ...settings, endpoint: `${ANY_HOST}:${String(port)}` };
  }
  return typeof given === "string" ? { ...settings, endpoint: completeEndpoint(given, listener.port) } : settings;
}

/** With a host, and with a port where one is usual: what a collector can listen on. Complete ones stay as they are. */
function completeEndpoint(endpoint: string, usualPort: number | undefined): string {
  const { host, port } = parseEndpoint(endpoint) ?? {};
  if (host === undefined) return port === undefined ? endpoint : `${ANY_HOST}:${String(port)}`;
  // A variable may bring its port along.
  const isHostAlone = (endpoint === host || `[${endpoint}]` === host) && !endpoint.includes("$");
  return isHostAlone && usualPort !== undefined ? `${host}:${String(usualPort)}` : endpoint;
}
