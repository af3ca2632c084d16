import { BlockList, isIPv6 } from "node:net";
import { toFullSelector } from "./selector.ts";
import { compileMatcher } from "../../prometheus-cr/label-matcher.ts";
import type { Finding, PartialObject } from "./finding.ts";
import type { NetworkPolicy, Peer, PolicyRule } from "./kinds.ts";
import {
  type ApiServerAddress,
  type Endpoint,
  nameOf,
  type Observation,
  type ObservedAllocator,
} from "./observation.ts";

const DNS_PORT = 53;

/** Traffic of an allocator's pods. */
interface Traffic {
  readonly port: number;
  /** By which policies may say the port; undefined where it is not known. */
  readonly portName?: string;
  readonly protocol: "TCP" | "UDP";
  /** Undefined: an address that is not known, such as that of a pod. */
  readonly ip: string | undefined;
}

/** Whether policies let allocators reach the API server and name servers, and collectors reach them. */
export function checkNetworkPolicies(observation: Observation): readonly Finding[] {
  const { policies = [], apiServer } = observation;
  return observation.allocators.flatMap((allocator) => {
    const own = policies.filter((policy) => selects(policy, allocator));
    const blocks = (direction: Direction, traffic: readonly Traffic[]): boolean =>
      traffic.some((one) => !isLetThrough(own, direction, one));
    const about = { object: nameOf(allocator.owner) };
    const by = own.map((policy) => nameOf(policy)).join(", ");
    const findings: Finding[] = [];
    if (apiServer !== undefined && blocks("egress", toApiServer(apiServer))) {
      const message = `${by} keeps the allocator's pods from the API server (${describe(apiServer)}): it discovers nothing`;
      const apply = [allowance(allocator, "api-server", { egress: [apiServerRule(apiServer)] })];
      findings.push({ code: "NetworkPolicyBlocksApiServer", ...about, message, mending: { apply } });
    }
    if (blocks("egress", [{ port: DNS_PORT, protocol: "UDP", ip: undefined }])) {
      const message = `${by} keeps the allocator's pods from name servers (port 53): what jobs name by host is not found`;
      const ports = [protocolPort("UDP", DNS_PORT), protocolPort("TCP", DNS_PORT)];
      const apply = [allowance(allocator, "dns", { egress: [{ ports }] })];
      findings.push({ code: "NetworkPolicyBlocksDns", ...about, message, mending: { apply } });
    }
    const { number: port, name: portName } = allocator.port;
    if (blocks("ingress", [{ port, portName, protocol: "TCP", ip: undefined }])) {
      const message = `${by} keeps collectors from the allocator's port ${String(port)}: they get no targets`;
      const apply = [allowance(allocator, "collectors", { ingress: [{ ports: [protocolPort("TCP", port)] }] })];
      findings.push({ code: "NetworkPolicyBlocksCollectors", ...about, message, mending: { apply } });
    }
    return findings;
  });
}

type Direction = "egress" | "ingress";

function selects({ metadata, spec }: NetworkPolicy, { name, podLabels }: ObservedAllocator): boolean {
  if (metadata.namespace !== name.namespace) return false;
  return compileMatcher(toFullSelector(spec?.podSelector), () => undefined).matches(podLabels);
}

/**
 * Whether any rule of the policies that restrict the direction allows the traffic, as the API defines it. To an address
 * that is not known a rule counts that names any peer: whom it means is the cluster's matter.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
function isLetThrough(policies: readonly NetworkPolicy[], direction: Direction, traffic: Traffic): boolean {
  const restricting = policies.filter((policy) => restricts(policy, direction));
  if (restricting.length === 0) return true;
  return restricting.some(({ spec }) => (spec?.[direction] ?? []).some((rule) => allows(rule, traffic)));
}

function restricts({ spec }: NetworkPolicy, direction: Direction): boolean {
  const { policyTypes, egress } = spec ?? {};
  if (policyTypes !== undefined) return policyTypes.some((type) => type.toLowerCase() === direction);
  return direction === "ingress" || egress !== undefined;
}

function allows({ from, to, ports = [] }: PolicyRule, traffic: Traffic): boolean {
  const { ip } = traffic;
  const peers = to ?? from ?? [];
  const reaches = peers.length === 0 || ip === undefined || peers.some((peer) => includes(peer, ip));
  return reaches && (ports.length === 0 || ports.some((each) => isPort(each, traffic)));
}

function isPort(
  { port, endPort, protocol = "TCP" }: NonNullable<PolicyRule["ports"]>[number],
  wanted: Traffic,
): boolean {
  if (protocol !== wanted.protocol) return false;
  if (typeof port !== "number") return port === undefined || port === wanted.portName;
  return wanted.port >= port && wanted.port <= (endPort ?? port);
}

function includes({ ipBlock }: Peer, ip: string): boolean {
  if (ipBlock === undefined) return false;
  return isIn(ipBlock.cidr, ip) && !(ipBlock.except ?? []).some((cidr) => isIn(cidr, ip));
}

function isIn(cidr: string, ip: string): boolean {
  const [network = "", bits = ""] = cidr.split("/");
  const family = isIPv6(ip) ? "ipv6" : "ipv4";
  if (isIPv6(network) !== (family === "ipv6")) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(ip, family);
}

/** Plugins look at traffic before or after the Service's address is translated, so both have to be allowed. */
function toApiServer({ service, instances }: ApiServerAddress): readonly Traffic[] {
  return [...instances, ...service].map(({ ip, port }) => ({ ip, port, protocol: "TCP" }));
}

function describe({ service, instances }: ApiServerAddress): string {
  return [...service, ...instances].map(({ ip, port }) => `${ip} port ${String(port)}`).join(", ");
}

function apiServerRule({ service, instances }: ApiServerAddress): object {
  const all: readonly Endpoint[] = [...service, ...instances];
  const to = [...new Set(all.map(({ ip }) => ip))].map((ip) => ({
    ipBlock: { cidr: `${ip}/${isIPv6(ip) ? "128" : "32"}` },
  }));
  const ports = [...new Set(all.map(({ port }) => port))].map((port) => protocolPort("TCP", port));
  return { to, ports };
}

function protocolPort(protocol: "TCP" | "UDP", port: number): object {
  return { protocol, port };
}

/** Policies add up: one more lets through what the others do not. */
function allowance(
  { name, podLabels }: ObservedAllocator,
  what: string,
  rules: { readonly egress?: readonly object[]; readonly ingress?: readonly object[] },
): PartialObject {
  const { "app.kubernetes.io/component": component, "app.kubernetes.io/instance": instance } = podLabels;
  const matchLabels = {
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/instance": instance,
  };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: `${name.name}-allow-${what}`, namespace: name.namespace },
    spec: {
      podSelector: { matchLabels },
      policyTypes: [rules.egress === undefined ? "Ingress" : "Egress"],
      ...rules,
    },
  };
}
