import type { LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import type { EngineApi } from "./engine-api.ts";
import { nodeLabels } from "./swarm-node.ts";
import { serviceLabels } from "./swarm-service.ts";
import { SWARM_PREFIX, tcpPorts } from "./swarm-values.ts";

/** What tasks refer to, by id. */
export interface SwarmWorld {
  readonly nodes: ReadonlyMap<string, LabelValues>;
  readonly services: ReadonlyMap<string, LabelValues>;
  /** The published TCP ports of services. */
  readonly ports: ReadonlyMap<string, readonly JsonNode[]>;
  readonly networks: ReadonlyMap<string, LabelValues>;
}

/** Reads everything that tasks refer to. */
export async function worldOf(engine: EngineApi, signal: AbortSignal): Promise<SwarmWorld> {
  const services = await engine.list("/services", signal);
  const nodes = await engine.list("/nodes", signal);
  return {
    services: new Map(services.map((service) => [service.text("ID"), serviceLabels(service)])),
    ports: new Map(services.map((service) => [service.text("ID"), tcpPorts(service.at("Endpoint").items("Ports"))])),
    nodes: new Map(nodes.map((node) => [node.text("ID"), nodeLabels(node)])),
    networks: await engine.networkLabels(SWARM_PREFIX, signal),
  };
}
