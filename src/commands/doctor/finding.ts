import type { KubeObject } from "../../api/meta.ts";

/** How bad a finding is: nothing works as it should, something probably does not, or something to know. */
export type Severity = "error" | "warning" | "info";

/** Everything that `doctor` can find; docs/doctor.md says what each means and how it is mended. */
export const FINDING_SEVERITIES = Object.freeze({
  ApiServerUnreachable: "error",
  KubernetesTooOld: "error",
  KubernetesUntested: "warning",
  CheckNotPermitted: "info",
  CrdMissing: "error",
  CrdVersionNotServed: "error",
  CrdOutdated: "warning",
  MonitorCrdMissing: "warning",
  OperatorMissing: "info",
  OperatorNotReady: "error",
  OperatorLacksPermission: "error",
  InstallerLacksPermission: "warning",
  TwoOperators: "error",
  NoLeader: "error",
  DefaultImage: "warning",
  WebhookServiceMissing: "error",
  WebhookWithoutEndpoints: "error",
  WebhookWithoutAuthority: "error",
  WebhookAuthorityExpired: "error",
  WebhookAuthorityExpiresSoon: "warning",
  ResourceInvalid: "error",
  TargetAllocatorMissing: "error",
  JobNotServed: "error",
  CredentialsWithheld: "warning",
  AllocatorAccountMissing: "error",
  AllocatorLacksPermission: "error",
  AllocatorLacksCredentials: "warning",
  NoMonitorSelector: "error",
  MonitorSelectorNull: "info",
  SelectorSelectsNothing: "warning",
  NamespaceSelectorSelectsNothing: "warning",
  NamespaceMissing: "warning",
  CollectorSelectorSelectsNothing: "warning",
  NetworkPolicyBlocksApiServer: "error",
  NetworkPolicyBlocksDns: "warning",
  NetworkPolicyBlocksCollectors: "error",
} as const satisfies Readonly<Record<string, Severity>>);

export type FindingCode = keyof typeof FINDING_SEVERITIES;

/** What mends a finding. */
export interface Mending {
  /** For `kubectl apply --server-side --force-conflicts`, as a manager of its own: whole objects, or the fields of existing ones that change. */
  readonly apply?: readonly PartialObject[];
  /** Command lines, for what cannot be applied. */
  readonly run?: readonly string[];
}

/** An object, or those of its fields that are to change. */
export interface PartialObject extends KubeObject {
  readonly [field: string]: unknown;
}

/** Something that is not, or may not be, as it should. */
export interface Finding {
  readonly code: FindingCode;
  /** `KIND NAMESPACE/NAME`, or what else it is about. */
  readonly object: string;
  /** A sentence: what was found, and what follows from it. */
  readonly message: string;
  readonly mending: Mending;
}

const ORDER: readonly Severity[] = ["error", "warning", "info"];

/** The finding's severity; each code has one. */
export function severityOf({ code }: Pick<Finding, "code">): Severity {
  return FINDING_SEVERITIES[code];
}

/** Whether a severity is as bad as the given one, or worse. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return ORDER.indexOf(severity) <= ORDER.indexOf(least);
}

/** Worst first; otherwise as they were found. */
export function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => ORDER.indexOf(severityOf(a)) - ORDER.indexOf(severityOf(b)));
}
