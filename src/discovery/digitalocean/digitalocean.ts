import type { TargetGroup } from "../../allocator/index.ts";
import { allPages } from "../all-pages.ts";
import { numberOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonApi } from "../http-client/json-api.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, listLabel } from "../label-text.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";

const PREFIX = "__meta_digitalocean_";
const PAGE_SIZE = 200;

/**
 * `digitalocean_sd_configs`: droplets, or database clusters.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#digitalocean_sd_config
 *
 * @param endpoint - Where the API is.
 */
export function digitalOcean(endpoint = "https://api.digitalocean.com"): PolledMechanism {
  return {
    mechanism: "digitalocean",
    createLook: (settings, api) => {
      const port = numberOf(settings, "port");
      const list = async (path: string, signal: AbortSignal): Promise<readonly JsonNode[]> =>
        listAll({ api, endpoint }, path, signal);
      return textOf(settings, "role") === "databases"
        ? async (signal) => [databaseGroup(await list("databases", signal), port)]
        : async (signal) => [dropletGroup(await list("droplets", signal), port)];
    },
  };
}

async function listAll(
  { api, endpoint }: { readonly api: JsonApi; readonly endpoint: string },
  path: string,
  signal: AbortSignal,
): Promise<readonly JsonNode[]> {
  const list = `${endpoint}/v2/${path}`;
  return allPages<JsonNode, number>(list, 1, async (page) => {
    const url = `${list}?page=${String(page)}&per_page=${String(PAGE_SIZE)}`;
    const answer = await api.get(url, signal);
    const isLast = answer.at("links").at("pages").text("next") === "";
    return { items: answer.items(path), next: isLast ? undefined : page + 1 };
  });
}

/** Droplets without an IPv4 network cannot be scraped, and are left out. */
function dropletGroup(droplets: readonly JsonNode[], port: number): TargetGroup {
  const reachable = droplets.filter((droplet) => droplet.at("networks").items("v4").length > 0);
  return flatGroup(
    "DigitalOcean",
    reachable.map((droplet) => toDroplet(droplet, port)),
  );
}

function toDroplet(droplet: JsonNode, port: number): LabelValues {
  const image = droplet.at("image");
  const address = (family: string, type: string): string =>
    droplet
      .at("networks")
      .items(family)
      .find((network) => network.text("type") === type)
      ?.text("ip_address") ?? "";
  const publicIpv4 = address("v4", "public");
  return {
    [ADDRESS]: hostPort(publicIpv4, port),
    [`${PREFIX}droplet_id`]: String(droplet.number("id")),
    [`${PREFIX}droplet_name`]: droplet.text("name"),
    [`${PREFIX}image`]: image.text("slug"),
    [`${PREFIX}image_name`]: image.text("name"),
    [`${PREFIX}private_ipv4`]: address("v4", "private"),
    [`${PREFIX}public_ipv4`]: publicIpv4,
    [`${PREFIX}public_ipv6`]: address("v6", "public"),
    [`${PREFIX}region`]: droplet.at("region").text("slug"),
    [`${PREFIX}size`]: droplet.text("size_slug"),
    [`${PREFIX}status`]: droplet.text("status"),
    [`${PREFIX}vpc`]: droplet.text("vpc_uuid"),
    ...listLabel(`${PREFIX}features`, droplet.texts("features")),
    ...listLabel(`${PREFIX}tags`, droplet.texts("tags")),
  };
}

function databaseGroup(databases: readonly JsonNode[], port: number): TargetGroup {
  return flatGroup(
    "DigitalOcean Databases",
    databases.map((database) => toDatabase(database, port)),
  );
}

/** A cluster is scraped at its private host if it has one. Tags are not changed on their way into a label name. */
function toDatabase(database: JsonNode, port: number): LabelValues {
  const [connection, privateConnection] = [database.at("connection"), database.at("private_connection")];
  const host = privateConnection.text("host") || connection.text("host");
  return {
    [ADDRESS]: host === "" ? undefined : hostPort(host, port),
    [`${PREFIX}db_id`]: database.text("id"),
    [`${PREFIX}db_name`]: database.text("name"),
    [`${PREFIX}db_engine`]: database.text("engine"),
    [`${PREFIX}db_version`]: database.text("version"),
    [`${PREFIX}db_status`]: database.text("status"),
    [`${PREFIX}db_region`]: database.text("region"),
    [`${PREFIX}db_size`]: database.text("size"),
    [`${PREFIX}db_num_nodes`]: String(database.number("num_nodes")),
    [`${PREFIX}db_host`]: connection.present ? connection.text("host") : undefined,
    [`${PREFIX}db_private_host`]: privateConnection.present ? privateConnection.text("host") : undefined,
    ...Object.fromEntries(database.texts("tags").map((tag) => [`${PREFIX}db_tag_${tag}`, "true"])),
  };
}
