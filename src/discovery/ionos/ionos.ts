import { allPages } from "../all-pages.ts";
import { numberOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, sanitised, surrounded } from "../label-text.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";

const PREFIX = "__meta_ionos_server_";
const PAGE_SIZE = 1_000;
const UNNAMED = "unnamed";

/**
 * `ionos_sd_configs`: the servers of a virtual data center that have an address.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#ionos_sd_config
 *
 * @param endpoint - Where the API is.
 */
export function ionos(endpoint = "https://api.ionos.com/cloudapi/v6"): PolledMechanism {
  return {
    mechanism: "ionos",
    createLook: (settings, api) => {
      const port = numberOf(settings, "port");
      const list = `${endpoint}/datacenters/${encodeURIComponent(textOf(settings, "datacenter_id"))}/servers`;
      return async (signal) => {
        const targets = await allPages<LabelValues, number>(list, 0, async (offset) => {
          const url = `${list}?depth=3&limit=${String(PAGE_SIZE)}&offset=${String(offset)}`;
          const answer = await api.get(url, signal);
          const servers = answer.items("items");
          return {
            items: servers.flatMap((server) => toTargets(server, answer.text("id"), port)),
            next: servers.length < PAGE_SIZE ? undefined : offset + PAGE_SIZE,
          };
        });
        return [flatGroup("ionos", targets)];
      };
    },
  };
}

/** One target; none for a server without an address. As in Prometheus, the addresses of later NICs come first. */
function toTargets(server: JsonNode, listId: string, port: number): readonly LabelValues[] {
  const nics = server.at("entities").at("nics").items("items").toReversed();
  const byName = new Map<string, readonly string[]>();
  for (const nic of nics) {
    const name = nic.at("properties").text("name") || UNNAMED;
    byName.set(name, [...(byName.get(name) ?? []), ...nic.at("properties").texts("ips")]);
  }
  const ips = nics.flatMap((nic) => nic.at("properties").texts("ips"));
  const [first] = ips;
  if (first === undefined) return [];
  const nicLabels = [...byName].map(([name, own]) => [`${PREFIX}nic_ip_${sanitised(name)}`, surrounded(own)] as const);
  return [
    {
      [ADDRESS]: hostPort(first, port),
      [`${PREFIX}id`]: server.text("id"),
      [`${PREFIX}servers_id`]: listId,
      [`${PREFIX}ip`]: surrounded(ips),
      [`${PREFIX}lifecycle`]: server.at("metadata").text("state"),
      ...propertyLabels(server),
      ...Object.fromEntries(nicLabels),
    },
  ];
}

function propertyLabels(server: JsonNode): LabelValues {
  const properties = server.at("properties");
  const [cdrom, volume] = [properties.at("bootCdrom"), properties.at("bootVolume")];
  const image = server.at("entities").at("volumes").items("items")[0]?.at("properties").at("image");
  return {
    [`${PREFIX}name`]: properties.text("name"),
    [`${PREFIX}state`]: properties.text("vmState"),
    [`${PREFIX}type`]: properties.text("type"),
    [`${PREFIX}cpu_family`]: properties.text("cpuFamily"),
    [`${PREFIX}availability_zone`]: properties.text("availabilityZone"),
    [`${PREFIX}boot_cdrom_id`]: cdrom.present ? cdrom.text("id") : undefined,
    [`${PREFIX}boot_volume_id`]: volume.present ? volume.text("id") : undefined,
    [`${PREFIX}boot_image_id`]: image?.present === true ? image.text() : undefined,
  };
}
