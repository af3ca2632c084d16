import type { DataObject } from "../../allocator/index.ts";
import { allPages } from "../all-pages.ts";
import { numberOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonApi } from "../http-client/json-api.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, mapLabels, sanitised } from "../label-text.ts";
import type { Look } from "../polling-discoverer.ts";

const PREFIX = "__meta_hetzner_";
const CLOUD = `${PREFIX}hcloud_`;
/** How an address that there is not is written. */
const NO_ADDRESS = "<nil>";

/** The role hcloud: servers at their public IPv4 address. https://docs.hetzner.cloud/reference/cloud#servers */
export function createCloudLook(settings: DataObject, api: JsonApi, endpoint: string): Look {
  const selector = textOf(settings, "label_selector");
  const port = numberOf(settings, "port");
  const list = async (
    path: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly JsonNode[]> =>
    allPages<JsonNode, number>(`${endpoint}/${path}`, 1, async (page) => {
      const query = new URLSearchParams({ ...parameters, page: String(page), per_page: "50" });
      const answer = await api.get(`${endpoint}/${path}?${query.toString()}`, signal);
      const next = answer.at("meta").at("pagination").number("next_page");
      return { items: answer.items(path), next: next === 0 ? undefined : next };
    });
  return async (signal) => {
    const servers = await list("servers", selector === "" ? {} : { label_selector: selector }, signal);
    const networks = await list("networks", {}, signal);
    const names = new Map(networks.map((network) => [network.number("id"), network.text("name")]));
    return [
      flatGroup(
        "hetzner",
        servers.map((server) => toTarget(server, names, port)),
      ),
    ];
  };
}

function toTarget(server: JsonNode, networks: ReadonlyMap<number, string>, port: number): LabelValues {
  const address = server.at("public_net").at("ipv4").text("ip") || NO_ADDRESS;
  const datacenter = server.at("datacenter");
  return {
    [ADDRESS]: hostPort(address, port),
    [`${PREFIX}role`]: "hcloud",
    [`${PREFIX}server_id`]: String(server.number("id")),
    [`${PREFIX}server_name`]: server.text("name"),
    [`${PREFIX}server_status`]: server.text("status"),
    [`${PREFIX}datacenter`]: datacenter.present ? datacenter.text("name") : undefined,
    [`${PREFIX}public_ipv4`]: address,
    [`${PREFIX}public_ipv6_network`]: server.at("public_net").at("ipv6").text("ip") || NO_ADDRESS,
    ...placeAndSize(server),
    ...imageLabels(server.at("image")),
    ...privateAddresses(server, networks),
    ...mapLabels(`${CLOUD}label_`, server.textEntries("labels")),
    ...mapLabels(
      `${CLOUD}labelpresent_`,
      server.textEntries("labels").map(([key]) => [key, "true"]),
    ),
  };
}

/** Datacenters are being given up for locations; their labels stay. https://docs.hetzner.cloud/changelog */
function placeAndSize(server: JsonNode): LabelValues {
  const [given, type] = [server.at("location"), server.at("server_type")];
  const location = given.present ? given : server.at("datacenter").at("location");
  const [name, zone] = [location.text("name"), location.text("network_zone")];
  return {
    [`${CLOUD}location`]: name,
    [`${CLOUD}location_network_zone`]: zone,
    [`${CLOUD}datacenter_location`]: name,
    [`${CLOUD}datacenter_location_network_zone`]: zone,
    [`${CLOUD}server_type`]: type.text("name"),
    [`${CLOUD}cpu_cores`]: String(type.number("cores")),
    [`${CLOUD}cpu_type`]: type.text("cpu_type"),
    [`${CLOUD}memory_size_gb`]: String(Math.trunc(type.number("memory"))),
    [`${CLOUD}disk_size_gb`]: String(type.number("disk")),
  };
}

function imageLabels(image: JsonNode): LabelValues {
  if (!image.present) return {};
  return {
    [`${CLOUD}image_name`]: image.text("name"),
    [`${CLOUD}image_description`]: image.text("description"),
    [`${CLOUD}image_os_version`]: image.text("os_version"),
    [`${CLOUD}image_os_flavor`]: image.text("os_flavor"),
  };
}

function privateAddresses(server: JsonNode, networks: ReadonlyMap<number, string>): LabelValues {
  const addresses = server.items("private_net").flatMap((attached): readonly [string, string][] => {
    const name = networks.get(attached.number("network"));
    return name === undefined ? [] : [[`${CLOUD}private_ipv4_${sanitised(name)}`, attached.text("ip")]];
  });
  return Object.fromEntries(addresses);
}
