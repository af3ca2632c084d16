import type { LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, mapLabels } from "../label-text.ts";
import { addressOf, SWARM_PREFIX, tcpPorts } from "./swarm-values.ts";

const PREFIX = `${SWARM_PREFIX}service_`;

/** The labels of a service that its tasks have too. */
export function serviceLabels(service: JsonNode): LabelValues {
  const spec = service.at("Spec");
  return {
    [`${PREFIX}id`]: service.text("ID"),
    [`${PREFIX}name`]: spec.text("Name"),
    [`${PREFIX}mode`]: modeOf(spec.at("Mode")),
    ...mapLabels(`${PREFIX}label_`, spec.textEntries("Labels")),
  };
}

function modeOf(mode: JsonNode): string {
  if (mode.at("Global").present) return "global";
  return mode.at("Replicated").present ? "replicated" : "";
}

/** A service as targets: each published TCP port, or one port if there is none, at each of its virtual addresses. */
export function serviceTargets(
  service: JsonNode,
  networks: ReadonlyMap<string, LabelValues>,
  port: number,
): readonly LabelValues[] {
  const container = service.at("Spec").at("TaskTemplate").at("ContainerSpec");
  const update = service.at("UpdateStatus");
  const common = {
    ...serviceLabels(service),
    [`${PREFIX}task_container_hostname`]: container.present ? container.text("Hostname") : undefined,
    [`${PREFIX}task_container_image`]: container.present ? container.text("Image") : undefined,
    [`${PREFIX}updating_status`]: update.present ? update.text("State") : undefined,
  };
  const endpoint = service.at("Endpoint");
  const ports = tcpPorts(endpoint.items("Ports"));
  return endpoint.items("VirtualIPs").flatMap((virtual): readonly LabelValues[] => {
    const address = addressOf(virtual.at("Addr"));
    const labels = { ...common, ...networks.get(virtual.text("NetworkID")) };
    if (ports.length === 0) return [{ [ADDRESS]: hostPort(address, port), ...labels }];
    return ports.map((each) => portTarget(address, each, labels));
  });
}

function portTarget(address: string, port: JsonNode, labels: LabelValues): LabelValues {
  return {
    [ADDRESS]: hostPort(address, port.number("PublishedPort")),
    [`${PREFIX}endpoint_port_name`]: port.text("Name"),
    [`${PREFIX}endpoint_port_publish_mode`]: port.text("PublishMode"),
    ...labels,
  };
}
