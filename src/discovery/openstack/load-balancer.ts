import type { DataObject, TargetGroup } from "../../allocator/index.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort } from "../label-text.ts";
import { floatingAddresses } from "./floating-addresses.ts";
import { LOAD_BALANCER, type OpenStack } from "./openstack-session.ts";

const PREFIX = "__meta_openstack_loadbalancer_";

/** The role loadbalancer: those with a listener that serves their own metrics. */
export async function lookForLoadBalancers(
  openStack: OpenStack,
  _settings: DataObject,
  signal: AbortSignal,
): Promise<readonly TargetGroup[]> {
  const session = await openStack.signIn(signal);
  const balancers = await session.list(LOAD_BALANCER, "lbaas/loadbalancers", "loadbalancers", signal);
  const ports = metricsPorts(await session.list(LOAD_BALANCER, "lbaas/listeners", "listeners", signal));
  const addresses = await floatingAddresses(session, signal);
  const floating = new Map(addresses.map((address) => [address.portId, address.floating]));
  const targets = balancers.flatMap((balancer) => {
    const port = ports.get(balancer.text("id"));
    return port === undefined ? [] : [toTarget(balancer, port, floating)];
  });
  return [flatGroup(openStack.source, targets)];
}

/** By load balancer: the port of the first listener whose protocol is PROMETHEUS. */
function metricsPorts(listeners: readonly JsonNode[]): ReadonlyMap<string, number> {
  const ports = new Map<string, number>();
  for (const listener of listeners) {
    if (listener.text("protocol") !== "PROMETHEUS") continue;
    for (const balancer of listener.items("loadbalancers")) {
      const id = balancer.text("id");
      if (!ports.has(id)) ports.set(id, listener.number("protocol_port"));
    }
  }
  return ports;
}

function toTarget(balancer: JsonNode, port: number, floating: ReadonlyMap<string, string>): LabelValues {
  const vip = balancer.text("vip_address");
  const tags = balancer.texts("tags");
  return {
    [ADDRESS]: hostPort(vip, port),
    [`${PREFIX}id`]: balancer.text("id"),
    [`${PREFIX}name`]: balancer.text("name"),
    [`${PREFIX}operating_status`]: balancer.text("operating_status"),
    [`${PREFIX}provisioning_status`]: balancer.text("provisioning_status"),
    [`${PREFIX}availability_zone`]: balancer.text("availability_zone"),
    [`${PREFIX}floating_ip`]: floating.get(balancer.text("vip_port_id")),
    [`${PREFIX}vip`]: vip,
    [`${PREFIX}provider`]: balancer.text("provider"),
    [`${PREFIX}tags`]: tags.length === 0 ? undefined : tags.join(","),
    __meta_openstack_project_id: balancer.text("project_id"),
  };
}
