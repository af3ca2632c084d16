import type { FreeForm } from "../../api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import { type Manifest, manifest, present, unlessEmpty } from "../manifests/manifest.ts";
import { collectorName, ingressName } from "../manifests/names.ts";
import { type CollectorInput, collectorMeta, runsOwnPods } from "./collector-input.ts";
import { type ExposedPort, exposedPorts } from "./exposed-ports.ts";

/** The Ingress that leads to the receivers; none without ports that it could lead to. */
export function buildIngress(input: CollectorInput): readonly Manifest[] {
  const { spec, metadata } = input.collector;
  const { ingress } = spec;
  if (ingress?.type !== "ingress" || !runsOwnPods(spec.mode)) return [];
  const ports = exposedPorts(input);
  if (ports.length === 0) return [];
  const meta = collectorMeta(input, {
    name: ingressName(metadata.name),
    filtered: true,
    annotated: false,
    ...(ingress.annotations === undefined ? {} : { annotations: ingress.annotations }),
  });
  return [
    manifest(RESOURCES.Ingress, meta, {
      spec: present({
        ingressClassName: ingress.ingressClassName,
        rules: ingress.ruleType === "subdomain" ? rulesByHost(input, ports) : [ruleByPath(input, ports)],
        tls: unlessEmpty(ingress.tls),
      }),
    }),
  ];
}

function ruleByPath({ collector }: CollectorInput, ports: readonly ExposedPort[]): FreeForm {
  const hostname = collector.spec.ingress?.hostname ?? "";
  const paths = ports.map((port) => pathTo(collector.metadata.name, port, `/${port.name}`));
  return present({ host: hostname === "" ? undefined : hostname, http: { paths } });
}

function rulesByHost({ collector }: CollectorInput, ports: readonly ExposedPort[]): readonly FreeForm[] {
  const hostname = collector.spec.ingress?.hostname ?? "";
  return ports.map((port) => ({
    host: `${port.name}.${hostname}`,
    http: { paths: [pathTo(collector.metadata.name, port, "/")] },
  }));
}

function pathTo(collector: string, { name }: ExposedPort, path: string): FreeForm {
  return { path, pathType: "Prefix", backend: { service: { name: collectorName(collector), port: { name } } } };
}
