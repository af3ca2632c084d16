import type { Environment } from "./sources.ts";

/** The proxies that an environment names. "" for what is not set. */
export interface ProxyEnvironment {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  /** Hosts, domains and networks that are reached directly, comma-separated. */
  readonly noProxy: string;
}

/**
 * Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY: what `proxy_from_environment` of a job means. In lower case they count
 * when they are not set in upper case. https://pkg.go.dev/golang.org/x/net/http/httpproxy#FromEnvironment
 */
export function readProxyEnvironment(env: Environment): ProxyEnvironment {
  const read = (name: string): string => env[name] || env[name.toLowerCase()] || "";
  return { httpProxy: read("HTTP_PROXY"), httpsProxy: read("HTTPS_PROXY"), noProxy: read("NO_PROXY") };
}
