import type { DataObject } from "../allocator/index.ts";
import type { KubeObject } from "../api/meta.ts";
import { RESOURCES, type ResourceType } from "../api/resource-type.ts";
import { fields, flag, integer, list, map, text, textOrInteger, textOrNumber, type TypeOf } from "./shape.ts";

/**
 * The custom resources of the Prometheus operator: the fields that are read. All of them may be absent: an API server
 * without a strict schema stores what it is given.
 * https://prometheus-operator.dev/docs/api-reference/api/
 */

const GROUP = "monitoring.coreos.com";

const monitorType = (version: string, kind: string, plural: string): ResourceType =>
  Object.freeze({ group: GROUP, version, kind, plural, namespaced: true });

/** The four kinds, in the order in which their jobs stand. */
export const MONITOR_RESOURCES = Object.freeze({
  ServiceMonitor: RESOURCES.ServiceMonitor,
  PodMonitor: RESOURCES.PodMonitor,
  Probe: monitorType("v1", "Probe", "probes"),
  ScrapeConfig: monitorType("v1alpha1", "ScrapeConfig", "scrapeconfigs"),
});

/** The name of one of the four kinds. */
export type MonitorKind = keyof typeof MONITOR_RESOURCES;

/** An object of any of the four kinds, as it travels. */
export interface Monitor extends KubeObject {
  readonly spec?: DataObject;
}

/** A key of a Secret or ConfigMap. */
export const ASSET_KEY = fields({ name: text, key: text });
const SECRET_OR_CONFIG_MAP = fields({ secret: ASSET_KEY, configMap: ASSET_KEY });

/** A value from a Secret or from a ConfigMap. */
export type SecretOrConfigMap = TypeOf<typeof SECRET_OR_CONFIG_MAP>;

const SELECTOR = fields({
  matchLabels: map(text),
  matchExpressions: list(fields({ key: text, operator: text, values: list(text) })),
});

/** metav1.LabelSelector as its author wrote it. */
export type SelectorSpec = TypeOf<typeof SELECTOR>;

const NAMESPACE_SELECTOR = fields({ any: flag, matchNames: list(text) });

/** Which namespaces a monitor looks into. */
export type NamespaceSelectorSpec = TypeOf<typeof NAMESPACE_SELECTOR>;

const ATTACH_METADATA = fields({ node: flag });

/** Which objects around a target lend it labels. */
export type AttachMetadataSpec = TypeOf<typeof ATTACH_METADATA>;

const RELABEL_RULES = list(
  fields({
    sourceLabels: list(text),
    separator: text,
    targetLabel: text,
    regex: text,
    modulus: integer,
    replacement: text,
    action: text,
  }),
);

/** Relabelling rules as their author wrote them. */
export type RelabelRulesSpec = TypeOf<typeof RELABEL_RULES>;

/** The fields of TLS settings that name no files. */
export const SAFE_TLS = {
  ca: SECRET_OR_CONFIG_MAP,
  cert: SECRET_OR_CONFIG_MAP,
  keySecret: ASSET_KEY,
  serverName: text,
  insecureSkipVerify: flag,
  minVersion: text,
  maxVersion: text,
};
const TLS_FILES = { caFile: text, certFile: text, keyFile: text };
const TLS_WITH_FILES = fields({ ...SAFE_TLS, ...TLS_FILES });

/** TLS settings. Only scrape classes and endpoints of ServiceMonitors have files. */
export type TlsSpec = TypeOf<typeof TLS_WITH_FILES>;

/** The fields for a proxy, which stand among others. */
export const PROXY = {
  proxyUrl: text,
  noProxy: text,
  proxyFromEnvironment: flag,
  proxyConnectHeader: map(list(ASSET_KEY)),
};
const PROXY_FIELDS = fields(PROXY);

/** Which proxy requests go through. */
export type ProxySpec = TypeOf<typeof PROXY_FIELDS>;

const BASIC_AUTH = fields({ username: ASSET_KEY, password: ASSET_KEY });

/** User name and password. */
export type BasicAuthSpec = TypeOf<typeof BASIC_AUTH>;

const SAFE_AUTHORIZATION = { type: text, credentials: ASSET_KEY };
const AUTHORIZATION_WITH_FILE = fields({ ...SAFE_AUTHORIZATION, credentialsFile: text });

/** The Authorization header. Only scrape classes have a file. */
export type AuthorizationSpec = TypeOf<typeof AUTHORIZATION_WITH_FILE>;

const OAUTH2 = fields({
  clientId: SECRET_OR_CONFIG_MAP,
  clientSecret: ASSET_KEY,
  tokenUrl: text,
  scopes: list(text),
  endpointParams: map(text),
  tlsConfig: fields(SAFE_TLS),
  ...PROXY,
});

/** OAuth 2 client credentials. */
export type OAuth2Spec = TypeOf<typeof OAUTH2>;

/** The fields for authentication. */
export const HTTP_AUTH = {
  basicAuth: BASIC_AUTH,
  authorization: fields(SAFE_AUTHORIZATION),
  oauth2: OAUTH2,
};

