import type { LabelsBuilder } from "../../allocator/index.ts";
import { PREFIX } from "./label-names.ts";
import { addNamed } from "./metadata-labels.ts";
import { type Container, type ContainerPort, controllerOf, type Pod } from "./objects.ts";
import type { RelatedObjects } from "./related-objects.ts";

const POD_IP = `${PREFIX}pod_ip`;
const POD_READY = `${PREFIX}pod_ready`;
const POD_PHASE = `${PREFIX}pod_phase`;
const POD_NODE_NAME = `${PREFIX}pod_node_name`;
const POD_HOST_IP = `${PREFIX}pod_host_ip`;
const POD_UID = `${PREFIX}pod_uid`;
const CONTROLLER_KIND = `${PREFIX}pod_controller_kind`;
const CONTROLLER_NAME = `${PREFIX}pod_controller_name`;
const DEPLOYMENT_NAME = `${PREFIX}pod_deployment_name`;
const JOB_NAME = `${PREFIX}pod_job_name`;
const CRONJOB_NAME = `${PREFIX}pod_cronjob_name`;
const CONTAINER_NAME = `${PREFIX}pod_container_name`;
const CONTAINER_IMAGE = `${PREFIX}pod_container_image`;
const CONTAINER_INIT = `${PREFIX}pod_container_init`;
const CONTAINER_PORT_NAME = `${PREFIX}pod_container_port_name`;
const CONTAINER_PORT_NUMBER = `${PREFIX}pod_container_port_number`;
const CONTAINER_PORT_PROTOCOL = `${PREFIX}pod_container_port_protocol`;

// Values may be empty and are set all the same: a label that is missing and one that is empty differ on the wire.

/** What the API server fills in for a port without protocol. */
export const DEFAULT_PROTOCOL = "TCP";

/** The labels of a pod itself: state, place, metadata and what controls it. */
export function addPod(builder: LabelsBuilder, pod: Pod, related: RelatedObjects): void {
  builder
    .set(POD_IP, pod.status?.podIP ?? "")
    .set(POD_READY, readiness(pod))
    .set(POD_PHASE, pod.status?.phase ?? "")
    .set(POD_NODE_NAME, pod.spec?.nodeName ?? "")
    .set(POD_HOST_IP, pod.status?.hostIP ?? "")
    .set(POD_UID, pod.metadata.uid ?? "");
  addNamed(builder, "pod", pod);
  addController(builder, pod, related);
}

function readiness(pod: Pod): string {
  const status = pod.status?.conditions?.find((condition) => condition.type === "Ready")?.status;
  // Literals, because every lower-cased copy would be a string of its own.
  if (status === "True") return "true";
  if (status === "False") return "false";
  return status?.toLowerCase() ?? "unknown";
}

/** What controls the pod, and what controls that: a Deployment stands behind a ReplicaSet, a CronJob behind a Job. */
function addController(builder: LabelsBuilder, pod: Pod, related: RelatedObjects): void {
  const controller = controllerOf(pod);
  if (controller === undefined) return;
  if (controller.kind !== "") builder.set(CONTROLLER_KIND, controller.kind);
  if (controller.name !== "") builder.set(CONTROLLER_NAME, controller.name);
  const namespace = pod.metadata.namespace ?? "";
  if (controller.kind === "ReplicaSet") {
    const deployment = ownerOfKind(related.replicaSet(namespace, controller.name), "Deployment");
    if (deployment !== undefined) builder.set(DEPLOYMENT_NAME, deployment);
  } else if (controller.kind === "Job") {
    if (related.attach.job) builder.set(JOB_NAME, controller.name);
    const cronJob = ownerOfKind(related.job(namespace, controller.name), "CronJob");
    if (cronJob !== undefined) builder.set(CRONJOB_NAME, cronJob);
  }
}

function ownerOfKind(object: Parameters<typeof controllerOf>[0] | undefined, kind: string): string | undefined {
  if (object === undefined) return undefined;
  const owner = controllerOf(object);
  return owner?.kind === kind ? owner.name : undefined;
}

/** A container of a pod and whether it is an init container. */
export interface PodContainer {
  readonly container: Container;
  readonly init: boolean;
}

/** The containers, then the init containers. Ephemeral containers are no targets. */
export function containersOf({ spec }: Pod): readonly PodContainer[] {
  const containers = (spec?.containers ?? []).map((container) => ({ container, init: false }));
  if (spec?.initContainers === undefined) return containers;
  return [...containers, ...spec.initContainers.map((container) => ({ container, init: true }))];
}

/** Name, image and kind of a container. */
export function addContainer(builder: LabelsBuilder, { container, init }: PodContainer): void {
  builder
    .set(CONTAINER_NAME, container.name)
    .set(CONTAINER_IMAGE, container.image ?? "")
    .set(CONTAINER_INIT, init ? "true" : "false");
}

/** A declared port of a container. */
export function addContainerPort(builder: LabelsBuilder, port: ContainerPort, protocol = protocolOf(port)): void {
  builder
    .set(CONTAINER_PORT_NAME, port.name ?? "")
    .set(CONTAINER_PORT_NUMBER, String(port.containerPort))
    .set(CONTAINER_PORT_PROTOCOL, protocol);
}

function protocolOf(port: ContainerPort): string {
  return port.protocol ?? DEFAULT_PROTOCOL;
}
