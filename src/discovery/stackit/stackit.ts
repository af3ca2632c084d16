import type { DataObject } from "../../allocator/index.ts";
import { numberOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, sanitised } from "../label-text.ts";
import { createConfiguredClient, type PolledMechanism } from "../polling-discoverer.ts";
import { namesServiceAccount } from "./service-account.ts";
import { StackitClient } from "./stackit-client.ts";

const PREFIX = "__meta_stackit_";

/**
 * `stackit_sd_configs`: the servers of a project.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#stackit_sd_config
 *
 * @param tokenUrl - Where service accounts get tokens.
 */
export function stackit(tokenUrl = "https://service-account.api.stackit.cloud/token"): PolledMechanism {
  return {
    mechanism: "stackit",
    createClient: (settings, surroundings) =>
      namesServiceAccount(settings)
        ? new StackitClient({ ...surroundings, settings, tokenUrl })
        : createConfiguredClient(settings, surroundings),
    createLook: (settings, api) => {
      const url = urlOf(settings);
      const [project, port] = [textOf(settings, "project"), numberOf(settings, "port")];
      return async (signal) => {
        const servers = (await api.get(url, signal)).items("items");
        return [
          flatGroup(
            "stackit",
            servers.flatMap((server) => toTargets(server, project, port)),
          ),
        ];
      };
    },
  };
}

function urlOf(settings: DataObject): string {
  const endpoint = textOf(settings, "endpoint") || `https://iaas.api.${textOf(settings, "region")}.stackit.cloud`;
  const url = URL.parse(endpoint);
  if (url === null) {
    throw new Error(`stackit_sd_configs: endpoint ${JSON.stringify(endpoint)} must be a URL with scheme and host`);
  }
  const project = encodeURIComponent(textOf(settings, "project"));
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/projects/${project}/servers`;
  url.searchParams.set("details", "true");
  return url.href;
}

/** One target, at the first public address, or else the first private one; none without an address. */
function toTargets(server: JsonNode, project: string, port: number): readonly LabelValues[] {
  const networks = server.items("nics");
  const publicAddress = networks.map((network) => network.text("publicIp")).find((address) => address !== "");
  const attached = networks.filter((network) => network.text("ipv4") !== "");
  const address = publicAddress ?? attached[0]?.text("ipv4");
  if (address === undefined) return [];
  return [
    {
      [ADDRESS]: hostPort(address, port),
      [`${PREFIX}project`]: project,
      [`${PREFIX}id`]: server.text("id"),
      [`${PREFIX}name`]: server.text("name"),
      [`${PREFIX}availability_zone`]: server.text("availabilityZone"),
      [`${PREFIX}status`]: server.text("status"),
      [`${PREFIX}power_status`]: server.text("powerStatus"),
      [`${PREFIX}type`]: server.text("machineType"),
      [`${PREFIX}public_ipv4`]: publicAddress,
      ...Object.fromEntries(attached.map(toNetworkLabel)),
      ...Object.fromEntries(server.entries("labels").flatMap(toLabelPair)),
    },
  ];
}

function toNetworkLabel(network: JsonNode): readonly [string, string] {
  return [`${PREFIX}private_ipv4_${sanitised(network.text("networkName"))}`, network.text("ipv4")];
}

/** Labels can be of any type; those that are no texts are passed over, as in Go. */
function toLabelPair([key, value]: readonly [string, JsonNode]): readonly (readonly [string, string])[] {
  if (typeof value.raw !== "string") return [];
  const name = sanitised(key);
  return [
    [`${PREFIX}labelpresent_${name}`, "true"],
    [`${PREFIX}label_${name}`, value.text()],
  ];
}
