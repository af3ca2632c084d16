import { type Labels, LabelsBuilder, type TargetGroup } from "../../allocator/index.ts";
import { ADDRESS, hostPort } from "../label-text.ts";
import { PREFIX } from "./label-names.ts";
import { addNamed, addNamespace, addNode, addService, NAMESPACE } from "./metadata-labels.ts";
import type { EndpointAddress, EndpointPort, Endpoints } from "./objects.ts";
import { DEFAULT_PROTOCOL } from "./pod-labels.ts";
import { ReferredPods } from "./referred-pods.ts";
import type { RelatedObjects } from "./related-objects.ts";

// The names of this role: `endpoint_…` for what an address says, `endpoints_…` for the metadata of the object.
const PORT_NAME = `${PREFIX}endpoint_port_name`;
const PORT_PROTOCOL = `${PREFIX}endpoint_port_protocol`;
const READY = `${PREFIX}endpoint_ready`;
const TARGET_KIND = `${PREFIX}endpoint_address_target_kind`;
const TARGET_NAME = `${PREFIX}endpoint_address_target_name`;
const NODE_NAME = `${PREFIX}endpoint_node_name`;
const HOSTNAME = `${PREFIX}endpoint_hostname`;

/**
 * Role `endpoints`: a target for each port of each address, ready or not, and for the declared ports of the pods behind
 * them that are not among the endpoints. An address in both lists gives two targets.
 */
export function buildEndpointsGroup(endpoints: Endpoints, source: string, related: RelatedObjects): TargetGroup {
  const { namespace = "", name } = endpoints.metadata;
  const builder = new LabelsBuilder().set(NAMESPACE, namespace);
  const service = related.service(namespace, name);
  if (service !== undefined) addService(builder, service);
  addNamed(builder, "endpoints", endpoints);
  addNamespace(builder, related.namespace(namespace));

  const pods = new ReferredPods(related);
  const targets: Labels[] = [];
  for (const subset of endpoints.subsets ?? []) {
    for (const port of subset.ports ?? []) {
      const toTarget = (address: EndpointAddress, ready: boolean): void => {
        targets.push(endpointTarget({ address, port, ready }, pods, related));
      };
      for (const address of subset.addresses ?? []) toTarget(address, true);
      for (const address of subset.notReadyAddresses ?? []) toTarget(address, false);
    }
  }
  return { source, labels: builder.build(), targets: [...targets, ...pods.additionalTargets()] };
}

interface Endpoint {
  readonly address: EndpointAddress;
  readonly port: EndpointPort;
  readonly ready: boolean;
}

function endpointTarget(endpoint: Endpoint, pods: ReferredPods, related: RelatedObjects): Labels {
  const { address, port, ready } = endpoint;
  const protocol = port.protocol ?? DEFAULT_PROTOCOL;
  const builder = new LabelsBuilder()
    .set(ADDRESS, hostPort(address.ip, port.port))
    .set(PORT_NAME, port.name ?? "")
    .set(PORT_PROTOCOL, protocol)
    .set(READY, ready ? "true" : "false");
  if (address.targetRef !== undefined) {
    builder.set(TARGET_KIND, address.targetRef.kind ?? "").set(TARGET_NAME, address.targetRef.name ?? "");
  }
  if (address.nodeName !== undefined) builder.set(NODE_NAME, address.nodeName);
  if (address.hostname !== undefined && address.hostname !== "") {
    builder.set(HOSTNAME, address.hostname);
  }
  const node = nodeOfAddress(address);
  if (node !== undefined) addNode(builder, related.node(node));
  pods.addLabels(builder, address.targetRef, { number: port.port, protocol });
  return builder.build();
}

/** The node whose metadata an address carries. */
export function nodeOfAddress({ nodeName, targetRef }: EndpointAddress): string | undefined {
  return nodeName ?? (targetRef?.kind === "Node" ? targetRef.name : undefined);
}
