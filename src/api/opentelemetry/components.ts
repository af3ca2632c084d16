import { parseEndpoint } from "./endpoint.ts";
import type { FreeForm } from "./v1beta1.ts";

/**
 * Which collector components listen, and on which port when their configuration names none. From the collector's own
 * component documentation; the selection and the names of ports are those of the Go operator.
 */

/** A port that a component opens. */
export interface Listener {
  /** The component's default; undefined when there is none. */
  readonly port?: number;
  readonly protocol?: "TCP" | "UDP";
  readonly appProtocol?: "grpc" | "http";
  /** A Service names the pods' port too. */
  readonly targeted?: boolean;
}

/** How a component's configuration tells its ports. */
export type ComponentShape =
  | { readonly kind: "endpoint"; readonly listener: Listener; readonly portRequired?: boolean }
  | { readonly kind: "protocols"; readonly listeners: Readonly<Record<string, Listener>> }
  | { readonly kind: "prometheus" }
  | { readonly kind: "health-check"; readonly listener: Listener }
  | { readonly kind: "jaeger-query"; readonly listener: Listener }
  | { readonly kind: "silent" };

export type ComponentKind = "receivers" | "exporters" | "extensions";

const endpoint = (port: number, more: Listener = {}): ComponentShape => ({
  kind: "endpoint",
  listener: { port, targeted: true, ...more },
});
const grpc = (port: number): Listener => ({ port, appProtocol: "grpc", targeted: true });
const http = (port: number): Listener => ({ port, appProtocol: "http", targeted: true });
const protocols = (listeners: Readonly<Record<string, Listener>>): ComponentShape => ({ kind: "protocols", listeners });

const LOG_TCP: ComponentShape = { kind: "endpoint", listener: { protocol: "TCP" }, portRequired: true };
const LOG_UDP: ComponentShape = { kind: "endpoint", listener: { protocol: "UDP" }, portRequired: true };
const SILENT: ComponentShape = { kind: "silent" };
const ANY_ENDPOINT: ComponentShape = { kind: "endpoint", listener: {} };

const LISTENING_RECEIVERS: Readonly<Record<string, ComponentShape>> = {
  otlp: protocols({ grpc: grpc(4317), http: http(4318) }),
  skywalking: protocols({ grpc: grpc(11800), http: http(12800) }),
  loki: protocols({ grpc: grpc(9095), http: http(3100) }),
  jaeger: protocols({
    grpc: { ...grpc(14250), protocol: "TCP" },
    thrift_http: { ...http(14268), protocol: "TCP" },
    thrift_compact: { port: 6831, protocol: "UDP", targeted: true },
    thrift_binary: { port: 6832, protocol: "UDP", targeted: true },
  }),
  awsxray: endpoint(2000, { protocol: "UDP" }),
  carbon: endpoint(2003),
  collectd: endpoint(8081),
  fluent_forward: endpoint(8006),
  fluentforward: endpoint(8006),
  influxdb: endpoint(8086),
  sapm: endpoint(7276),
  signalfx: endpoint(9943),
  splunk_hec: endpoint(8088),
  statsd: endpoint(8125, { protocol: "UDP" }),
  wavefront: endpoint(2003),
  zipkin: endpoint(9411, { protocol: "TCP", appProtocol: "http" }),
  tcp_log: LOG_TCP,
  tcplog: LOG_TCP,
  udp_log: LOG_UDP,
  udplog: LOG_UDP,
  prometheus: { kind: "prometheus" },
};

/** Receivers that fetch: an `endpoint` in their configuration is somebody else's. */
const FETCHING_RECEIVERS: ReadonlySet<string> = new Set(
  (
    "aerospike chrony cloud_foundry cloudfoundry couchdb docker_stats filelog flink_metrics flinkmetrics " +
    "googlecloudpubsub haproxy http_check httpcheck jmx k8s_cluster k8s_events k8s_objects k8sobjects kubelet_stats " +
    "kubeletstats memcached mysql nginx nsxt oracledb podman_stats postgresql prometheus_simple pulsar purefb rabbitmq " +
    "redis riak saphana snmp ssh_check sshcheck vcenter zookeeper"
  ).split(" "),
);

const EXPORTERS: Readonly<Record<string, ComponentShape>> = {
  prometheus: { kind: "endpoint", listener: { port: 8888 } },
};

const EXTENSIONS: Readonly<Record<string, ComponentShape>> = {
  health_check: { kind: "health-check", listener: { port: 13133 } },
  jaeger_query: { kind: "jaeger-query", listener: { port: 16686, targeted: true } },
};

/** The entry of a table under a name that a user has chosen: `constructor` is none of them. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The type of a component: what stands before the slash of its id. */
export function componentType(id: string): string {
  const slash = id.indexOf("/");
  return slash === -1 ? id : id.slice(0, slash);
}

/** How the component of this id tells its ports. */
export function componentShape(kind: ComponentKind, id: string): ComponentShape {
  const type = componentType(id);
  switch (kind) {
    case "receivers":
      return FETCHING_RECEIVERS.has(type) ? SILENT : (entryOf(LISTENING_RECEIVERS, type) ?? ANY_ENDPOINT);
    case "exporters":
      return entryOf(EXPORTERS, type) ?? SILENT;
    case "extensions":
      return entryOf(EXTENSIONS, type) ?? SILENT;
  }
}

/** The port in an address such as `0.0.0.0:4317`, `[::1]:4317`, `${env:HOST}:4317` or `http://host:80/path`. */
export function portOf(address: unknown): number | undefined {
  return typeof address === "string" ? parseEndpoint(address)?.port : undefined;
}

/** A component's settings, or none when it is switched on by a bare key. */
export function settingsOf(value: unknown): FreeForm {
  return isFreeForm(value) ? value : {};
}

export function isFreeForm(value: unknown): value is FreeForm {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
