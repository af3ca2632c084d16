import { stringify } from "yaml";

import type { Permission } from "../../src/controllers/permissions.ts";

/** Names that the shipped manifests use, before kustomize adds its prefix. */
const ACCOUNT = "controller-manager";
/** kustomize puts the real one in its place, in the namespace itself, in the account and in what refers to it. */
const NAMESPACE = "system";
const RBAC = "rbac.authorization.k8s.io/v1";

const LABELS = {
  "app.kubernetes.io/name": "opentelemetry-operator",
  "app.kubernetes.io/component": "rbac",
  "app.kubernetes.io/part-of": "opentelemetry-operator",
};

/** File name → text, of everything in config/rbac. */
export function toRbacFiles(
  header: string,
  permissions: Readonly<Record<"manager" | "leaderElection" | "webhook", readonly Permission[]>>,
): ReadonlyMap<string, string> {
  const objects = new Map<string, string>([
    [
      "namespace.yaml",
      stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE, labels: LABELS } }),
    ],
    ["service_account.yaml", toServiceAccount()],
    ["role.yaml", toRole("ClusterRole", "manager-role", permissions.manager)],
    ["role_binding.yaml", toBinding("ClusterRole", "manager-role", "manager-rolebinding")],
    ["metrics_reader_role.yaml", toMetricsReader()],
    ["leader_election_role.yaml", toRole("Role", "leader-election-role", permissions.leaderElection)],
    ["leader_election_role_binding.yaml", toBinding("Role", "leader-election-role", "leader-election-rolebinding")],
    ["webhook_role.yaml", toRole("Role", "webhook-role", permissions.webhook)],
    ["webhook_role_binding.yaml", toBinding("Role", "webhook-role", "webhook-rolebinding")],
  ]);
  return withKustomization(header, objects);
}

/** File name → text, of what config/namespaced has in the place of config/rbac: no permission in the whole cluster. */
export function toNamespacedFiles(
  header: string,
  { manager, leaderElection }: Readonly<Record<"manager" | "leaderElection", readonly Permission[]>>,
): ReadonlyMap<string, string> {
  const objects = new Map<string, string>([
    ["service_account.yaml", toServiceAccount()],
    ["role.yaml", toRole("Role", "manager-role", manager)],
    ["role_binding.yaml", toBinding("Role", "manager-role", "manager-rolebinding")],
    ["leader_election_role.yaml", toRole("Role", "leader-election-role", leaderElection)],
    ["leader_election_role_binding.yaml", toBinding("Role", "leader-election-role", "leader-election-rolebinding")],
  ]);
  return withKustomization(header, objects);
}

function withKustomization(header: string, objects: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const kustomization = stringify({
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    namespace: "opentelemetry-operator-system",
    namePrefix: "opentelemetry-operator-",
    resources: [...objects.keys()],
  });
  const files = [...objects, ["kustomization.yaml", kustomization] as const];
  return new Map(files.map(([name, text]) => [name, header + text]));
}

/** As the account is called once it is installed: it is not a part of config/rbac-optional, so nobody puts names in place. */
const INSTALLED = { account: "opentelemetry-operator-controller-manager", namespace: "opentelemetry-operator-system" };

/**
 * File name → text, of config/rbac-optional: what the operator gets only from an administrator who wants it. Each is a
 * component, to be applied by itself or named in an overlay.
 */
export function toOptionalRbacFiles(
  header: string,
  permissions: Readonly<Record<"certificates" | "granting" | "collectors", readonly Permission[]>>,
): ReadonlyMap<string, string> {
  const component = stringify({
    apiVersion: "kustomize.config.k8s.io/v1alpha1",
    kind: "Component",
    resources: ["role.yaml"],
  });
  const files = Object.entries(permissions).flatMap(([name, each]) => {
    const role = `opentelemetry-operator-${name}-role`;
    const binding = toBinding("ClusterRole", role, `opentelemetry-operator-${name}-rolebinding`, INSTALLED);
    return [
      [`${name}/kustomization.yaml`, header + component],
      [`${name}/role.yaml`, `${header}${toRole("ClusterRole", role, each)}---\n${binding}`],
    ] as const;
  });
  return new Map(files);
}

function toServiceAccount(): string {
  return stringify({ apiVersion: "v1", kind: "ServiceAccount", metadata: metadata(ACCOUNT, "ServiceAccount") });
}

/** Rules with the reason of each above it. */
function toRole(kind: "Role" | "ClusterRole", name: string, permissions: readonly Permission[]): string {
  const head = stringify({ apiVersion: RBAC, kind, metadata: metadata(name, kind) });
  const rules = permissions.map(({ reason, rule }) => `  # ${reason}\n${indent(stringify([rule], { lineWidth: 0 }))}`);
  return `${head}rules:\n${rules.join("")}`;
}

/** For whoever scrapes the operator. It is bound to nobody. */
function toMetricsReader(): string {
  const rules = [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }];
  return stringify({
    apiVersion: RBAC,
    kind: "ClusterRole",
    metadata: metadata("metrics-reader", "ClusterRole"),
    rules,
  });
}

function toBinding(
  kind: "Role" | "ClusterRole",
  role: string,
  name: string,
  { account, namespace } = { account: ACCOUNT, namespace: NAMESPACE },
): string {
  return stringify({
    apiVersion: RBAC,
    kind: `${kind}Binding`,
    metadata: metadata(name, kind),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: role },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  });
}

function metadata(name: string, kind: string): Readonly<Record<string, unknown>> {
  return { name, ...(kind === "ClusterRole" ? {} : { namespace: NAMESPACE }), labels: LABELS };
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
