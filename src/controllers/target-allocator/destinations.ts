import { isIP } from "node:net";

import { isFreeForm, settingsOf } from "../../api/opentelemetry/components.ts";
import type { FreeForm } from "../../api/opentelemetry/v1beta1.ts";

/** Somewhere an allocator connects to, over TCP. */
export type Destination =
  /** Without a host: some host of the internet, or several. */
  | { readonly host?: string; readonly port: number }
  /** Where a cloud tells its machines who they are. */
  | { readonly linkLocal: true };

/** What a configuration leads to. */
export interface Destinations {
  readonly known: readonly Destination[];
  /** What makes it impossible to know them all, each in a sentence. */
  readonly unknown: readonly string[];
}

const HTTPS: Destination = { port: 443 };
const CLOUD: readonly Destination[] = [HTTPS, { linkLocal: true }];

/** Where mechanisms connect to that name no host of their own, or not only. */
const FIXED: Readonly<Record<string, readonly Destination[]>> = {
  aws: CLOUD,
  azure: CLOUD,
  ec2: CLOUD,
  ecs: CLOUD,
  elasticache: CLOUD,
  gce: CLOUD,
  lightsail: CLOUD,
  msk: CLOUD,
  rds: CLOUD,
  digitalocean: [HTTPS],
  hetzner: [HTTPS],
  ionos: [HTTPS],
  linode: [HTTPS],
  outscale: [HTTPS],
  ovhcloud: [HTTPS],
  scaleway: [HTTPS],
  stackit: [HTTPS],
  vultr: [HTTPS],
  // These find everything by the cluster's DNS, its API server or files.
  dns: [],
  file: [],
  kubernetes: [],
};

/** The settings in which mechanisms name hosts, and the port of those that give none. */
const NAMED: Readonly<Record<string, Readonly<Record<string, number | undefined>>>> = {
  aws: { endpoint: 443 },
  consul: { server: 8500 },
  docker: { host: 2375 },
  dockerswarm: { host: 2375 },
  ec2: { endpoint: 443 },
  ecs: { endpoint: 443 },
  elasticache: { endpoint: 443 },
  eureka: { server: undefined },
  http: { url: undefined },
  kubernetes: { api_server: undefined },
  kuma: { server: undefined },
  lightsail: { endpoint: 443 },
  marathon: { servers: undefined },
  msk: { endpoint: 443 },
  nerve: { servers: 2181 },
  nomad: { server: 4646 },
  outscale: { endpoint: 443 },
  puppetdb: { url: undefined },
  rds: { endpoint: 443 },
  scaleway: { api_url: 443 },
  serverset: { servers: 2181 },
  stackit: { endpoint: 443 },
  triton: { endpoint: undefined },
  uyuni: { server: undefined },
};

/** Where the discovery of these jobs connects to. What the jobs' targets are is the collectors' business. */
export function discoveryDestinations(scrapeConfigs: readonly unknown[]): Destinations {
  const all = scrapeConfigs.flatMap((job) =>
    Object.entries(settingsOf(job)).flatMap(([key, configs]) => {
      const mechanism = /^(.+)_sd_configs$/.exec(key)?.[1];
      if (mechanism === undefined || !Array.isArray(configs)) return [];
      return configs.map((config) => ofMechanism(mechanism, settingsOf(config)));
    }),
  );
  return joined(all);
}

export function joined(all: readonly Destinations[]): Destinations {
  return { known: all.flatMap(({ known }) => known), unknown: [...new Set(all.flatMap(({ unknown }) => unknown))] };
}

