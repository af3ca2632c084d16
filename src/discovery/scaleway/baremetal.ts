import type { DataObject } from "../../allocator/index.ts";
import { numberOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, listLabel } from "../label-text.ts";
import type { Look } from "../polling-discoverer.ts";
import { type ScalewayApi, tagsFilterOf } from "./scaleway-api.ts";

const PREFIX = "__meta_scaleway_baremetal_";

/** What servers refer to, by id. */
interface Catalog {
  readonly offers: ReadonlyMap<string, JsonNode>;
  readonly systems: ReadonlyMap<string, JsonNode>;
}

/** The role baremetal: Elastic Metal servers. */
export function createBaremetalLook(settings: DataObject, api: ScalewayApi): Look {
  const tags = tagsFilterOf(settings).map((tag) => ["tags", tag] as const);
  const port = numberOf(settings, "port");
  return async (signal) => {
    const servers = await api.servers("baremetal", tags, signal);
    const catalog = {
      offers: byId(await api.list("baremetal", "offers", [], signal)),
      systems: byId(await api.list("baremetal", "os", [], signal)),
    };
    return [
      flatGroup(
        "scaleway",
        servers.map((server) => toTarget(server, catalog, port)),
      ),
    ];
  };
}

function byId(items: readonly JsonNode[]): ReadonlyMap<string, JsonNode> {
  return new Map(items.map((item) => [item.text("id"), item]));
}

function toTarget(server: JsonNode, { offers, systems }: Catalog, port: number): LabelValues {
  const system = systems.get(server.at("install").text("os_id"));
  const addressOf = (version: string): string | undefined =>
    server
      .items("ips")
      .find((ip) => ip.text("version") === version)
      ?.text("address");
  const [ipv4, ipv6] = [addressOf("IPv4"), addressOf("IPv6")];
  const address = ipv4 ?? ipv6;
  return {
    [ADDRESS]: address === undefined ? undefined : hostPort(address, port),
    [`${PREFIX}id`]: server.text("id"),
    [`${PREFIX}name`]: server.text("name"),
    [`${PREFIX}os_name`]: system?.text("name"),
    [`${PREFIX}os_version`]: system?.text("version"),
    [`${PREFIX}project_id`]: server.text("project_id"),
    [`${PREFIX}public_ipv4`]: ipv4,
    [`${PREFIX}public_ipv6`]: ipv6,
    [`${PREFIX}status`]: server.text("status"),
    [`${PREFIX}type`]: offers.get(server.text("offer_id"))?.text("name"),
    [`${PREFIX}zone`]: server.text("zone"),
    ...listLabel(`${PREFIX}tags`, server.texts("tags")),
  };
}
