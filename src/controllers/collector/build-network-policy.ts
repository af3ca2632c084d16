import { settingsOf } from "../../api/opentelemetry/components.ts";
import type { FreeForm } from "../../api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import { selectorLabels } from "../manifests/labels.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import { networkPolicyName } from "../manifests/names.ts";
import { containerPorts } from "./build-container.ts";
import { type CollectorInput, collectorMeta, runsOwnPods } from "./collector-input.ts";

/**
 * Lets anybody reach what the pods listen on, and nothing else of them; what they reach themselves is not restricted.
 * On unless the resource, or else the operator, switches it off.
 */
export function buildNetworkPolicy(input: CollectorInput): readonly Manifest[] {
  const { spec, metadata } = input.collector;
  const wanted = spec.networkPolicy?.enabled ?? input.settings.networkPolicies ?? true;
  if (!runsOwnPods(spec.mode) || !wanted) return [];
  const meta = collectorMeta(input, { name: networkPolicyName(metadata.name), filtered: true });
  return [
    manifest(RESOURCES.NetworkPolicy, meta, {
      spec: {
        podSelector: { matchLabels: selectorLabels(metadata, "opentelemetry-collector") },
        policyTypes: ["Ingress"],
        // No word of from where: that is right for IPv4 and IPv6 alike.
        ingress: [{ ports: openPorts(input) }],
      },
    }),
  ];
}

/** Of all containers of a pod, each once. */
function openPorts(input: CollectorInput): readonly FreeForm[] {
  const { additionalContainers = [], initContainers = [] } = input.collector.spec;
  const others = [...additionalContainers, ...initContainers].flatMap(portsOf);
  const open = [...containerPorts(input), ...others].map(({ containerPort, protocol = "TCP" }) => ({
    port: containerPort,
    protocol,
  }));
  return [...new Map(open.map((port) => [JSON.stringify(port), port] as const)).values()];
}

function portsOf(container: FreeForm): readonly FreeForm[] {
  const { ports } = container;
  return Array.isArray(ports) ? ports.map(settingsOf) : [];
}