function ofMechanism(mechanism: string, config: FreeForm): Destinations {
  if (!Object.hasOwn(FIXED, mechanism) && !Object.hasOwn(NAMED, mechanism))
    return { known: [], unknown: [`where ${mechanism}_sd_configs lead is not written in them`] };
  if (mechanism === "kubernetes" && (config["kubeconfig_file"] ?? "") !== "")
    return {
      known: [],
      unknown: ["the kubeconfig_file of kubernetes_sd_configs leads to a cluster that is not known"],
    };
  const fixed = { known: FIXED[mechanism] ?? [], unknown: [] };
  const named = Object.entries(NAMED[mechanism] ?? {}).map(([key, port]) => {
    const given = config[key] ?? "";
    const where = `${key} of ${mechanism}_sd_configs`;
    return joined(
      (Array.isArray(given) ? given : [given]).map((text) =>
        toDestination(text, where, portOf(config, mechanism, port)),
      ),
    );
  });
  return joined([
    fixed,
    ...named,
    ofHttpClient(config, mechanism),
    ofHttpClient(settingsOf(config["oauth2"]), mechanism),
  ]);
}

/** Triton gives its port by itself. */
function portOf(config: FreeForm, mechanism: string, usual: number | undefined): number | undefined {
  if (mechanism !== "triton") return usual;
  return typeof config["port"] === "number" ? config["port"] : 9163;
}

function ofHttpClient(settings: FreeForm, mechanism: string): Destinations {
  return joined(
    ["proxy_url", "token_url"].map((key) =>
      toDestination(settings[key] ?? "", `${key} of ${mechanism}_sd_configs`, undefined),
    ),
  );
}

const SCHEME_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, socks5: 1080, socks5h: 1080 };
const NOTHING: Destinations = { known: [], unknown: [] };

/**
 * Where a text leads: a URL, or a host with or without a port.
 *
 * @param where - Names the text for whoever wrote it.
 * @param usualPort - When neither the text nor its scheme says one.
 */
function toDestination(text: unknown, where: string, usualPort: number | undefined): Destinations {
  if (text === "") return NOTHING;
  const read = typeof text === "string" ? readAddress(text) : undefined;
  if (read === "local") return NOTHING;
  const port = read === undefined ? undefined : (read.port ?? usualPort ?? SCHEME_PORTS[read.scheme]);
  if (read === undefined || port === undefined) return { known: [], unknown: [`${where} names no host and port`] };
  return { known: isLoopback(read.host) ? [] : [{ host: read.host, port }], unknown: [] };
}

interface Address {
  readonly scheme: string;
  readonly host: string;
  readonly port: number | undefined;
}

const ADDRESS =
  /^(?:(?<scheme>[a-z][a-z\d+.-]*):\/\/)?(?:[^/@]*@)?(?:\[(?<v6>[\da-f:.]+)\]|(?<host>[a-z\d._-]+))(?::(?<port>\d{1,5}))?(?:[/?#].*)?$/;

function readAddress(text: string): Address | "local" | undefined {
  if (/^(?:unix|npipe|file):/i.test(text)) return "local";
  if (isIP(text) === 6) return { scheme: "", host: text, port: undefined };
  const { scheme = "", v6, host, port } = ADDRESS.exec(text.toLowerCase())?.groups ?? {};
  const found = v6 ?? host;
  return found === undefined ? undefined : { scheme, host: found, port: port === undefined ? undefined : Number(port) };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Variables that lead a process somewhere: through a proxy, or with its own telemetry. */
const VARIABLES = /^(?:https?_proxy|all_proxy|otel_exporter_otlp(?:_[a-z]+)?_endpoint|kubernetes_service_host)$/i;

/** Where variables of a container lead the process in it. */
export function variableDestinations(variables: readonly FreeForm[]): Destinations {
  const leading = variables.filter(({ name }) => typeof name === "string" && VARIABLES.test(name));
  return joined(
    leading.map(({ name, value, valueFrom }) => {
      const where = `the variable ${String(name)}`;
      if (isFreeForm(valueFrom)) return { known: [], unknown: [`${where} is read from elsewhere`] };
      const otlp = /^otel_/i.test(String(name));
      return toDestination(value ?? "", where, otlp ? undefined : usualPortOf(String(name)));
    }),
  );
}

function usualPortOf(variable: string): number {
  return /^kubernetes_/i.test(variable) ? 443 : 80;
}
