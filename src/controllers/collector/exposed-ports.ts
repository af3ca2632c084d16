import type { CollectorInput } from "./collector-input.ts";
import { findPorts } from "./config/ports.ts";
import { mergeServicePorts } from "./merge-ports.ts";

/** A port of the collector's Service that is shown outside of the cluster. */
export interface ExposedPort {
  /** As the Service names it. */
  readonly name: string;
  readonly port: number;
  readonly appProtocol: string | undefined;
}

/**
 * What an Ingress or a route leads to: the ports of receivers and of the spec. Not those on UDP, which neither can
 * carry.
 */
export function exposedPorts({ collector: { spec } }: CollectorInput): readonly ExposedPort[] {
  return mergeServicePorts(spec.ports ?? [], findPorts(spec.config, ["receivers"]).ports)
    .filter(({ protocol = "TCP" }) => protocol === "TCP")
    .map(({ name = "", port, appProtocol }) => ({ name, port, appProtocol }));
}
