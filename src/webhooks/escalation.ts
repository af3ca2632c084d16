import { type AccessReviewer, describeMissing, serviceAccount } from "./access-review.ts";
import type { Requester } from "./admission.ts";
import type { AllocatorAccount } from "./allocator-account.ts";

/** Who writes what. */
interface Author {
  readonly requester: Requester;
  /** What they write, and what about it grants, for the message. */
  readonly writes: string;
}

/**
 * Why somebody may not write what makes the operator grant this to an account; undefined when they may. They get by that
 * account whatever is granted to it, so they must be allowed it themselves. What the account may do already is nothing
 * new to them, and the operator itself passes on what others wrote: it can grant nothing that it does not hold.
 */
export async function escalationProblem(
  { requester, writes }: Author,
  { namespace, name, rules }: AllocatorAccount,
  access: AccessReviewer,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (rules.length === 0) return undefined;
  const lacking = await access.missing(serviceAccount(namespace, name), rules, signal);
  const denied = lacking.flatMap((missing) => missing.rules);
  const escalated = await access.missing(requester, denied, signal);
  if (escalated.length === 0 || (await access.isSelf(requester, signal))) return undefined;
  const user = JSON.stringify(requester.username);
  return `user ${user} is not allowed to create ${writes} would grant permissions they do not hold: ${describeMissing(escalated)}`;
}

/** Undefined: no roles are asked for. */
export async function roleProblem(
  author: Author,
  granted: AllocatorAccount | undefined,
  access: AccessReviewer,
  signal: AbortSignal,
): Promise<string | undefined> {
  const problem = granted === undefined ? undefined : await escalationProblem(author, granted, access, signal);
  return problem && `${problem}; without rbac.create an administrator can make the roles`;
}
