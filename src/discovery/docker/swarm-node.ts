import type { LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, mapLabels } from "../label-text.ts";
import { SWARM_PREFIX } from "./swarm-values.ts";

const PREFIX = `${SWARM_PREFIX}node_`;

/** The labels of a node that its tasks have too. */
export function nodeLabels(node: JsonNode): LabelValues {
  const [spec, description, status] = [node.at("Spec"), node.at("Description"), node.at("Status")];
  const platform = description.at("Platform");
  return {
    [`${PREFIX}id`]: node.text("ID"),
    [`${PREFIX}role`]: spec.text("Role"),
    [`${PREFIX}address`]: status.text("Addr"),
    [`${PREFIX}availability`]: spec.text("Availability"),
    [`${PREFIX}hostname`]: description.text("Hostname"),
    [`${PREFIX}platform_architecture`]: platform.text("Architecture"),
    [`${PREFIX}platform_os`]: platform.text("OS"),
    [`${PREFIX}status`]: status.text("State"),
    ...mapLabels(`${PREFIX}label_`, spec.textEntries("Labels")),
  };
}

/** A node as a target, at its address and a port. */
export function nodeTarget(node: JsonNode, port: number): LabelValues {
  const manager = node.at("ManagerStatus");
  return {
    [ADDRESS]: hostPort(node.at("Status").text("Addr"), port),
    ...nodeLabels(node),
    [`${PREFIX}engine_version`]: node.at("Description").at("Engine").text("EngineVersion"),
    [`${PREFIX}manager_leader`]: manager.present ? String(manager.flag("Leader")) : undefined,
    [`${PREFIX}manager_reachability`]: manager.present ? manager.text("Reachability") : undefined,
    [`${PREFIX}manager_address`]: manager.present ? manager.text("Addr") : undefined,
  };
}
