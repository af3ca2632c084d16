import { isIP } from "node:net";

import type { FreeForm } from "../../api/opentelemetry/v1beta1.ts";
import { toGoJson } from "../manifests/canonical-json.ts";
import { proxyVariables } from "../manifests/pod-template.ts";
import type { AllocatorInput } from "./allocator-input.ts";
import type { ApiServerAccess } from "./api-server-access.ts";
import {
  type Destination,
  type Destinations,
  discoveryDestinations,
  joined,
  variableDestinations,
} from "./destinations.ts";

/** Where an allocator's pods may connect to. */
export interface Egress {
  /** Rules of a NetworkPolicy; equal for equal configurations. */
  readonly rules: readonly FreeForm[];
  /** False when rules could cut off what is needed. */
  readonly complete: boolean;
  /** What of the configuration makes it impossible to know everything, each in a sentence. */
  readonly unknown: readonly string[];
}

/** Everything that the configuration of an allocator leads to: the API server, DNS, and what its discovery names. */
export function findEgress(input: AllocatorInput): Egress {
  const { apiServer, owner } = input;
  const found = joined([
    ofPod(input),
    discoveryDestinations(input.scrapeSection.scrapeConfigs),
    variableDestinations([...proxyVariables(input.settings.proxies), ...(input.spec.env ?? [])]),
  ]);
  const known = found.known.flatMap((destination) => rulesFor(destination, owner.metadata.namespace ?? ""));
  return {
    rules: [DNS, ...(apiServer === undefined ? [] : [toApiServer(apiServer)]), ...sortedOnce(known)],
    complete: apiServer !== undefined && found.unknown.length === 0,
    unknown: found.unknown,
  };
}

/** What leads elsewhere without a word of where. */
function ofPod({ spec }: AllocatorInput): Destinations {
  const { additionalContainers = [], initContainers = [], envFrom = [], args = {}, prometheusCR } = spec;
  const reasons: readonly (readonly [boolean, string])[] = [
    [
      prometheusCR?.enabled === true && prometheusCR.scrapeConfigSelector !== undefined,
      "ScrapeConfigs may name any host",
    ],
    [
      additionalContainers.length + initContainers.length > 0,
      "containers beside the allocator may connect to any host",
    ],
    [envFrom.length > 0, "spec.envFrom may name proxies"],
    ["kubeconfig-path" in args, "the flag kubeconfig-path leads to a cluster that is not known"],
  ];
  return { known: [], unknown: reasons.flatMap(([holds, reason]) => (holds ? [reason] : [])) };
}

/** 5353 is where OpenShift's DNS pods listen: policies see the port behind the Service. */
const DNS: FreeForm = {
  ports: [53, 5353].flatMap((port) => [
    { port, protocol: "UDP" },
    { port, protocol: "TCP" },
  ]),
};

/**
 * Networks differ in whether policies see the Service's address or that of the instance, so both are named. Where
 * addresses say nothing, the ports do.
 */
function toApiServer({ addresses, ports, byAddress = true }: ApiServerAccess): FreeForm {
  const to = addresses.map((address) => ({ ipBlock: { cidr: toCidr(address) } }));
  return { ...(byAddress ? { to } : {}), ports: ports.map((port) => ({ port, protocol: "TCP" })) };
}

function toCidr(address: string): string {
  return `${address}/${isIP(address) === 6 ? "128" : "32"}`;
}

/** Where clouds tell machines and pods who they are, by IPv4 and IPv6. */
const LINK_LOCAL: FreeForm = {
  to: [{ ipBlock: { cidr: "169.254.0.0/16" } }, { ipBlock: { cidr: "fd00:ec2::/32" } }],
};

/**
 * A policy knows no host names. A name outside of the cluster becomes its port alone; one that may be a Service becomes
 * its namespace besides, whatever the port: policies see the pods behind a Service, and their ports.
 */
function rulesFor(destination: Destination, ownNamespace: string): readonly FreeForm[] {
  if ("linkLocal" in destination) return [LINK_LOCAL];
  const { host, port } = destination;
  const ports = [{ port, protocol: "TCP" }];
  if (host !== undefined && isIP(host) !== 0) return [{ to: [{ ipBlock: { cidr: toCidr(host) } }], ports }];
  const namespace = host === undefined ? undefined : namespaceOf(host, ownNamespace);
  const inside = {
    to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } }],
  };
  return [{ ports }, ...(namespace === undefined ? [] : [inside])];
}

/** The namespace of the Service that a name may mean: `a`, `a.shop`, `a.shop.svc`, and what follows that. */
function namespaceOf(host: string, own: string): string | undefined {
  const [, namespace, svc] = host.split(".");
  if (namespace === undefined) return own;
  return svc === undefined || svc === "svc" ? namespace : undefined;
}

function sortedOnce(rules: readonly FreeForm[]): readonly FreeForm[] {
  const byText = new Map(rules.map((rule) => [toGoJson(rule), rule] as const));
  return [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}
