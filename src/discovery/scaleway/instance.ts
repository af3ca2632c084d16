import type { DataObject } from "../../allocator/index.ts";
import { numberOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, listLabel } from "../label-text.ts";
import type { Look } from "../polling-discoverer.ts";
import { type ScalewayApi, tagsFilterOf } from "./scaleway-api.ts";

const PREFIX = "__meta_scaleway_instance_";

/** The role instance: servers that have an address. */
export function createInstanceLook(settings: DataObject, api: ScalewayApi): Look {
  const tags = tagsFilterOf(settings);
  const port = numberOf(settings, "port");
  return async (signal) => {
    const servers = await api.servers("instance", tags.length === 0 ? [] : [["tags", tags.join(",")]], signal);
    return [
      flatGroup(
        "scaleway",
        servers.flatMap((server) => toTargets(server, port)),
      ),
    ];
  };
}

/** One target, at the private address if there is one, then the public one, then the old kind of IPv6 address. */
function toTargets(server: JsonNode, port: number): readonly LabelValues[] {
  const [ipv6, publicIp] = [server.at("ipv6").text("address"), server.at("public_ip")];
  const publicAddress = publicIp.text("address");
  const privateAddress = server.text("private_ip");
  const address = privateAddress || publicAddress || ipv6;
  if (address === "") return [];
  const isPublicIpv4 = publicAddress !== "" && publicIp.text("family") !== "inet6";
  return [
    {
      [ADDRESS]: hostPort(address, port),
      ...identity(server),
      ...parts(server),
      [`${PREFIX}private_ipv4`]: privateAddress || undefined,
      [`${PREFIX}public_ipv4`]: isPublicIpv4 ? publicAddress : undefined,
      [`${PREFIX}public_ipv6`]: ipv6 || undefined,
      ...listLabel(`${PREFIX}public_ipv4_addresses`, publicAddresses(server, "inet")),
      ...listLabel(`${PREFIX}public_ipv6_addresses`, publicAddresses(server, "inet6")),
      ...listLabel(`${PREFIX}tags`, server.texts("tags")),
    },
  ];
}

function publicAddresses(server: JsonNode, family: string): readonly string[] {
  const addresses = server.items("public_ips").filter((address) => address.text("family") === family);
  return addresses.map((address) => address.text("address"));
}

function identity(server: JsonNode): LabelValues {
  const zone = server.text("zone");
  const region = /^(?<region>[a-z]+-[a-z]+)-\d+$/.exec(zone)?.groups?.["region"];
  return {
    [`${PREFIX}boot_type`]: server.text("boot_type"),
    [`${PREFIX}hostname`]: server.text("hostname"),
    [`${PREFIX}id`]: server.text("id"),
    [`${PREFIX}name`]: server.text("name"),
    [`${PREFIX}organization_id`]: server.text("organization"),
    [`${PREFIX}project_id`]: server.text("project"),
    [`${PREFIX}status`]: server.text("state"),
    [`${PREFIX}type`]: server.text("commercial_type"),
    [`${PREFIX}zone`]: zone,
    [`${PREFIX}region`]: region,
  };
}

/** What a server can be without. */
function parts(server: JsonNode): LabelValues {
  const of = (part: string, labels: Readonly<Record<string, string>>): LabelValues => {
    const node = server.at(part);
    if (!node.present) return {};
    return Object.fromEntries(Object.entries(labels).map(([label, key]) => [PREFIX + label, node.text(key)]));
  };
  return {
    ...of("image", { image_arch: "arch", image_id: "id", image_name: "name" }),
    ...of("location", {
      location_cluster_id: "cluster_id",
      location_hypervisor_id: "hypervisor_id",
      location_node_id: "node_id",
    }),
    ...of("security_group", { security_group_id: "id", security_group_name: "name" }),
  };
}
