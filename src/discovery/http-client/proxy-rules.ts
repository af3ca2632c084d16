import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";

import type { ProxySettings } from "./settings.ts";

/** The proxies that the environment of the process names: HTTP_PROXY, HTTPS_PROXY, NO_PROXY. "" for what is not set. */
export interface ProxyEnvironment {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/** The proxy for a URL; undefined to go there directly. */
export type ProxyRule = (url: URL) => URL | undefined;

/**
 * Which proxy a request takes, as Go decides it. A `proxy_url` alone is for every host; with exceptions, and from the
 * environment, this machine itself is always reached directly. Throws when the proxy is no URL.
 * https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
export function createProxyRule(settings: ProxySettings, environment: ProxyEnvironment): ProxyRule {
  const { url, noProxy, fromEnvironment } = settings;
  if (fromEnvironment) return ruleWithExceptions(environment);
  if (url === "") return () => undefined;
  if (noProxy !== "") return ruleWithExceptions({ httpProxy: url, httpsProxy: url, noProxy });
  const proxy = proxyOf(url);
  return () => proxy;
}

function ruleWithExceptions({ httpProxy, httpsProxy, noProxy }: ProxyEnvironment): ProxyRule {
  const [forHttp, forHttps] = [httpProxy, httpsProxy].map((text) => (text === "" ? undefined : proxyOf(text)));
  const isException = createExceptions(noProxy);
  return (url) => {
    const proxy = url.protocol === "https:" ? forHttps : forHttp;
    return proxy === undefined || isException(url) ? undefined : proxy;
  };
}

const SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "socks5:"]);

/** Without a scheme it is an HTTP proxy. */
function proxyOf(text: string): URL {
  const url = URL.parse(/^[A-Za-z][\w+.-]*:\/\//.test(text) ? text.replace(/^socks5h:/i, "socks5:") : `http://${text}`);
  if (url !== null && SCHEMES.has(url.protocol) && url.hostname !== "") return url;
  const shown = text.replace(/\/\/[^/@]*@/, "//");
  throw new Error(`proxy ${shown} cannot be used; it must be an http, https or socks5 URL with a host`);
}

/** One entry of a list of exceptions, for hosts that are no addresses. */
interface DomainException {
  /** With a leading dot. */
  readonly suffix: string;
  readonly itself: boolean;
  /** "" for every port. */
  readonly port: string;
}

/** Reads a list of exceptions; what cannot be understood in it is ignored, as Go does. */
function createExceptions(list: string): (url: URL) => boolean {
  const entries = list.split(",").map((entry) => entry.trim().toLowerCase());
  if (entries.includes("*")) return () => true;
  const networks = new BlockList();
  const addresses: { readonly networks: BlockList; readonly port: string }[] = [];
  const domains: DomainException[] = [];
  for (const entry of entries) {
    const { host, port } = splitPort(entry);
    const [prefix = "", bits] = entry.split("/");
    if (bits !== undefined && isIP(prefix) !== 0) addNetwork(networks, prefix, bits);
    else if (isIP(host) !== 0) addresses.push({ networks: listOf(host), port });
    else if (host !== "") domains.push(toDomain(host, port));
  }
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
    if (host === "localhost") return true;
    const onPort = (entry: { readonly port: string }): boolean => entry.port === "" || entry.port === port;
    if (isIP(host) === 0) return domains.some((domain) => onPort(domain) && isWithin(host, domain));
    if (contains(LOOPBACK, host) || contains(networks, host)) return true;
    return addresses.some((address) => onPort(address) && contains(address.networks, host));
  };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}

function contains(networks: BlockList, address: string): boolean {
  return networks.check(address, familyOf(address));
}

function listOf(address: string): BlockList {
  const list = new BlockList();
  list.addAddress(address, familyOf(address));
  return list;
}

function addNetwork(networks: BlockList, address: string, bits: string): void {
  const family = familyOf(address);
  if (/^\d+$/.test(bits) && Number(bits) <= (family === "ipv4" ? 32 : 128)) {
    networks.addSubnet(address, Number(bits), family);
  }
}

/** `host`, `host:port`, `[address]:port`, or an IPv6 address by itself. */
function splitPort(entry: string): { readonly host: string; readonly port: string } {
  const match = /^(?:\[(?<address>[^\]]*)\]|(?<name>[^:]*)):(?<port>[^:]*)$/.exec(entry)?.groups;
  if (match === undefined) return { host: entry, port: "" };
  return { host: match["address"] ?? match["name"] ?? "", port: match["port"] ?? "" };
}

function toDomain(host: string, port: string): DomainException {
  const name = host.replace(/^\*\./, ".");
  const itself = !name.startsWith(".");
  const ascii = domainToASCII(itself ? name : name.slice(1)) || name;
  return { suffix: `.${ascii}`, itself, port };
}

function isWithin(host: string, { suffix, itself }: DomainException): boolean {
  return host.endsWith(suffix) || (itself && host === suffix.slice(1));
}
