import { type Labels, LabelsBuilder, type TargetGroup } from "../../allocator/index.ts";
import { ADDRESS } from "../label-text.ts";
import { PREFIX } from "./label-names.ts";
import { addNamespace, addService } from "./metadata-labels.ts";
import type { Service, ServicePort } from "./objects.ts";
import { DEFAULT_PROTOCOL } from "./pod-labels.ts";
import type { RelatedObjects } from "./related-objects.ts";

const PORT_NAME = `${PREFIX}service_port_name`;
const PORT_NUMBER = `${PREFIX}service_port_number`;
const PORT_PROTOCOL = `${PREFIX}service_port_protocol`;
const TYPE = `${PREFIX}service_type`;
const EXTERNAL_NAME = `${PREFIX}service_external_name`;
const CLUSTER_IP = `${PREFIX}service_cluster_ip`;
const LOAD_BALANCER_IP = `${PREFIX}service_loadbalancer_ip`;

/**
 * Role `service`: one target for each port, addressed by the service's DNS name; which pod answers is up to the service.
 * Meant for probing a service from outside. A service without ports has labels and no targets.
 */
export function buildServiceGroup(service: Service, source: string, related: RelatedObjects): TargetGroup {
  const builder = new LabelsBuilder();
  addService(builder, service);
  addNamespace(builder, related.namespace(service.metadata.namespace ?? ""));
  const targets = (service.spec?.ports ?? []).map((port) => toTarget(service, port));
  return { source, labels: builder.build(), targets };
}

function toTarget(service: Service, port: ServicePort): Labels {
  const { name, namespace = "" } = service.metadata;
  const builder = new LabelsBuilder()
    .set(ADDRESS, `${name}.${namespace}.svc:${port.port}`)
    .set(PORT_NAME, port.name ?? "")
    .set(PORT_NUMBER, String(port.port))
    .set(PORT_PROTOCOL, port.protocol ?? DEFAULT_PROTOCOL);
  addType(builder, service.spec ?? {});
  return builder.build();
}

/** An ExternalName has no cluster IP at all, a headless service has the text "None". */
function addType(builder: LabelsBuilder, spec: NonNullable<Service["spec"]>): void {
  // A service without a type has not been through an API server, which fills this in.
  const { type = "ClusterIP", clusterIP = "", externalName = "", loadBalancerIP = "" } = spec;
  builder.set(TYPE, type);
  if (type === "ExternalName") builder.set(EXTERNAL_NAME, externalName);
  else builder.set(CLUSTER_IP, clusterIP);
  if (type === "LoadBalancer") builder.set(LOAD_BALANCER_IP, loadBalancerIP);
}
