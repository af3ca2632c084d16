import type { DataObject } from "../../allocator/index.ts";
import { flagOf, mapOf, refreshIntervalOf, textOf, textsOf } from "../decoded-settings.ts";

/** One `consul_sd_configs` entry, without the HTTP client keys. */
export interface ConsulSettings {
  /** `http://host:port/prefix`, without a slash at the end. */
  readonly baseUrl: string;
  readonly token: string;
  /** "" for the agent's own. */
  readonly datacenter: string;
  readonly namespace: string;
  readonly partition: string;
  readonly tagSeparator: string;
  readonly allowStale: boolean;
  /** The least time from one query to the next one of the same kind. */
  readonly refreshIntervalMs: number;
  /** None for all. */
  readonly services: readonly string[];
  /** Tags that an instance must have, all of them. */
  readonly tags: readonly string[];
  readonly nodeMeta: Readonly<Record<string, string>>;
  /** Of the catalog; "" for none. */
  readonly filter: string;
  /** Of the instances; "" for none. */
  readonly healthFilter: string;
}

/** Reads a validated entry. Throws for a server that cannot be asked over HTTP, and for an interval of 0. */
export function readConsulSettings(raw: DataObject): ConsulSettings {
  return {
    baseUrl: baseUrlOf(raw),
    token: textOf(raw, "token"),
    datacenter: textOf(raw, "datacenter"),
    namespace: textOf(raw, "namespace"),
    partition: textOf(raw, "partition"),
    tagSeparator: textOf(raw, "tag_separator"),
    allowStale: flagOf(raw, "allow_stale"),
    refreshIntervalMs: refreshIntervalOf(raw, "consul"),
    services: textsOf(raw, "services"),
    tags: textsOf(raw, "tags"),
    nodeMeta: mapOf(raw, "node_meta"),
    filter: textOf(raw, "filter"),
    healthFilter: textOf(raw, "health_filter"),
  };
}

/** The scheme and the path of `server` win over the keys for them, as in Consul's own client. */
function baseUrlOf(raw: DataObject): string {
  const server = textOf(raw, "server");
  const full = server.includes("://") ? server : `${textOf(raw, "scheme")}://${server}`;
  const url = URL.parse(full);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new Error(`consul_sd_configs: server ${server} must be host:port, or an http or https URL`);
  }
  const path = url.pathname === "/" ? textOf(raw, "path_prefix") : url.pathname;
  const prefix = path.replaceAll(/^\/+|\/+$/g, "");
  return `${url.protocol}//${url.host}${prefix === "" ? "" : `/${prefix}`}`;
}
