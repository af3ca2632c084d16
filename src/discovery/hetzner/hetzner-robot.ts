import { isIPv4 } from "node:net";

import type { DataObject } from "../../allocator/index.ts";
import { numberOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonApi } from "../http-client/json-api.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort } from "../label-text.ts";
import type { Look } from "../polling-discoverer.ts";

const PREFIX = "__meta_hetzner_";

/** The role robot: dedicated servers at their IPv4 address. https://robot.hetzner.com/doc/webservice/en.html */
export function createRobotLook(settings: DataObject, api: JsonApi, endpoint: string): Look {
  const port = numberOf(settings, "port");
  return async (signal) => {
    const servers = await api.get(`${endpoint}/server`, signal);
    return [
      flatGroup(
        "hetzner",
        servers.items().map((entry) => toTarget(entry.at("server"), port)),
      ),
    ];
  };
}

function toTarget(server: JsonNode, port: number): LabelValues {
  const address = server.text("server_ip");
  const datacenter = server.text("dc").toLowerCase();
  const subnet = server.items("subnet").find((each) => !isIPv4(each.text("ip")));
  return {
    [ADDRESS]: hostPort(address, port),
    [`${PREFIX}role`]: "robot",
    [`${PREFIX}server_id`]: String(server.number("server_number")),
    [`${PREFIX}server_name`]: server.text("server_name"),
    [`${PREFIX}server_status`]: server.text("status"),
    [`${PREFIX}datacenter`]: datacenter,
    [`${PREFIX}public_ipv4`]: address,
    [`${PREFIX}public_ipv6_network`]: subnet === undefined ? undefined : `${subnet.text("ip")}/${subnet.text("mask")}`,
    [`${PREFIX}robot_datacenter`]: datacenter,
    [`${PREFIX}robot_product`]: server.text("product"),
    [`${PREFIX}robot_cancelled`]: String(server.flag("cancelled")),
  };
}
