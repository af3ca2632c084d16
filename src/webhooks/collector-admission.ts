import type { KubeObject } from "../api/meta.ts";
import type { Cluster } from "../api/opentelemetry/check.ts";
import { type DefaultedCollector, type DefaultingSettings, withDefaults } from "../api/opentelemetry/default.ts";
import type { MtlsSpec, OpenTelemetryCollector } from "../api/opentelemetry/v1beta1.ts";
import { changeProblem } from "../api/opentelemetry/validate-mode.ts";
import { warningsOf } from "../api/opentelemetry/validate.ts";
import { type AccessReviewer, type AccessRule, describeMissing, serviceAccount } from "./access-review.ts";
import type { Admission, Change, Verdict } from "./admission.ts";
import { type AllocatorAccount, warningsOfAccount } from "./allocator-account.ts";
import { type AskForCertManager, clusterFor } from "./cert-manager-use.ts";
import { escalationProblem, roleProblem } from "./escalation.ts";
import { jsonPatch } from "./json-patch.ts";

/** Tells whoever looks at an object what was done to it. */
export type Announce = (regarding: KubeObject, event: { readonly reason: string; readonly note: string }) => void;

/** Writes into a collector what it leaves out. */
export function defaultCollector(
  announce: Announce,
  settings: DefaultingSettings = {},
): Admission<OpenTelemetryCollector> {
  return ({ object, dryRun }): Verdict => {
    const defaulted = withDefaults(object, settings);
    if (!dryRun && hasTelemetry(defaulted) && !hasTelemetry(object)) announce(object, TELEMETRY_DEFAULTED);
    return { patch: jsonPatch(object, defaulted) };
  };
}

/** As the Go operator says it, but for the words. */
const TELEMETRY_DEFAULTED = {
  reason: "Spec.Service.Telemetry.DefaultsApplied",
  note: "the collector's own metrics were given a reader: spec.config.service.telemetry.metrics named none",
};

function hasTelemetry({ spec }: OpenTelemetryCollector): boolean {
  const { readers } =
    (spec?.config.service.telemetry as { metrics?: { readers?: unknown } } | undefined)?.metrics ?? {};
  return Array.isArray(readers) && readers.length > 0;
}

/** What is known of collectors outside of their own schema. */
export interface CollectorKnowledge {
  /** Why no objects can be made of it, worst first. */
  readonly problems: (collector: DefaultedCollector, cluster: Cluster) => readonly string[];
  readonly certManager: AskForCertManager;
  /** Why its objects would come out wrong, if at all: found by making them. */
  readonly buildProblem: (collector: DefaultedCollector) => string | undefined;
  /** The account of its target allocator; undefined when it selects no monitors. */
  readonly allocatorAccount: (collector: DefaultedCollector) => AllocatorAccount | undefined;
  /** What the operator is asked to grant to that account; undefined when nothing is. */
  readonly allocatorGrant: (collector: DefaultedCollector) => AllocatorAccount | undefined;
  /** What its configuration makes its account need. */
  readonly needs: (collector: DefaultedCollector, signal: AbortSignal) => Promise<CollectorNeeds>;
}

/** What the account of a collector must be allowed to do. */
export interface CollectorNeeds {
  /** Name of the account. */
  readonly account: string;
  readonly rules: readonly AccessRule[];
  /** Whether the operator grants it. */
  readonly granted: boolean;
}

/**
 * Admits collectors that can be run. All rules are looked at, whatever else a resource has; the first that is broken is
 * told, and whatever is doubtful when none is.
 */
export function validateCollector(
  knowledge: CollectorKnowledge,
  access: AccessReviewer,
  settings: DefaultingSettings = {},
): Admission<OpenTelemetryCollector> {
  return async (change): Promise<Verdict> => {
    const collector = withDefaults(change.object, settings);
    const before = change.before === undefined ? undefined : withDefaults(change.before, settings);
    const relied = { mtls: mtlsOf(collector), before: before && mtlsOf(before) };
    const namespace = collector.metadata.namespace ?? "";
    const cluster = await clusterFor({ namespace, ...relied }, knowledge.certManager, change.signal);
    const problem =
      (before === undefined ? undefined : changeProblem(before, collector)) ??
      knowledge.problems(collector, cluster)[0] ??
      (await grantProblem(change, collector, knowledge, access));
    if (problem !== undefined) return { problem };
    const account = knowledge.allocatorAccount(collector);
    const buildProblem = knowledge.buildProblem(collector);
    return {
      warnings: [
        ...warningsOf(collector),
        ...(account === undefined ? [] : await warningsOfAccount(account, access, change.signal)),
        ...(buildProblem === undefined ? [] : [buildProblem]),
        ...(await missingRules(change, collector, knowledge, access)),
      ],
    };
  };
}

/** Of an allocator that is not there nobody asks anything. */
function mtlsOf({ spec: { targetAllocator } }: DefaultedCollector): MtlsSpec | undefined {
  return targetAllocator?.enabled === true ? targetAllocator.mtls : undefined;
}

/** Nobody gets permissions by writing a collector that they could not have given away. */
async function grantProblem(
  { requester, signal }: Change<OpenTelemetryCollector>,
  collector: DefaultedCollector,
  { needs, allocatorGrant }: CollectorKnowledge,
  access: AccessReviewer,
): Promise<string | undefined> {
  const { account: name, rules, granted } = await needs(collector, signal);
  const account = { namespace: collector.metadata.namespace ?? "", name, rules: granted ? rules : [] };
  const asConfig = { requester, writes: "a collector whose config" };
  const asRoles = { requester, writes: "a collector whose spec.targetAllocator.rbac.create" };
  return (
    (await escalationProblem(asConfig, account, access, signal)) ??
    (await roleProblem(asRoles, allocatorGrant(collector), access, signal))
  );
}

/** An account that the user has made must be given its permissions by the user, where the operator gives none. */
async function missingRules(
  { signal }: Change<OpenTelemetryCollector>,
  collector: DefaultedCollector,
  { needs }: CollectorKnowledge,
  access: AccessReviewer,
): Promise<readonly string[]> {
  const { account, rules, granted } = await needs(collector, signal);
  if (granted || collector.spec.serviceAccount === undefined) return [];
  const subject = serviceAccount(collector.metadata.namespace ?? "", account);
  const missing = await access.missing(subject, rules, signal);
  return missing.length === 0 ? [] : [`RBAC rules are missing: ${describeMissing(missing)}`];
}