const LIMITS = {
  sampleLimit: integer,
  targetLimit: integer,
  labelLimit: integer,
  labelNameLengthLimit: integer,
  labelValueLengthLimit: integer,
  keepDroppedTargets: integer,
  scrapeProtocols: list(text),
  fallbackScrapeProtocol: text,
  scrapeNativeHistograms: flag,
  nativeHistogramBucketLimit: integer,
  nativeHistogramMinBucketFactor: textOrNumber,
  scrapeClassicHistograms: flag,
  convertClassicHistogramsToNHCB: flag,
  scrapeClass: text,
};
const LIMIT_FIELDS = fields({ ...LIMITS, bodySizeLimit: text });

/** Limits, protocols and histograms, which all kinds have; Probes have no bodySizeLimit. */
export type LimitsSpec = TypeOf<typeof LIMIT_FIELDS>;

const WORKLOAD = {
  ...LIMITS,
  bodySizeLimit: text,
  selector: SELECTOR,
  namespaceSelector: NAMESPACE_SELECTOR,
  selectorMechanism: text,
  attachMetadata: ATTACH_METADATA,
  jobLabel: text,
  podTargetLabels: list(text),
};

const ENDPOINT = {
  ...HTTP_AUTH,
  ...PROXY,
  bearerTokenSecret: ASSET_KEY,
  port: text,
  targetPort: textOrInteger,
  path: text,
  scheme: text,
  params: map(list(text)),
  interval: text,
  scrapeTimeout: text,
  honorLabels: flag,
  honorTimestamps: flag,
  trackTimestampsStaleness: flag,
  filterRunning: flag,
  followRedirects: flag,
  enableHttp2: flag,
  relabelings: RELABEL_RULES,
  metricRelabelings: RELABEL_RULES,
};
/** `spec` of a ServiceMonitor. */
export const SERVICE_MONITOR = fields({
  ...WORKLOAD,
  targetLabels: list(text),
  serviceDiscoveryRole: text,
  endpoints: list(fields({ ...ENDPOINT, tlsConfig: TLS_WITH_FILES, bearerTokenFile: text })),
});

/** See {@link SERVICE_MONITOR}. */
export type ServiceMonitorSpec = TypeOf<typeof SERVICE_MONITOR>;

/** `spec` of a PodMonitor. */
export const POD_MONITOR = fields({
  ...WORKLOAD,
  podMetricsEndpoints: list(fields({ ...ENDPOINT, tlsConfig: fields(SAFE_TLS), portNumber: integer })),
});

/** See {@link POD_MONITOR}. */
export type PodMonitorSpec = TypeOf<typeof POD_MONITOR>;

/** `spec` of a Probe. */
export const PROBE = fields({
  ...LIMITS,
  ...HTTP_AUTH,
  bearerTokenSecret: ASSET_KEY,
  tlsConfig: fields(SAFE_TLS),
  jobName: text,
  prober: fields({ url: text, scheme: text, path: text, ...PROXY }),
  module: text,
  params: list(fields({ name: text, values: list(text) })),
  targets: fields({
    staticConfig: fields({ static: list(text), labels: map(text), relabelingConfigs: RELABEL_RULES }),
    ingress: fields({ selector: SELECTOR, namespaceSelector: NAMESPACE_SELECTOR, relabelingConfigs: RELABEL_RULES }),
  }),
  interval: text,
  scrapeTimeout: text,
  followRedirects: flag,
  enableHttp2: flag,
  metricRelabelings: RELABEL_RULES,
});

/** See {@link PROBE}. */
export type ProbeSpec = TypeOf<typeof PROBE>;

/** `spec` of a ScrapeConfig without service discovery, which has a table of its own. */
export const SCRAPE_CONFIG = fields({
  ...LIMITS,
  ...HTTP_AUTH,
  ...PROXY,
  bodySizeLimit: text,
  tlsConfig: fields(SAFE_TLS),
  jobName: text,
  scrapeInterval: text,
  scrapeTimeout: text,
  metricsPath: text,
  scheme: text,
  params: map(list(text)),
  honorLabels: flag,
  honorTimestamps: flag,
  trackTimestampsStaleness: flag,
  enableCompression: flag,
  enableHTTP2: flag,
  nameValidationScheme: text,
  nameEscapingScheme: text,
  relabelings: RELABEL_RULES,
  metricRelabelings: RELABEL_RULES,
});

/** A scrape class. */
export const SCRAPE_CLASS = fields({
  name: text,
  default: flag,
  tlsConfig: TLS_WITH_FILES,
  authorization: AUTHORIZATION_WITH_FILE,
  relabelings: RELABEL_RULES,
  metricRelabelings: RELABEL_RULES,
  attachMetadata: ATTACH_METADATA,
  fallbackScrapeProtocol: text,
});

/** Settings of the administrator that monitors choose by name. */
export type ScrapeClassSpec = TypeOf<typeof SCRAPE_CLASS>;
