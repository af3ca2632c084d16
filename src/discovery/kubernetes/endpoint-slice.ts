import { type Labels, LabelsBuilder, type TargetGroup } from "../../allocator/index.ts";
import { ADDRESS, hostPort, sanitised } from "../label-text.ts";
import { PREFIX } from "./label-names.ts";
import { addNamed, addNamespace, addNode, addService, NAMESPACE } from "./metadata-labels.ts";
import type { EndpointSlice, Service, SliceEndpoint, SlicePort } from "./objects.ts";
import { ReferredPods } from "./referred-pods.ts";
import type { RelatedObjects } from "./related-objects.ts";

const ADDRESS_TYPE = `${PREFIX}endpointslice_address_type`;
const PORT_NAME = `${PREFIX}endpointslice_port_name`;
const PORT_PROTOCOL = `${PREFIX}endpointslice_port_protocol`;
const PORT = `${PREFIX}endpointslice_port`;
const APP_PROTOCOL = `${PREFIX}endpointslice_port_app_protocol`;
const READY = `${PREFIX}endpointslice_endpoint_conditions_ready`;
const SERVING = `${PREFIX}endpointslice_endpoint_conditions_serving`;
const TERMINATING = `${PREFIX}endpointslice_endpoint_conditions_terminating`;
const HOSTNAME = `${PREFIX}endpointslice_endpoint_hostname`;
const TARGET_KIND = `${PREFIX}endpointslice_address_target_kind`;
const TARGET_NAME = `${PREFIX}endpointslice_address_target_name`;
const NODE_NAME = `${PREFIX}endpointslice_endpoint_node_name`;
const ZONE = `${PREFIX}endpointslice_endpoint_zone`;
const TOPOLOGY = `${PREFIX}endpointslice_endpoint_topology_`;
const TOPOLOGY_PRESENT = `${PREFIX}endpointslice_endpoint_topology_present_`;
/** Names the service that a slice belongs to. https://kubernetes.io/docs/reference/labels-annotations-taints/ */
const LABEL_SERVICE_NAME = "kubernetes.io/service-name";

/**
 * Role `endpointslice`: a target for each port of each address of each endpoint, ready or not, and for the declared
 * ports of the pods behind them that are not among the endpoints.
 *
 * A dual-stack service has one slice for each address family of the same pods; only those of its first family give
 * targets, or everything would be scraped twice.
 */
export function buildEndpointSliceGroup(slice: EndpointSlice, source: string, related: RelatedObjects): TargetGroup {
  const namespace = slice.metadata.namespace ?? "";
  const builder = new LabelsBuilder().set(NAMESPACE, namespace).set(ADDRESS_TYPE, slice.addressType ?? "");
  addNamed(builder, "endpointslice", slice);
  const serviceName = serviceOf(slice);
  const service = serviceName === undefined ? undefined : related.service(namespace, serviceName);
  if (service !== undefined) addService(builder, service);
  addNamespace(builder, related.namespace(namespace));
  const targets = isSecondFamily(slice, service) ? [] : targetsOf(slice, related);
  return { source, labels: builder.build(), targets };
}

/** The name of the slice's service, if it has one. */
export function serviceOf(slice: EndpointSlice): string | undefined {
  return slice.metadata.labels?.[LABEL_SERVICE_NAME];
}

function isSecondFamily(slice: EndpointSlice, service: Service | undefined): boolean {
  const { ipFamilyPolicy, ipFamilies = [] } = service?.spec ?? {};
  const dualStack = ipFamilyPolicy === "PreferDualStack" || ipFamilyPolicy === "RequireDualStack";
  return dualStack && ipFamilies.length > 0 && slice.addressType !== ipFamilies[0];
}

function targetsOf(slice: EndpointSlice, related: RelatedObjects): readonly Labels[] {
  const pods = new ReferredPods(related);
  const targets: Labels[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    for (const port of slice.ports ?? []) {
      for (const address of endpoint.addresses ?? []) {
        targets.push(toTarget({ endpoint, port, address }, pods, related));
      }
    }
  }
  return [...targets, ...pods.additionalTargets()];
}

interface PlaceToScrape {
  readonly endpoint: SliceEndpoint;
  readonly port: SlicePort;
  readonly address: string;
}

function toTarget({ endpoint, port, address }: PlaceToScrape, pods: ReferredPods, related: RelatedObjects): Labels {
  const number = port.port ?? undefined;
  const builder = new LabelsBuilder();
  builder.set(ADDRESS, number === undefined ? address : hostPort(address, number));
  addPort(builder, port);
  addEndpoint(builder, endpoint);
  const node = nodeOfEndpoint(endpoint);
  if (node !== undefined) addNode(builder, related.node(node));
  pods.addLabels(builder, endpoint.targetRef, { number });
  return builder.build();
}

/** The node whose metadata an endpoint carries. A slice asks the reference first; the older Endpoints the node name. */
export function nodeOfEndpoint({ nodeName, targetRef }: SliceEndpoint): string | undefined {
  return (targetRef?.kind === "Node" ? targetRef.name : nodeName) ?? undefined;
}

function addPort(builder: LabelsBuilder, { name, protocol, port, appProtocol }: SlicePort): void {
  setPresent(builder, PORT_NAME, name);
  setPresent(builder, PORT_PROTOCOL, protocol);
  setPresent(builder, PORT, port);
  setPresent(builder, APP_PROTOCOL, appProtocol);
}

function addEndpoint(builder: LabelsBuilder, endpoint: SliceEndpoint): void {
  const { conditions, targetRef, deprecatedTopology } = endpoint;
  setPresent(builder, READY, conditions?.ready);
  setPresent(builder, SERVING, conditions?.serving);
  setPresent(builder, TERMINATING, conditions?.terminating);
  setPresent(builder, HOSTNAME, endpoint.hostname);
  if (targetRef !== undefined && targetRef !== null) {
    builder.set(TARGET_KIND, targetRef.kind ?? "").set(TARGET_NAME, targetRef.name ?? "");
  }
  setPresent(builder, NODE_NAME, endpoint.nodeName);
  setPresent(builder, ZONE, endpoint.zone);
  for (const [key, value] of Object.entries(deprecatedTopology ?? {})) {
    builder.set(TOPOLOGY + sanitised(key), value).set(TOPOLOGY_PRESENT + sanitised(key), "true");
  }
}

function setPresent(builder: LabelsBuilder, name: string, value: string | number | boolean | null | undefined): void {
  if (value !== undefined && value !== null) builder.set(name, String(value));
}
