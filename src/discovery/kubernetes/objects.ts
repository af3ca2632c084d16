/**
 * The parts of Kubernetes objects that discovery reads. Everything is optional that the API server may leave out, and
 * what it fills in when an object is stored (a port's protocol, a service's type) may be missing too: objects from a
 * directory of manifests have not been through an API server.
 */
import type { KubeObject, OwnerReference } from "../../api/meta.ts";

/** Only its metadata is read. */
export interface Namespace extends KubeObject {
  readonly kind: "Namespace";
}

/** One of the ways to reach a node; `type` is InternalIP, Hostname and so on, or a cloud's own. */
export interface NodeAddress {
  readonly type: string;
  readonly address: string;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ */
export interface Node extends KubeObject {
  readonly spec?: { readonly providerID?: string };
  readonly status?: {
    readonly addresses?: readonly NodeAddress[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } };
  };
}

/** A declared port. Declaring is optional in Kubernetes: a container can listen on others. */
export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: string;
}

/** A container or init container of a pod. */
export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly ContainerPort[];
}

/** What the kubelet reports of a container; matched with it by name. */
interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
}

/** Of a pod's conditions only the one of type Ready is read. */
interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string | null;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
export interface Pod extends KubeObject {
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly hostIP?: string;
    /** When the kubelet took the pod on; missing before. */
    readonly startTime?: string | null;
    readonly conditions?: readonly PodCondition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

/** A port that a service listens on. */
export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/ */
export interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly externalName?: string;
    /** The address that was asked for, not the one that was given. */
    readonly loadBalancerIP?: string;
    readonly ipFamilyPolicy?: string;
    /** The first one is the family of the service's cluster IP. */
    readonly ipFamilies?: readonly string[];
    readonly ports?: readonly ServicePort[];
  };
}

/** What an endpoint stands for; only Pods and Nodes are followed. */
export interface TargetReference {
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** An address of the older Endpoints; the reference says what is behind it. */
export interface EndpointAddress {
  readonly ip: string;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef?: TargetReference;
}

/** A port of all addresses of its subset. */
export interface EndpointPort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
}

/** Every address of a subset serves every port of it. */
interface EndpointSubset {
  readonly addresses?: readonly EndpointAddress[] | null;
  readonly notReadyAddresses?: readonly EndpointAddress[] | null;
  readonly ports?: readonly EndpointPort[] | null;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoints-v1/ */
export interface Endpoints extends KubeObject {
  readonly subsets?: readonly EndpointSubset[] | null;
}

/** What one pod (or whatever else serves) has; its addresses are of the slice's one family. */
export interface SliceEndpoint {
  readonly addresses?: readonly string[];
  readonly conditions?: {
    readonly ready?: boolean | null;
    readonly serving?: boolean | null;
    readonly terminating?: boolean | null;
  };
  readonly hostname?: string | null;
  readonly nodeName?: string | null;
  readonly zone?: string | null;
  readonly targetRef?: TargetReference | null;
  readonly deprecatedTopology?: Readonly<Record<string, string>> | null;
}

/** A port of all endpoints of its slice. Without a number it stands for all ports. */
export interface SlicePort {
  readonly name?: string | null;
  readonly protocol?: string | null;
  readonly port?: number | null;
  readonly appProtocol?: string | null;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/ */
export interface EndpointSlice extends KubeObject {
  readonly addressType?: string;
  readonly endpoints?: readonly SliceEndpoint[] | null;
  readonly ports?: readonly SlicePort[] | null;
}

/** What happens to requests for one host. */
export interface IngressRule {
  readonly host?: string;
  readonly http?: { readonly paths?: readonly { readonly path?: string }[] | null } | null;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/ */
export interface Ingress extends KubeObject {
  readonly spec?: {
    readonly ingressClassName?: string | null;
    readonly rules?: readonly IngressRule[] | null;
    readonly tls?: readonly { readonly hosts?: readonly string[] | null }[] | null;
  };
}

/** The owner that controls the object, by its kind's controller; the first one if there were several. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}
