import type { DataObject, DataValue } from "../../allocator/index.ts";

/** What a `kubernetes_sd_configs` entry discovers. */
const KUBERNETES_ROLES = ["pod", "node", "service", "endpoints", "endpointslice", "ingress"] as const;
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
  const namespaces = object(raw["namespaces"]);
  const attach = object(raw["attach_metadata"]);
  return {
    role: role(raw["role"]),
    apiServer: text(raw["api_server"]),
    kubeconfigFile: text(raw["kubeconfig_file"]),
    ownNamespace: namespaces["own_namespace"] === true,
    namespaces: list(namespaces["names"]).map(text),
    selectors: list(raw["selectors"]).map((entry) => {
      const selector = object(entry);
      return { role: role(selector["role"]), label: text(selector["label"]), field: text(selector["field"]) };
    }),
    attach: {
      node: attach["node"] === true,
      namespace: attach["namespace"] === true,
      deployment: attach["deployment"] === true,
      job: attach["job"] === true,
      cronjob: attach["cronjob"] === true,
    },
    raw,
  };
}

function role(value: DataValue | undefined): KubernetesRole {
  const known = KUBERNETES_ROLES.find((name) => name === value);
  if (known !== undefined) return known;
  throw new Error(`kubernetes_sd_configs: role "${text(value)}" is none of ${KUBERNETES_ROLES.join(", ")}`);
}

function object(value: DataValue | undefined): DataObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as DataObject) : {};
}

function list(value: DataValue | undefined): readonly DataValue[] {
  return Array.isArray(value) ? value : [];
}

function text(value: DataValue | undefined): string {
  return typeof value === "string" ? value : "";
}
