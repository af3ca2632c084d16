import { ForbiddenError } from "../kube/errors.ts";

/** What failed, and for a refusal what the owner of the cluster can do about it. */
export function explainWatchFailure(error: Error): string {
  if (!(error instanceof ForbiddenError)) return error.message;
  return `${error.message} (give the service account the verbs get, list and watch on it)`;
}
