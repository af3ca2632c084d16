import type { NamespacedName } from "../../api/meta.ts";
import {
  LEADER_ELECTION_PERMISSIONS,
  MANAGER_PERMISSIONS,
  OPERATOR_LEASE,
  type Permission,
  WEBHOOK_PERMISSIONS,
} from "../../controllers/index.ts";
import { type AccessQuestion, refusedOnes } from "./access-question.ts";
import type { Finding } from "./finding.ts";
import type { Container, Deployment, LeaseObject } from "./kinds.ts";
import { nameOf, type Observation } from "./observation.ts";
import { accountSubject, describeMissing, rolesFor, userSubject } from "./roles.ts";

/** Tells of a missing operator, of two, and of one that does not run or lead. */
export function checkOperators(observation: Observation): readonly Finding[] {
  const { operators } = observation;
  if (operators === undefined) return [];
  const own = ownOperators(observation);
  const others = operators.filter((each) => !isOwn(each) && isWanted(each));
  if (own.length === 0) return [operatorMissing(others)];
  return [
    ...others.map((other) => twoOperators(other, own[0] as Deployment)),
    ...own.flatMap((deployment) =>
      [notReady(deployment), defaultImage(deployment), noLeader(deployment, observation)].flat(),
    ),
  ];
}

/** The Deployments of this operator that are meant to run. */
export function ownOperators({ operators = [] }: Pick<Observation, "operators">): readonly Deployment[] {
  return operators.filter((each) => isOwn(each) && isWanted(each));
}

/** Told by the argument: the Go operator takes flags alone. */
function isOwn(deployment: Deployment): boolean {
  return containersOf(deployment).some(({ args = [], command = [] }) => [...command, ...args].includes("operator"));
}

function isWanted({ spec }: Deployment): boolean {
  return spec?.replicas !== 0;
}

function containersOf({ spec }: Deployment): readonly Container[] {
  return spec?.template?.spec?.containers ?? [];
}

function operatorMissing(others: readonly Deployment[]): Finding {
  const [other] = others;
  const beside = other === undefined ? "" : `; ${nameOf(other)} is the Go operator's (see docs/migration.md)`;
  const message = `no Deployment of this operator is meant to run${beside}`;
  return {
    code: "OperatorMissing",
    object: "cluster",
    message,
    mending: { run: ["kubectl apply --server-side -k config/default"] },
  };
}

function twoOperators(other: Deployment, own: Deployment): Finding {
  const { apiVersion, kind, metadata } = other;
  const { name, namespace = "" } = metadata;
  return {
    code: "TwoOperators",
    object: nameOf(other),
    message: `another operator, the Go one, is meant to run beside ${nameOf(own)}: both look after the same resources, and where they do not share a Lease they undo each other's work`,
    mending: {
      apply: [{ apiVersion: apiVersion ?? "apps/v1", kind, metadata: { name, namespace }, spec: { replicas: 0 } }],
    },
  };
}

function notReady(deployment: Deployment): readonly Finding[] {
  if (isReady(deployment)) return [];
  const { name, namespace = "" } = deployment.metadata;
  return [
    {
      code: "OperatorNotReady",
      object: nameOf(deployment),
      message: "none of its pods is ready, so resources are not looked after; its pods' events and logs say why",
      mending: {
        run: [
          `kubectl describe pods -n ${namespace} -l app.kubernetes.io/name=opentelemetry-operator`,
          `kubectl logs -n ${namespace} deployment/${name}`,
        ],
      },
    },
  ];
}

function isReady({ status }: Deployment): boolean {
  return (status?.readyReplicas ?? 0) > 0;
}

/** A name without a registry is pulled from nowhere; it works where nodes have the image, so only trouble is told. */
function defaultImage(deployment: Deployment): readonly Finding[] {
  const container = containersOf(deployment).find(({ image = "" }) => image !== "" && !image.includes("/"));
  if (container === undefined || isReady(deployment)) return [];
  const { name, namespace = "" } = deployment.metadata;
  const image = `REGISTRY/${container.image ?? ""}`;
  const target = `-n ${namespace} deployment/${name}`;
  return [
    {
      code: "DefaultImage",
      object: nameOf(deployment),
      message: `its image ${container.image ?? ""} names no registry, so nodes that do not have it cannot pull it; push it to one, for the operator and for the allocators that it makes`,
      mending: {
        run: [
          `kubectl set image ${target} ${container.name}=${image}`,
          `kubectl set env ${target} RELATED_IMAGE_TARGET_ALLOCATOR=${image}`,
        ],
      },
    },
  ];
}

function noLeader(deployment: Deployment, { lease, nowMs }: Observation): readonly Finding[] {
  const elects = containersOf(deployment).some(({ args = [] }) => args.includes("--enable-leader-election"));
  if (!elects || !isReady(deployment) || lease === undefined || lease.some((each) => isHeld(each, nowMs))) return [];
  const { holderIdentity = "nobody" } = lease[0]?.spec ?? {};
  const state = lease.length === 0 ? "there is none" : `${holderIdentity} held it last, and has not renewed it`;
  const { name, namespace = "" } = deployment.metadata;
  return [
    {
      code: "NoLeader",
      object: `Lease ${namespace}/${OPERATOR_LEASE}`,
      message: `no replica leads, so nothing is written: ${state}; a replica that may write the Lease takes it within seconds`,
      mending: { run: [`kubectl rollout restart -n ${namespace} deployment/${name}`] },
    },
  ];
}

