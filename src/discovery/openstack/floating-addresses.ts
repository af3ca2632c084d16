import type { JsonNode } from "../json-node.ts";
import { NETWORK, type OpenStackSession } from "./openstack-session.ts";

/** A public address that leads to a port. */
export interface FloatingAddress {
  readonly portId: string;
  /** The address of the port that it leads to; "" when it is not said. */
  readonly fixed: string;
  readonly floating: string;
}

/** The floating addresses that lead somewhere. */
export async function floatingAddresses(
  session: OpenStackSession,
  signal: AbortSignal,
): Promise<readonly FloatingAddress[]> {
  const addresses = await session.list(NETWORK, "floatingips", "floatingips", signal);
  return addresses.map(toFloatingAddress).filter(({ portId }) => portId !== "");
}

function toFloatingAddress(address: JsonNode): FloatingAddress {
  return {
    portId: address.text("port_id"),
    fixed: address.text("fixed_ip_address"),
    floating: address.text("floating_ip_address"),
  };
}
