import { numberOf } from "../decoded-settings.ts";
import type { DataObject, TargetGroup } from "../../allocator/index.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort } from "../label-text.ts";
import { COMPUTE, type OpenStack } from "./openstack-session.ts";

const PREFIX = "__meta_openstack_hypervisor_";

/** The role hypervisor: the machines that instances run on. */
export async function lookForHypervisors(
  openStack: OpenStack,
  settings: DataObject,
  signal: AbortSignal,
): Promise<readonly TargetGroup[]> {
  const session = await openStack.signIn(signal);
  const hypervisors = await session.list(COMPUTE, "os-hypervisors/detail", "hypervisors", signal);
  const port = numberOf(settings, "port");
  return [
    flatGroup(
      openStack.source,
      hypervisors.map((hypervisor) => toTarget(hypervisor, port)),
    ),
  ];
}

function toTarget(hypervisor: JsonNode, port: number): LabelValues {
  const address = hypervisor.text("host_ip");
  const id = hypervisor.at("id");
  return {
    [ADDRESS]: hostPort(address, port),
    // A number, or a UUID in newer versions of the API.
    [`${PREFIX}id`]: typeof id.raw === "number" ? String(id.raw) : id.text(),
    [`${PREFIX}hostname`]: hypervisor.text("hypervisor_hostname"),
    [`${PREFIX}host_ip`]: address,
    [`${PREFIX}status`]: hypervisor.text("status"),
    [`${PREFIX}state`]: hypervisor.text("state"),
    [`${PREFIX}type`]: hypervisor.text("hypervisor_type"),
  };
}