function isHeld({ spec }: LeaseObject, nowMs: number): boolean {
  const { holderIdentity = "", renewTime = "", leaseDurationSeconds = 0 } = spec ?? {};
  return holderIdentity !== "" && Date.parse(renewTime) + leaseDurationSeconds * 1_000 >= nowMs;
}

/** What is asked about the operator's account; or, before there is an operator, about whoever would install it. */
export function operatorQuestions(observation: Pick<Observation, "operators" | "ownName">): readonly AccessQuestion[] {
  if (observation.operators === undefined) return [];
  const operators = ownOperators(observation);
  if (operators.length === 0) return INSTALLING;
  return operators.flatMap((deployment) => {
    const asked = askedAccount(deployment, observation);
    const { namespace = "" } = deployment.metadata;
    const places = watchedNamespaces(deployment);
    const everywhere = MANAGER_PERMISSIONS.flatMap((permission) => questionsOf(permission, asked, places));
    const local = [...LEADER_ELECTION_PERMISSIONS, ...(makesCertificates(deployment) ? WEBHOOK_PERMISSIONS : [])];
    const own = local.flatMap((permission) => questionsOf(permission, asked, [namespace]));
    return everywhere.concat(own);
  });
}

/** Webhooks are on unless they are switched off; their certificates are the operator's own unless some are given. */
function makesCertificates(deployment: Deployment): boolean {
  return !containersOf(deployment).some(({ args = [] }) =>
    args.some((flag) => flag === "--enable-webhooks=false" || flag.startsWith("--webhook-cert-dir")),
  );
}

/** Whom questions about operators are asked about; undefined for an operator that asks itself. */
export function operatorAccounts(
  observation: Pick<Observation, "operators" | "ownName">,
): readonly AccessQuestion["account"][] {
  return ownOperators(observation).map((deployment) => askedAccount(deployment, observation));
}

function askedAccount(deployment: Deployment, { ownName }: Pick<Observation, "ownName">): AccessQuestion["account"] {
  const account = accountOf(deployment);
  return ownName === userName(account) ? undefined : account;
}

function accountOf({ metadata, spec }: Deployment): NamespacedName {
  return { namespace: metadata.namespace ?? "", name: spec?.template?.spec?.serviceAccountName ?? "default" };
}

function userName({ namespace, name }: NamespacedName): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** [undefined] for all. */
function watchedNamespaces(deployment: Deployment): readonly (string | undefined)[] {
  const flags = containersOf(deployment).flatMap(({ args = [] }) => args);
  const listed = flags.flatMap((flag) => /^--watch-namespace=(.*)$/.exec(flag)?.[1]?.split(",") ?? []);
  const names = listed.filter((name) => name !== "");
  return names.length === 0 ? [undefined] : names;
}

function questionsOf(
  { rule: { apiGroups, resources, resourceNames, verbs } }: Permission,
  account: NamespacedName | undefined,
  places: readonly (string | undefined)[],
): readonly AccessQuestion[] {
  const names = resourceNames ?? [undefined];
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      names.flatMap((name) =>
        verbs.flatMap((verb) => places.map((namespace) => ({ account, namespace, group, resource, name, verb }))),
      ),
    ),
  );
}

/** What whoever installs must be allowed to make. */
const INSTALLING: readonly AccessQuestion[] = [
  ["apiextensions.k8s.io", "customresourcedefinitions"],
  ["rbac.authorization.k8s.io", "clusterroles"],
  ["rbac.authorization.k8s.io", "clusterrolebindings"],
  ["", "namespaces"],
  ["", "serviceaccounts"],
  ["apps", "deployments"],
].map(([group = "", resource = ""]) => ({ account: undefined, namespace: undefined, group, resource, verb: "create" }));

/** Whether the operator may do what it does, or whoever asks may install it. */
export function checkOperatorAccess(observation: Observation): readonly Finding[] {
  const { answers, ownName } = observation;
  const refused = refusedOnes(operatorQuestions(observation), answers);
  if (refused.length === 0) return [];
  const [deployment] = ownOperators(observation);
  if (deployment === undefined) {
    return [
      {
        code: "InstallerLacksPermission",
        object: ownName === undefined ? "you" : `User ${ownName}`,
        message: `cannot install the operator: may not ${describeMissing(refused)}`,
        mending:
          ownName === undefined ? {} : { apply: rolesFor("otel-allocator-installer", userSubject(ownName), refused) },
      },
    ];
  }
  const account = accountOf(deployment);
  return [
    {
      code: "OperatorLacksPermission",
      object: `ServiceAccount ${account.namespace}/${account.name}`,
      message: `the operator may not ${describeMissing(refused)}; config/rbac has everything that it needs`,
      mending: { apply: rolesFor("otel-allocator-operator-missing", accountSubject(account), refused) },
    },
  ];
}
