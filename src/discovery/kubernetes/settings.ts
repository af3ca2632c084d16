import type { DataObject } from "../../allocator/index.ts";
import { flagOf, sectionOf, sectionsOf, textOf, textsOf } from "../decoded-settings.ts";

/** What a `kubernetes_sd_configs` entry discovers. */
export const KUBERNETES_ROLES = ["pod", "node", "service", "endpoints", "endpointslice", "ingress"] as const;
/** A role by its name in the file; case counts. */
export type KubernetesRole = (typeof KUBERNETES_ROLES)[number];

/** Restricts the watch of one role's resource, in the API's selector syntax. "" selects everything. */
interface RoleSelector {
  readonly role: KubernetesRole;
  readonly label: string;
  readonly field: string;
}

/** Which metadata of related objects targets carry. */
export interface AttachMetadata {
  readonly node: boolean;
  readonly namespace: boolean;
  readonly deployment: boolean;
  readonly job: boolean;
  readonly cronjob: boolean;
}

/** One `kubernetes_sd_configs` entry. https://prometheus.io/docs/prometheus/latest/configuration/configuration/ */
export interface KubernetesSettings {
  readonly role: KubernetesRole;
  /** URL of another API server, "" for none. */
  readonly apiServer: string;
  /** A kubeconfig of another cluster, "" for none. */
  readonly kubeconfigFile: string;
  /** Adds the namespace that this program runs in to `namespaces`. */
  readonly ownNamespace: boolean;
  /** Empty: all namespaces, unless `ownNamespace`. */
  readonly namespaces: readonly string[];
  readonly selectors: readonly RoleSelector[];
  readonly attach: AttachMetadata;
  /** The entry as decoded: what reaching another cluster needs (credentials, TLS, proxy). */
  readonly raw: DataObject;
}

/** Reads a validated entry. Throws for a role that does not exist; the rest is taken as it is. */
export function readKubernetesSettings(raw: DataObject): KubernetesSettings {
  const namespaces = sectionOf(raw, "namespaces") ?? {};
  const attach = sectionOf(raw, "attach_metadata") ?? {};
  return {
    role: roleOf(raw),
    apiServer: textOf(raw, "api_server"),
    kubeconfigFile: textOf(raw, "kubeconfig_file"),
    ownNamespace: flagOf(namespaces, "own_namespace"),
    namespaces: textsOf(namespaces, "names"),
    selectors: sectionsOf(raw, "selectors").map((selector) => ({
      role: roleOf(selector),
      label: textOf(selector, "label"),
      field: textOf(selector, "field"),
    })),
    attach: {
      node: flagOf(attach, "node"),
      namespace: flagOf(attach, "namespace"),
      deployment: flagOf(attach, "deployment"),
      job: flagOf(attach, "job"),
      cronjob: flagOf(attach, "cronjob"),
    },
    raw,
  };
}

function roleOf(settings: DataObject): KubernetesRole {
  const role = textOf(settings, "role");
  const known = KUBERNETES_ROLES.find((name) => name === role);
  if (known !== undefined) return known;
  throw new Error(`kubernetes_sd_configs: role "${role}" is none of ${KUBERNETES_ROLES.join(", ")}`);
}
