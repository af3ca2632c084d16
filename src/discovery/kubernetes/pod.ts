import { type Labels, LabelsBuilder, type TargetGroup } from "../../allocator/index.ts";
import { ADDRESS, hostPort } from "../label-text.ts";
import { PREFIX } from "./label-names.ts";
import { addNamespace, addNode, NAMESPACE } from "./metadata-labels.ts";
import type { ContainerPort, Pod } from "./objects.ts";
import { addContainer, addContainerPort, addPod, containersOf, type PodContainer } from "./pod-labels.ts";
import type { RelatedObjects } from "./related-objects.ts";

const CONTAINER_ID = `${PREFIX}pod_container_id`;

/**
 * Role `pod`: a target for each declared port of each container, in whatever phase the pod is; for a container without
 * ports, one target with the bare address. None without a pod IP, and none while nodes are attached and the pod's node
 * is not among those watched: that is how a node selector filters pods.
 */
export function buildPodGroup(pod: Pod, source: string, related: RelatedObjects): TargetGroup {
  const builder = new LabelsBuilder();
  const address = pod.status?.podIP ?? "";
  const node = related.attach.node ? related.node(pod.spec?.nodeName ?? "") : undefined;
  const hidden = address === "" || (related.attach.node && node === undefined);
  if (hidden) return { source, labels: builder.build(), targets: [] };

  addPod(builder, pod, related);
  const namespace = pod.metadata.namespace ?? "";
  builder.set(NAMESPACE, namespace);
  addNode(builder, node);
  addNamespace(builder, related.namespace(namespace));
  return { source, labels: builder.build(), targets: containersOf(pod).flatMap((one) => targetsOf(pod, one)) };
}

function targetsOf(pod: Pod, container: PodContainer): Labels[] {
  const id = containerId(pod, container);
  const ports = container.container.ports ?? [];
  if (ports.length === 0) return [toTarget(pod, container, id)];
  return ports.map((port) => toTarget(pod, container, id, port));
}

function toTarget(pod: Pod, container: PodContainer, id: string, port?: ContainerPort): Labels {
  const builder = new LabelsBuilder();
  const address = pod.status?.podIP ?? "";
  builder.set(ADDRESS, port === undefined ? address : hostPort(address, port.containerPort)).set(CONTAINER_ID, id);
  addContainer(builder, container);
  if (port !== undefined) addContainerPort(builder, port);
  return builder.build();
}

/** Known once the container runtime has created the container; "" before. */
function containerId({ status }: Pod, { container, init }: PodContainer): string {
  const statuses = init ? status?.initContainerStatuses : status?.containerStatuses;
  return statuses?.find(({ name }) => name === container.name)?.containerID ?? "";
}
