import { parse } from "yaml";
import { settingsOf } from "../../api/opentelemetry/components.ts";
import { type AccessNeed, accessNeeds } from "../../controllers/index.ts";
import { type AccessQuestion, refusedOnes } from "./access-question.ts";
import { USES_ALLOCATOR } from "./describe-allocators.ts";
import type { Finding } from "./finding.ts";
import type { CustomResource } from "./kinds.ts";
import { nameOf, type Observation, type ObservedAllocator } from "./observation.ts";
import { accountSubject, describeMissing, rolesFor } from "./roles.ts";

/** What keeps resources from becoming objects at all. */
export function checkResources({ invalid, collectors, targetAllocators }: Observation): readonly Finding[] {
  const alone = (collectors ?? []).flatMap((collector) => withoutAllocator(collector, targetAllocators));
  const told = new Set(alone.map(({ object }) => object));
  const broken = [...invalid].filter(([object]) => !told.has(object));
  return [
    ...broken.map(([object, problems]): Finding => {
      return { code: "ResourceInvalid", object, message: `nothing is made of it: ${problems.join("; ")}`, mending: {} };
    }),
    ...alone,
  ];
}

function withoutAllocator(
  collector: CustomResource,
  targetAllocators: Observation["targetAllocators"],
): readonly Finding[] {
  const { namespace = "", labels } = collector.metadata;
  const name = labels?.[USES_ALLOCATOR];
  if (name === undefined || name === "" || targetAllocators === undefined) return [];
  const exists = targetAllocators.some(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  if (exists) return [];
  return [
    {
      code: "TargetAllocatorMissing",
      object: nameOf(collector),
      message: `its label ${USES_ALLOCATOR} names the TargetAllocator ${name}, which does not exist: its collectors get no targets`,
      mending: {
        apply: [
          {
            apiVersion: "opentelemetry.io/v1alpha1",
            kind: "TargetAllocator",
            metadata: { name, namespace },
            spec: { allocationStrategy: "consistent-hashing", filterStrategy: "relabel-config" },
          },
        ],
      },
    },
  ];
}

/** What is asked about the accounts of allocators. */
export function allocatorQuestions(
  observation: Pick<Observation, "allocators" | "namespaces">,
): readonly AccessQuestion[] {
  return observation.allocators.flatMap((allocator) =>
    accountNeeds(allocator, observation).flatMap((need) => questionsOf(need, allocator)),
  );
}

/** In namespaces that are not there nothing is to be found, and no role can be made. */
function accountNeeds(
  { name, spec, fileText }: ObservedAllocator,
  { namespaces }: Pick<Observation, "namespaces">,
): readonly AccessNeed[] {
  const { scrape_configs: jobs } = settingsOf(settingsOf(parse(fileText) as unknown)["config"]);
  const duties = { namespace: name.namespace, spec, scrapeConfigs: Array.isArray(jobs) ? jobs : [] };
  const there = namespaces === undefined ? undefined : new Set(namespaces.map(({ metadata }) => metadata.name));
  return accessNeeds(duties).filter(({ namespace }) => namespace === undefined || there?.has(namespace) !== false);
}

function questionsOf(
  { namespace, group, resources, verbs }: AccessNeed,
  { account }: ObservedAllocator,
): readonly AccessQuestion[] {
  return resources.flatMap((resource) => verbs.map((verb) => ({ account, namespace, group, resource, verb })));
}

/** Whether each allocator can do its work: its account, and whom it serves. */
export function checkAllocators(observation: Observation): readonly Finding[] {
  return observation.allocators.flatMap((allocator) => [
    ...accountFindings(allocator, observation),
    ...selectorFindings(allocator),
  ]);
}

function accountFindings(allocator: ObservedAllocator, observation: Observation): readonly Finding[] {
  const { owner, account, accountNamed, accountExists } = allocator;
  const object = nameOf(owner);
  const who = `ServiceAccount ${account.namespace}/${account.name}`;
  const missing: readonly Finding[] =
    accountNamed && accountExists === false
      ? [
          {
            code: "AllocatorAccountMissing",
            object,
            message: `${who}, which it names, does not exist: the allocator's pods cannot be made`,
            mending: { apply: [{ apiVersion: "v1", kind: "ServiceAccount", metadata: account }] },
          },
        ]
      : [];
  const role = `${account.namespace}-${account.name}-missing`;
  const lacking = (["always", "credentials"] as const).flatMap((importance): readonly Finding[] => {
    const needs = accountNeeds(allocator, observation).filter((need) => need.importance === importance);
    const refused = refusedOnes(
      needs.flatMap((need) => questionsOf(need, allocator)),
      observation.answers,
    );
    if (refused.length === 0) return [];
    const always = importance === "always";
    const consequence = always
      ? "targets that it would discover are missing"
      : "monitors that name Secrets or ConfigMaps there yield nothing";
    return [
      {
        code: always ? "AllocatorLacksPermission" : "AllocatorLacksCredentials",
        object,
        message: `${who} may not ${describeMissing(refused)}: ${consequence}`,
        mending: { apply: rolesFor(always ? role : `${role}-credentials`, accountSubject(account), refused) },
      },
    ];
  });
  return [...missing, ...lacking];
}

function selectorFindings(allocator: ObservedAllocator): readonly Finding[] {
  const { selector, selectedPods, owner } = allocator;
  if (selector === undefined || selectedPods !== 0) return [];
  return [
    {
      code: "CollectorSelectorSelectsNothing",
      object: nameOf(owner),
      message: `its collectorSelector (${selector}) selects no pod of its namespace: nobody gets targets`,
      mending: { run: [`kubectl get pods -n ${allocator.name.namespace} --show-labels`] },
    },
  ];
}
