import type { KubeObject, NamespacedName } from "../../api/meta.ts";
import type { TargetAllocatorSpec } from "../../api/opentelemetry/v1beta1.ts";
import type { MonitorKind } from "../../prometheus-cr/resources.ts";
import type { AccessAnswers } from "./access-question.ts";
import type { Unread } from "./cluster-reader.ts";
import type {
  CustomResource,
  Definition,
  Deployment,
  EndpointSliceObject,
  LeaseObject,
  MonitorObject,
  NetworkPolicy,
  ServiceObject,
  WebhookConfiguration,
} from "./kinds.ts";

/** What may be unknown, because the account may not read it. */
export type Known<T> = T | undefined;

/** Everything that the checks look at. No client, no clock. */
export interface Observation {
  readonly nowMs: number;
  /** Such as `1.36`; undefined when the server does not say. */
  readonly kubernetes: { readonly major: number; readonly minor: number } | undefined;
  /** Who asked. */
  readonly ownName: string | undefined;
  readonly collectors: Known<readonly CustomResource[]>;
  readonly targetAllocators: Known<readonly CustomResource[]>;
  /** The CustomResourceDefinitions that are asked for, by name; without those that are not there, or not known. */
  readonly definitions: ReadonlyMap<string, Definition>;
  /** Definitions that are known not to be there. */
  readonly missingDefinitions: ReadonlySet<string>;
  /** Deployments of this operator and of the Go operator. */
  readonly operators: Known<readonly Deployment[]>;
  readonly lease: Known<readonly LeaseObject[]>;
  readonly webhooks: Known<readonly WebhookConfiguration[]>;
  /** By key: what stands behind webhooks. */
  readonly backends: ReadonlyMap<string, Backend>;
  readonly namespaces: Known<readonly KubeObject[]>;
  readonly monitors: Readonly<Record<MonitorKind, Known<readonly MonitorObject[]>>>;
  readonly allocators: readonly ObservedAllocator[];
  /** What keeps a resource from being used, each a sentence, by `KIND NAMESPACE/NAME`. */
  readonly invalid: ReadonlyMap<string, readonly string[]>;
  readonly policies: Known<readonly NetworkPolicy[]>;
  /** How the API server is reached within the cluster; undefined when that is not known. */
  readonly apiServer: ApiServerAddress | undefined;
  readonly answers: AccessAnswers;
  readonly unread: readonly Unread[];
}

/** A Service and what is ready behind it. */
export interface Backend {
  readonly service: Known<readonly ServiceObject[]>;
  readonly slices: Known<readonly EndpointSliceObject[]>;
}

/** Where traffic goes: each is an address with one of its ports. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

export interface ApiServerAddress {
  /** By its Service. */
  readonly service: readonly Endpoint[];
  /** What is behind that. */
  readonly instances: readonly Endpoint[];
}

/** A target allocator as it would be made. */
export interface ObservedAllocator {
  /** The resource that describes it. */
  readonly owner: KubeObject;
  /** Where its settings stand in the owner: `["spec", "targetAllocator"]` or `["spec"]`. */
  readonly settingsPath: readonly string[];
  readonly spec: TargetAllocatorSpec;
  readonly name: NamespacedName;
  readonly account: NamespacedName;
  readonly podLabels: Readonly<Record<string, string>>;
  /** What its pods listen on for collectors to ask for their targets: over TLS where that is on. */
  readonly port: { readonly name: "http" | "https"; readonly number: number };
  /** `targetallocator.yaml`. */
  readonly fileText: string;
  /** Whether the resource names the account, so that it is not the operator's to make. */
  readonly accountNamed: boolean;
  readonly accountExists?: Known<boolean>;
  /** What its collectorSelector selects, in the syntax of kubectl -l; undefined without one. */
  readonly selector: string | undefined;
  /** How many pods that selects; undefined when it is not known. */
  readonly selectedPods?: number;
}

/** `KIND NAMESPACE/NAME`, as findings name objects. */
export function nameOf({ kind, metadata: { namespace = "", name } }: KubeObject): string {
  return namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
