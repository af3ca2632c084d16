import type { JsonNode } from "../json-node.ts";

/** What all labels of dockerswarm_sd begin with. */
export const SWARM_PREFIX = "__meta_dockerswarm_";

/** The address of a CIDR notation such as `10.0.1.2/24`. */
export function addressOf(cidr: JsonNode): string {
  return cidr.text().split("/")[0] ?? "";
}

/** The TCP ports among some. */
export function tcpPorts(ports: readonly JsonNode[]): readonly JsonNode[] {
  return ports.filter((port) => port.text("Protocol") === "tcp");
}
