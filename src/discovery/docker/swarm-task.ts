import type { LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, mapLabels } from "../label-text.ts";
import { addressOf, SWARM_PREFIX, tcpPorts } from "./swarm-values.ts";
import type { SwarmWorld } from "./swarm-world.ts";

const PREFIX = `${SWARM_PREFIX}task_`;

/**
 * A task as targets: the TCP ports that it publishes at its node, and the published ports of its service, or one port
 * if there are none, at each of its own addresses.
 */
export function taskTargets(task: JsonNode, world: SwarmWorld, port: number): readonly LabelValues[] {
  const common = taskLabels(task, world);
  const node = common[`${SWARM_PREFIX}node_address`] ?? "";
  const published = tcpPorts(task.at("Status").at("PortStatus").items("Ports"));
  const atNode = published.map((each) => portTarget(node, each, common));
  const ports = world.ports.get(task.text("ServiceID")) ?? [];
  const inNetworks = task.items("NetworksAttachments").flatMap((attachment) => {
    const labels = { ...common, ...world.networks.get(attachment.at("Network").text("ID")) };
    return attachment.items("Addresses").flatMap((cidr): readonly LabelValues[] => {
      const address = addressOf(cidr);
      if (ports.length === 0) return [{ [ADDRESS]: hostPort(address, port), ...labels }];
      return ports.map((each) => portTarget(address, each, labels));
    });
  });
  return [...atNode, ...inNetworks];
}

function portTarget(address: string, port: JsonNode, labels: LabelValues): LabelValues {
  return {
    [ADDRESS]: hostPort(address, port.number("PublishedPort")),
    [`${PREFIX}port_publish_mode`]: port.text("PublishMode"),
    ...labels,
  };
}

function taskLabels(task: JsonNode, { services, nodes }: SwarmWorld): LabelValues {
  const status = task.at("Status");
  const container = status.at("ContainerStatus");
  return {
    [`${PREFIX}id`]: task.text("ID"),
    [`${PREFIX}desired_state`]: task.text("DesiredState"),
    [`${PREFIX}state`]: status.text("State"),
    [`${PREFIX}slot`]: String(task.number("Slot")),
    [`${PREFIX}container_id`]: container.present ? container.text("ContainerID") : undefined,
    ...mapLabels(`${SWARM_PREFIX}container_label_`, task.at("Spec").at("ContainerSpec").textEntries("Labels")),
    ...services.get(task.text("ServiceID")),
    ...nodes.get(task.text("NodeID")),
  };
}
