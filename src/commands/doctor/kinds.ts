import type { KubeObject, ObjectMeta } from "../../api/meta.ts";
import type { LabelSelector } from "../../api/opentelemetry/v1beta1.ts";
import type { ResourceType } from "../../api/resource-type.ts";

const webhooks = (kind: string, plural: string): ResourceType =>
  Object.freeze({ group: "admissionregistration.k8s.io", version: "v1", kind, plural, namespaced: false });

/** The kinds of admission webhooks. */
export const WEBHOOK_KINDS: readonly ResourceType[] = [
  webhooks("ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
  webhooks("MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
];

/** A resource of ours, not checked yet. */
export interface CustomResource extends KubeObject {
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A JSON schema of a definition, as far as it tells fields. */
export interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
}

export interface Definition extends KubeObject {
  readonly spec?: {
    readonly versions?: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema?: { readonly openAPIV3Schema?: SchemaNode };
    }[];
    readonly conversion?: { readonly strategy?: string; readonly webhook?: { readonly clientConfig?: ClientConfig } };
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

interface PodTemplate {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: {
    readonly serviceAccountName?: string;
    readonly containers?: readonly Container[];
  };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
}

export interface Deployment extends KubeObject {
  readonly spec?: { readonly replicas?: number; readonly template?: PodTemplate };
  readonly status?: { readonly readyReplicas?: number };
}

export interface ServiceObject extends KubeObject {
  readonly spec?: {
    readonly clusterIPs?: readonly string[];
    readonly ports?: readonly { readonly name?: string; readonly port: number }[];
  };
}

export interface EndpointSliceObject extends KubeObject {
  readonly endpoints?:
    | readonly {
        readonly addresses?: readonly string[];
        readonly conditions?: { readonly ready?: boolean | null };
      }[]
    | null;
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
}

/** An entry of `ingress` or `egress`; `peers` are its `from` or `to`. */
export interface PolicyRule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly {
    readonly port?: number | string;
    readonly endPort?: number;
    readonly protocol?: string;
  }[];
}

export interface Peer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

export interface NetworkPolicy extends KubeObject {
  readonly spec?: {
    readonly podSelector?: LabelSelector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly PolicyRule[];
    readonly egress?: readonly PolicyRule[];
  };
}

export interface LeaseObject extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly renewTime?: string;
  };
}

export interface ClientConfig {
  readonly caBundle?: string;
  readonly service?: { readonly namespace: string; readonly name: string; readonly port?: number };
}

export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig?: ClientConfig;
    readonly rules?: readonly { readonly apiGroups?: readonly string[] }[];
  }[];
}

export interface MonitorObject extends KubeObject {
  readonly spec?: unknown;
}
