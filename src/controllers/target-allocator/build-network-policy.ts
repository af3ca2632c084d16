import { settingsOf } from "../../api/opentelemetry/components.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { FreeForm } from "../../api/opentelemetry/v1beta1.ts";
import { selectorLabels } from "../manifests/labels.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import { allocatorNetworkPolicyName } from "../manifests/names.ts";
import { allocatorMeta, type AllocatorInput } from "./allocator-input.ts";
import { containerPorts } from "./container-ports.ts";
import { findEgress } from "./egress.ts";

/**
 * Lets anybody reach what the allocator's pods listen on, and lets these reach what their configuration names, where that
 * can be known; else it is not said where they may connect to. On unless the resource, or else the operator, switches it
 * off.
 */
export function buildNetworkPolicy(input: AllocatorInput): readonly Manifest[] {
  if (!hasNetworkPolicy(input)) return [];
  const { metadata } = input.owner;
  const { rules, complete } = findEgress(input);
  return [
    manifest(
      RESOURCES.NetworkPolicy,
      allocatorMeta(input, { name: allocatorNetworkPolicyName(metadata.name), filtered: true }),
      {
        spec: {
          podSelector: { matchLabels: selectorLabels(metadata, "opentelemetry-targetallocator") },
          policyTypes: ["Ingress", ...(complete ? ["Egress"] : [])],
          ingress: [{ ports: openPorts(input) }],
          ...(complete ? { egress: rules } : {}),
        },
      },
    ),
  ];
}

/**
 * What of the configuration keeps an allocator's policy from saying where it may connect to; undefined when nothing does,
 * or when there is no policy.
 */
export function openEgressNote(input: AllocatorInput): string | undefined {
  if (!hasNetworkPolicy(input)) return undefined;
  const { unknown } = findEgress(input);
  return unknown.length === 0
    ? undefined
    : `the NetworkPolicy of the target allocator restricts no outgoing connections: ${unknown.join("; ")}`;
}

function hasNetworkPolicy({ spec, settings }: AllocatorInput): boolean {
  return spec.networkPolicy?.enabled ?? settings.networkPolicies ?? true;
}

/** Of all containers of a pod, each once. */
function openPorts(input: AllocatorInput): readonly FreeForm[] {
  const { additionalContainers = [], initContainers = [] } = input.spec;
  const others = [...additionalContainers, ...initContainers].flatMap(({ ports }) =>
    Array.isArray(ports) ? ports.map(settingsOf) : [],
  );
  const open = [...containerPorts(input), ...others].map(({ containerPort, protocol = "TCP" }) => ({
    port: containerPort,
    protocol,
  }));
  return [...new Map(open.map((port) => [JSON.stringify(port), port] as const)).values()];
}
