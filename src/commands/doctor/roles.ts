import { createHash } from "node:crypto";
import type { NamespacedName } from "../../api/meta.ts";
import type { AccessQuestion } from "./access-question.ts";
import type { PartialObject } from "./finding.ts";

/** Who gets a role. */
export type Subject =
  | { readonly kind: "ServiceAccount"; readonly namespace: string; readonly name: string }
  | { readonly kind: "User"; readonly apiGroup: string; readonly name: string };

const RBAC_GROUP = "rbac.authorization.k8s.io";
const RBAC = `${RBAC_GROUP}/v1`;
const ACCOUNT_USER = /^system:serviceaccount:(?<namespace>[^:]+):(?<name>[^:]+)$/;

type Missing = Omit<AccessQuestion, "account">;

export function accountSubject({ namespace, name }: NamespacedName): Subject {
  return { kind: "ServiceAccount", namespace, name };
}

/** The subject that the API server knows by this name. */
export function userSubject(user: string): Subject {
  const { namespace, name } = ACCOUNT_USER.exec(user)?.groups ?? {};
  return namespace === undefined || name === undefined
    ? { kind: "User", apiGroup: RBAC_GROUP, name: user }
    : accountSubject({ namespace, name });
}

/**
 * Roles with exactly what is missing, and their bindings: one pair for each namespace, and one for all. Roles of other
 * rules have other names, so that what was granted on another day stays.
 */
export function rolesFor(prefix: string, subject: Subject, missing: readonly Missing[]): readonly PartialObject[] {
  const places = [...Map.groupBy(missing, ({ namespace }) => namespace ?? "")];
  return places.flatMap(([namespace, members]) => {
    const kind = namespace === "" ? "ClusterRole" : "Role";
    const rules = rulesFor(members);
    const name = `${prefix}-${createHash("sha256").update(JSON.stringify(rules)).digest("hex").slice(0, 8)}`;
    const metadata = { name, ...(namespace === "" ? {} : { namespace }) };
    return [
      { apiVersion: RBAC, kind, metadata, rules },
      {
        apiVersion: RBAC,
        kind: `${kind}Binding`,
        metadata,
        roleRef: { apiGroup: RBAC_GROUP, kind, name },
        subjects: [subject],
      },
    ];
  });
}

/** What may be done with a resource, resource by resource: who reads it sees what is given. */
function rulesFor(missing: readonly Missing[]): readonly unknown[] {
  const byResource = Map.groupBy(missing, ({ group, resource, name }) => JSON.stringify([group, resource, name]));
  const byRule = Map.groupBy(byResource.values(), (members) => {
    const verbs = [...new Set(members.map(({ verb }) => verb))].toSorted();
    return JSON.stringify([members[0]?.group, members[0]?.name, verbs]);
  });
  return [...byRule.values()].map((resources) => toRule(resources.flat()));
}

function toRule(members: readonly Missing[]): unknown {
  const [{ group, name } = { group: "" }] = members;
  return {
    apiGroups: [group],
    resources: [...new Set(members.map(({ resource }) => resource))].toSorted(),
    ...(name === undefined ? {} : { resourceNames: [name] }),
    verbs: [...new Set(members.map(({ verb }) => verb))].toSorted(),
  };
}

/** What is missing in words: `get, list pods in namespace shop; list nodes`. */
export function describeMissing(missing: readonly Missing[]): string {
  const groups = [
    ...Map.groupBy(missing, ({ resource, namespace, name }) => JSON.stringify([resource, namespace, name])).values(),
  ];
  const texts = groups.map((members) => {
    const [first] = members;
    const verbs = members.map(({ verb }) => verb).join(", ");
    const where = first?.namespace === undefined ? "" : ` in namespace ${first.namespace}`;
    return `${verbs} ${first?.resource ?? ""}${first?.name === undefined ? "" : ` ${first.name}`}${where}`;
  });
  const more = texts.length - MOST_TOLD;
  return texts.slice(0, MOST_TOLD).join("; ") + (more > 0 ? `; and ${String(more)} more` : "");
}

const MOST_TOLD = 6;
