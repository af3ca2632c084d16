import type { TargetAllocatorResourceSpec } from "../../api/opentelemetry/target-allocator.ts";
import { componentRules } from "../../api/opentelemetry/component-rules.ts";
import type { DefaultedCollector } from "../../api/opentelemetry/default.ts";
import { jobsOfReceiver, shardedReceivers, splitJobs } from "../../api/opentelemetry/sharding.ts";
import type { TargetAllocatorSpec } from "../../api/opentelemetry/v1beta1.ts";
import { problemsOfTargetAllocator } from "../../api/opentelemetry/validate-target-allocator.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  accessNeeds,
  allocatorName,
  allocatorRules,
  buildCollector,
  collectorAccount,
  findProblems,
  type GrantingRights,
} from "../../controllers/index.ts";
import { errorMessage } from "../../observability/error-text.ts";
import type { ManifestOptions } from "../../options/operator-options.ts";
import type { AllocatorAccount } from "../../webhooks/allocator-account.ts";
import type { AskForCertManager } from "../../webhooks/cert-manager-use.ts";
import type { CollectorKnowledge } from "../../webhooks/collector-admission.ts";
import type { TargetAllocatorKnowledge } from "../../webhooks/target-allocator-admission.ts";

/**
 * What webhooks ask of the controllers about collectors.
 *
 * @param rights - Whether the operator grants what configurations need.
 */
export function collectorKnowledge(
  settings: ManifestOptions,
  rights: Pick<GrantingRights, "held">,
  certManager: AskForCertManager,
): CollectorKnowledge {
  const { disabledComponents = [] } = settings;
  return {
    problems: (collector, cluster) => findProblems(collector, { cluster: { disabledComponents, ...cluster } }),
    certManager,
    buildProblem: (collector) => buildProblem(collector, settings),
    allocatorAccount: (collector) => {
      const { targetAllocator } = collector.spec;
      return targetAllocator?.enabled === true
        ? accountOf(collector, targetAllocator, shardedJobs(collector, targetAllocator))
        : undefined;
    },
    allocatorGrant: (collector) => {
      const { targetAllocator } = collector.spec;
      return targetAllocator?.enabled === true
        ? grantTo(collector, targetAllocator, shardedJobs(collector, targetAllocator))
        : undefined;
    },
    needs: async (collector, signal) => {
      const rules = componentRules(collector.spec.config).map(({ apiGroups: [group], resources, verbs }) => ({
        group,
        resources,
        verbs,
      }));
      const granted = rules.length > 0 && (await rights.held(signal));
      return { account: collectorAccount(collector), rules, granted };
    },
  };
}

/** What webhooks ask of the controllers about TargetAllocators. */
export function allocatorKnowledge(certManager: AskForCertManager): TargetAllocatorKnowledge {
  return {
    problems: problemsOfTargetAllocator,
    certManager,
    account: (allocator) => accountOf(allocator, allocator.spec, allocator.spec.scrapeConfigs ?? []),
    grant: (allocator) => grantTo(allocator, allocator.spec, allocator.spec.scrapeConfigs ?? []),
  };
}

/** What the allocator takes over of a collector's jobs. */
function shardedJobs({ spec: { config } }: DefaultedCollector, allocator: TargetAllocatorSpec): readonly unknown[] {
  return shardedReceivers(allocator).flatMap(
    (receiver) => splitJobs(jobsOfReceiver(config, receiver), allocator).sharded,
  );
}

/** Objects that cannot be made are found in time, by making them. */
function buildProblem(collector: DefaultedCollector, settings: ManifestOptions): string | undefined {
  try {
    buildCollector({ collector, settings });
    return undefined;
  } catch (error) {
    return `the objects of this collector cannot be made: ${errorMessage(error)}`;
  }
}

type AllocatorSettings = Pick<
  TargetAllocatorResourceSpec,
  "allocationStrategy" | "prometheusCR" | "rbac" | "serviceAccount"
>;

/** All that the roles would have that an allocator asks for by `rbac.create`, whether or not they can be made today. */
function grantTo(
  { metadata: { namespace = "", name } }: KubeObject,
  spec: AllocatorSettings,
  scrapeConfigs: readonly unknown[],
): AllocatorAccount | undefined {
  if (spec.rbac?.create !== true) return undefined;
  const rules = allocatorRules({ namespace, spec, scrapeConfigs });
  return { namespace, name: spec.serviceAccount ?? allocatorName(name), rules };
}

/**
 * The account of an allocator that selects monitors, which it cannot find without permissions; undefined where the
 * operator gives it what it needs. What only monitors with credentials need is not asked for: few have any.
 */
function accountOf(
  { metadata: { namespace = "", name } }: KubeObject,
  spec: AllocatorSettings,
  scrapeConfigs: readonly unknown[],
): AllocatorAccount | undefined {
  if (spec.prometheusCR?.enabled !== true) return undefined;
  const rules = accessNeeds({ namespace, spec, scrapeConfigs }).filter(({ importance }) => importance === "always");
  return { namespace, name: spec.serviceAccount ?? allocatorName(name), rules };
}
