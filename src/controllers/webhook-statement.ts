import { type Statement, statement } from "./conditions.ts";

/** How soon to look again whether webhooks answer: nobody tells. */
export const WEBHOOK_RETRY_MS = 30_000;

/** What there is to be said about webhooks: nothing while all is well, or while there are none. */
export function webhookStatements(problem: string | undefined): readonly Statement[] {
  return problem === undefined ? [] : [statement("WebhookReady", "False", "NotAnswering", problem)];
}
