import type { Condition } from "../api/meta.ts";
import type { AllocationStatus } from "../api/opentelemetry/v1beta1.ts";
import { contentHash } from "./manifests/canonical-json.ts";

/** What is compared of a status; whatever else it holds counts as well. */
export interface ComparableStatus {
  readonly conditions?: readonly Condition[];
  readonly allocation?: AllocationStatus;
}

/** What there is to do about a status that is to be shown. */
export type StatusChange = "none" | "numbers" | "news";

/**
 * Compares two statuses. "numbers" means that only counts and texts differ, which may wait a little; "news" that a
 * condition, a reason, a replica or the generation does.
 */
export function compareStatus(before: ComparableStatus | undefined, after: ComparableStatus): StatusChange {
  if (before === undefined) return "news";
  if (contentHash(before) === contentHash(after)) return "none";
  return contentHash(withoutNumbers(before)) === contentHash(withoutNumbers(after)) ? "numbers" : "news";
}

function withoutNumbers({ conditions = [], allocation, ...rest }: ComparableStatus): unknown {
  const verdicts = conditions.map(({ message: _text, ...condition }: Condition) => condition);
  return { ...rest, conditions: verdicts, endpoint: allocation?.endpoint };
}
