import type { ObjectMeta } from "../../api/meta.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import { allocatorRoleName, credentialsRoleName } from "../manifests/names.ts";
import { grantAnnotation, granteeOf } from "../cluster-grants.ts";
import { type AccessNeed, accessNeeds, type AllocatorDuties } from "./access-needs.ts";
import { allocatorMeta, type AllocatorInput, serviceAccountOf } from "./allocator-input.ts";

interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/**
 * What lets the allocator's account do what its configuration needs, and nothing else, when that is asked for: a ClusterRole
 * for what it reads everywhere, a Role in each namespace for what it reads there, each with its binding; credentials
 * apart, because an operator that may not read them may not let others. They have no owner: what stands in another
 * namespace, or in none, would be collected as garbage.
 */
export function buildRoles(input: AllocatorInput): readonly Manifest[] {
  if (input.spec.rbac?.create !== true) return [];
  const own = input.owner.metadata.namespace ?? "";
  const needs = accessNeeds({
    namespace: own,
    spec: input.spec,
    scrapeConfigs: input.scrapeSection.scrapeConfigs,
  });
  const tellsMonitors = input.spec.prometheusCR?.enabled === true;
  const { name } = input.owner.metadata;
  const roles = Map.groupBy(needs, ({ namespace, importance }) => JSON.stringify([namespace, importance]));
  // Credentials last: a refusal ends what is being done.
  const inOrder = [...roles.values()].toSorted((a, b) => rankOf(a) - rankOf(b));
  return inOrder.flatMap((here) => {
    const [first] = here;
    const rules = here.map(({ group, resources, verbs }) => ({ apiGroups: [group], resources, verbs }));
    const follows = here.some(({ group }) => group === MONITORING_GROUP);
    return roleWithBinding(input, {
      name: first?.importance === "credentials" ? credentialsRoleName(name, own) : allocatorRoleName(name, own),
      namespace: first?.namespace,
      rules: joined([...rules, ...(tellsMonitors && follows ? [TELL] : [])]),
    });
  });
}

function rankOf([first]: readonly AccessNeed[]): number {
  return first?.importance === "credentials" ? 1 : 0;
}

const MONITORING_GROUP = "monitoring.coreos.com";
/** Problems of monitors become Events on them. */
const TELL = {
  apiGroups: [RESOURCES.Event.group],
  resources: [RESOURCES.Event.plural],
  verbs: ["create", "patch"],
} as const satisfies PolicyRule;

/** All that the roles of such an allocator let its account do, each in its namespace or, without one, everywhere. */
export function allocatorRules(duties: AllocatorDuties): readonly Omit<AccessNeed, "reason" | "importance">[] {
  const needs = accessNeeds(duties);
  const follows = needs.filter(({ group }) => group === MONITORING_GROUP);
  const { apiGroups, resources, verbs } = TELL;
  const tells = follows.map(({ namespace }) => ({ namespace, group: apiGroups[0], resources, verbs }));
  return [...needs, ...tells];
}

/** One rule for each group and set of verbs. */
function joined(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const groups = Map.groupBy(rules, ({ apiGroups, verbs }) => JSON.stringify([apiGroups, verbs]));
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, same]) => ({
      apiGroups: same[0]?.apiGroups ?? [],
      resources: [...new Set(same.flatMap(({ resources }) => resources))].toSorted(),
      verbs: same[0]?.verbs ?? [],
    }));
}

interface RoleContent {
  readonly name: string;
  /** Undefined: everywhere. */
  readonly namespace: string | undefined;
  readonly rules: readonly PolicyRule[];
}

function roleWithBinding(input: AllocatorInput, { name, namespace, rules }: RoleContent): readonly Manifest[] {
  const everywhere = namespace === undefined;
  const role = everywhere ? RESOURCES.ClusterRole : RESOURCES.Role;
  const binding = everywhere ? RESOURCES.ClusterRoleBinding : RESOURCES.RoleBinding;
  const meta = roleMeta(input, name, namespace);
  const subject = {
    kind: "ServiceAccount",
    name: serviceAccountOf(input),
    namespace: input.owner.metadata.namespace ?? "",
  };
  return [
    manifest(role, meta, { rules }),
    manifest(binding, meta, {
      roleRef: { apiGroup: role.group, kind: role.kind, name: meta.name },
      subjects: [subject],
    }),
  ];
}

function roleMeta(input: AllocatorInput, name: string, namespace: string | undefined): ObjectMeta {
  const { ownerReferences: _none, namespace: _own, ...meta } = allocatorMeta(input, { name, filtered: true });
  const grantee = granteeOf(input.owner, "opentelemetry-targetallocator");
  return {
    ...meta,
    annotations: { ...meta.annotations, ...grantAnnotation(grantee) },
    ...(namespace === undefined ? {} : { namespace }),
  };
}
