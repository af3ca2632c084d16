import { compareBytewise, type DataObject } from "../../allocator/index.ts";
import { flagOf, numberOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, mapLabels } from "../label-text.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";
import { createEngineClient, EngineApi } from "./engine-api.ts";

const PREFIX = "__meta_docker_";
const CONTAINER_MODE = "container:";

/** How containers become targets. */
interface ContainerSettings {
  /** Of containers without TCP ports. */
  readonly port: number;
  readonly hostNetworkingHost: string;
  readonly matchFirstNetwork: boolean;
}

/**
 * `docker_sd_configs`: the TCP ports of the running containers of an engine, in each of their networks.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#docker_sd_config
 */
export const docker: PolledMechanism = {
  mechanism: "docker",
  createClient: (settings, surroundings) => createEngineClient(settings, surroundings, "docker"),
  createLook: (raw, api) => {
    const engine = new EngineApi(raw, api, "docker");
    const settings = readSettings(raw);
    return async (signal) => {
      const containers = await engine.filtered("/containers/json", signal);
      const networkLabels = await engine.networkLabels(PREFIX, signal);
      const byId = new Map(containers.map((container) => [container.text("Id"), container]));
      const targets = containers
        .filter((container) => container.items("Names").length > 0)
        .flatMap((container) =>
          networksOf(container, byId, settings).flatMap((network) => {
            const labels = { ...labelsOfContainer(container), ...networkLabels.get(network.text("NetworkID")) };
            return targetsIn(container, network, settings).map((target) => withLabels(target, labels));
          }),
        );
      return [flatGroup("Docker", targets)];
    };
  },
};

function readSettings(raw: DataObject): ContainerSettings {
  return {
    port: numberOf(raw, "port"),
    hostNetworkingHost: textOf(raw, "host_networking_host"),
    matchFirstNetwork: flagOf(raw, "match_first_network"),
  };
}

function modeOf(container: JsonNode): string {
  return container.at("HostConfig").text("NetworkMode");
}

/** The networks that a container is in; those of the container whose network it shares, if it has none itself. */
function networksOf(
  container: JsonNode,
  byId: ReadonlyMap<string, JsonNode>,
  { matchFirstNetwork }: ContainerSettings,
): readonly JsonNode[] {
  const passed = new Set<JsonNode>();
  let owner: JsonNode | undefined = container;
  let networks: ReturnType<JsonNode["entries"]> = [];
  // Containers that share each other's network would lead round in circles.
  while (owner !== undefined && !passed.has(owner)) {
    passed.add(owner);
    networks = owner.at("NetworkSettings").entries("Networks");
    const mode = modeOf(owner);
    if (networks.length > 0 || !mode.startsWith(CONTAINER_MODE)) break;
    owner = byId.get(mode.slice(CONTAINER_MODE.length));
  }
  const known = networks.filter(([, network]) => network.present).toSorted(([a], [b]) => compareBytewise(a, b));
  return (matchFirstNetwork ? known.slice(0, 1) : known).map(([, network]) => network);
}

/** One target for each TCP port; one with the configured port if there is none. */
function targetsIn(container: JsonNode, network: JsonNode, settings: ContainerSettings): readonly LabelValues[] {
  const ipv4 = network.text("IPAddress");
  const address = ipv4 === "" ? network.text("GlobalIPv6Address") : ipv4;
  const ports = container.items("Ports").filter((port) => port.text("Type") === "tcp");
  if (ports.length === 0) {
    const isHost = modeOf(container) === "host";
    return [
      {
        [ADDRESS]: isHost ? settings.hostNetworkingHost : hostPort(address, settings.port),
        [`${PREFIX}network_ip`]: address,
      },
    ];
  }
  return ports.map((port) => {
    const published = port.number("PublicPort") > 0;
    return {
      [ADDRESS]: hostPort(address, port.number("PrivatePort")),
      [`${PREFIX}network_ip`]: address,
      [`${PREFIX}port_private`]: String(port.number("PrivatePort")),
      [`${PREFIX}port_public`]: published ? String(port.number("PublicPort")) : undefined,
      [`${PREFIX}port_public_ip`]: published ? port.text("IP") : undefined,
    };
  });
}

function labelsOfContainer(container: JsonNode): LabelValues {
  return {
    [`${PREFIX}container_id`]: container.text("Id"),
    [`${PREFIX}container_name`]: container.items("Names")[0]?.text(),
    [`${PREFIX}container_network_mode`]: modeOf(container),
    ...mapLabels(`${PREFIX}container_label_`, container.textEntries("Labels")),
  };
}

function withLabels(target: LabelValues, labels: LabelValues): LabelValues {
  return { ...target, ...labels };
}
