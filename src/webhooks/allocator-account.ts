import { type AccessReviewer, type AccessRule, serviceAccount } from "./access-review.ts";

/** The account that a target allocator runs as, and what it must be allowed to do. */
export interface AllocatorAccount {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly AccessRule[];
}

/** What the account of an allocator lacks, a line for each resource: without it targets are missing, and nothing else is. */
export async function warningsOfAccount(
  { namespace, name, rules }: AllocatorAccount,
  access: AccessReviewer,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const account = serviceAccount(namespace, name);
  const missing = await access.missing(account, rules, signal);
  return missing.map(
    ({ what, verbs }) => `missing the following rules for ${account.username} - ${what}: [${verbs.join(",")}]`,
  );
}
