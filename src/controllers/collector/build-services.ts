import { RESOURCES } from "../../api/resource-type.ts";
import { selectorLabels } from "../manifests/labels.ts";
import { type Manifest, manifest, present, unlessEmpty } from "../manifests/manifest.ts";
import { collectorName, extensionServiceName, headlessServiceName, monitoringServiceName } from "../manifests/names.ts";
import { type CollectorInput, type CollectorMetaOptions, collectorMeta, runsOwnPods } from "./collector-input.ts";
import { findMetricsPort } from "./config/metrics-port.ts";
import { findPorts, type ServicePort } from "./config/ports.ts";
import { mergeServicePorts } from "./merge-ports.ts";

/** Tells the Services of a collector apart. */
export const SERVICE_TYPE_LABEL = "operator.opentelemetry.io/collector-service-type";
/** A value of {@link SERVICE_TYPE_LABEL}. */
export type ServiceType = "base" | "headless" | "monitoring" | "extension";
/** The name of the port on which collectors show their own metrics, in their Service. */
export const MONITORING_PORT = "monitoring";
const HEADLESS_LABEL = "operator.opentelemetry.io/collector-headless-service";
const MONITORING_LABEL = "operator.opentelemetry.io/collector-monitoring-service";
/** OpenShift puts a serving certificate into the Secret that it names. */
const SERVING_CERTIFICATE = "service.beta.openshift.io/serving-cert-secret-name";

/** The Services of the collectors: for what they receive, by pod too, for their own metrics, and for extensions. */
export function buildServices(input: CollectorInput): readonly Manifest[] {
  if (!runsOwnPods(input.collector.spec.mode)) return [];
  return [...receiving(input), ...monitoring(input), ...extension(input)];
}

function receiving(input: CollectorInput): readonly Manifest[] {
  const { spec, metadata } = input.collector;
  const found = findPorts(spec.config, ["receivers", "exporters"]).ports.map((port) => forRoute(input, port));
  const ports = mergeServicePorts(spec.ports ?? [], found);
  if (ports.length === 0) return [];
  const content = {
    ports,
    // A node's collector is asked by the pods of its node only.
    internalTrafficPolicy: spec.mode === "daemonset" ? "Local" : "Cluster",
    ...families(input),
    ...affinity(input),
  };
  const name = collectorName(metadata.name);
  const headless = headlessServiceName(metadata.name);
  return [
    service(input, { name, labels: { [SERVICE_TYPE_LABEL]: "base" } }, content),
    service(
      input,
      {
        name: headless,
        labelName: name,
        labels: { [HEADLESS_LABEL]: "Exists", [SERVICE_TYPE_LABEL]: "headless" },
        annotations: { [SERVING_CERTIFICATE]: `${headless}-tls` },
      },
      { ...content, clusterIP: "None" },
    ),
  ];
}

/** OpenShift's router takes gRPC for HTTP/2 in clear text only under this name. */
function forRoute({ collector }: CollectorInput, port: ServicePort): ServicePort {
  const renamed = collector.spec.ingress?.type === "route" && port.appProtocol === "grpc";
  return renamed ? { ...port, appProtocol: "h2c" } : port;
}

function monitoring(input: CollectorInput): readonly Manifest[] {
  const { spec, metadata } = input.collector;
  const port = findMetricsPort(spec.config);
  if (port === undefined) return [];
  const meta = {
    name: monitoringServiceName(metadata.name),
    labels: { [MONITORING_LABEL]: "Exists", [SERVICE_TYPE_LABEL]: "monitoring" },
  };
  return [service(input, meta, { ports: [{ name: MONITORING_PORT, port }], ...families(input), ...affinity(input) })];
}

function extension(input: CollectorInput): readonly Manifest[] {
  const { spec, metadata } = input.collector;
  const { ports } = findPorts(spec.config, ["extensions"]);
  if (ports.length === 0) return [];
  const meta = { name: extensionServiceName(metadata.name), labels: { [SERVICE_TYPE_LABEL]: "extension" } };
  return [service(input, meta, { ports, ...affinity(input) })];
}

function service(
  input: CollectorInput,
  meta: CollectorMetaOptions,
  content: Readonly<Record<string, unknown>>,
): Manifest {
  const selector = selectorLabels(input.collector.metadata, "opentelemetry-collector");
  return manifest(RESOURCES.Service, collectorMeta(input, meta), { spec: { ...content, selector } });
}

function families({ collector: { spec } }: CollectorInput): Readonly<Record<string, unknown>> {
  return present({ ipFamilies: unlessEmpty(spec.ipFamilies), ipFamilyPolicy: spec.ipFamilyPolicy });
}

function affinity({ collector: { spec } }: CollectorInput): Readonly<Record<string, unknown>> {
  return present({
    trafficDistribution: spec.trafficDistribution,
    sessionAffinity: spec.sessionAffinity,
    sessionAffinityConfig: spec.sessionAffinityConfig,
  });
}
