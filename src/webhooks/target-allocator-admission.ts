import type { Cluster } from "../api/opentelemetry/check.ts";
import { withTargetAllocatorDefaults } from "../api/opentelemetry/default-target-allocator.ts";
import type { DefaultedTargetAllocator } from "../api/opentelemetry/default-target-allocator.ts";
import type { DefaultingSettings } from "../api/opentelemetry/default.ts";
import type { TargetAllocator } from "../api/opentelemetry/target-allocator.ts";
import { RESOURCES } from "../api/resource-type.ts";
import type { AccessReviewer } from "./access-review.ts";
import type { Admission, Verdict } from "./admission.ts";
import { type AllocatorAccount, warningsOfAccount } from "./allocator-account.ts";
import { type AskForCertManager, clusterFor } from "./cert-manager-use.ts";
import { roleProblem } from "./escalation.ts";
import { jsonPatch } from "./json-patch.ts";

/** Writes into a TargetAllocator what it leaves out. */
export function defaultTargetAllocator(settings: DefaultingSettings = {}): Admission<TargetAllocator> {
  return ({ object }): Verdict => ({ patch: jsonPatch(object, withTargetAllocatorDefaults(object, settings)) });
}

/** What is known of allocators outside of their own schema. */
export interface TargetAllocatorKnowledge {
  /** Why no objects can be made of it, worst first. */
  readonly problems: (allocator: DefaultedTargetAllocator, cluster: Cluster) => readonly string[];
  readonly certManager: AskForCertManager;
  /** Undefined when it selects no monitors. */
  readonly account: (allocator: DefaultedTargetAllocator) => AllocatorAccount | undefined;
  /** What the operator is asked to grant to it; undefined when nothing is. */
  readonly grant: (allocator: DefaultedTargetAllocator) => AllocatorAccount | undefined;
}

/** Admits TargetAllocators that can be run, with a warning about what their account lacks. */
export function validateTargetAllocator(
  knowledge: TargetAllocatorKnowledge,
  access: AccessReviewer,
): Admission<TargetAllocator> {
  return async ({ object, before, requester, signal }): Promise<Verdict> => {
    const allocator = withTargetAllocatorDefaults(object);
    const { namespace = "", ownerReferences = [] } = allocator.metadata;
    // What its collector asks for was admitted with the collector, or has to be told there.
    const isCollectors = ownerReferences.some(({ kind }) => kind === RESOURCES.OpenTelemetryCollector.kind);
    const mtls = isCollectors ? undefined : allocator.spec.mtls;
    const cluster = await clusterFor({ namespace, mtls, before: before?.spec?.mtls }, knowledge.certManager, signal);
    // Whoever says that a collector owns it is asked all the same: anybody can.
    const author = { requester, writes: "a TargetAllocator whose spec.rbac.create" };
    const problem =
      knowledge.problems(allocator, cluster)[0] ??
      (await roleProblem(author, knowledge.grant(allocator), access, signal));
    if (problem !== undefined) return { problem };
    const account = knowledge.account(allocator);
    return account === undefined ? {} : { warnings: await warningsOfAccount(account, access, signal) };
  };
}
