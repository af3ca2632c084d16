import type { Logger } from "../../observability/logger.ts";

/** Identity of the object to reconcile. It says nothing about what happened to it. */
export interface Request {
  readonly namespace: string;
  readonly name: string;
}

/** What the controller must do after a successful pass. */
export interface Result {
  /** Run this request again after the delay, even when nothing changes. */
  readonly requeueAfterMs?: number;
}

export const DONE: Result = Object.freeze({});

/** What a pass may use besides the reconciler's own ports. */
export interface ReconcileContext {
  readonly signal: AbortSignal;
  /** Carries the controller's name, the request and an id of this pass. */
  readonly log: Logger;
}

/**
 * Drives one object from its actual to its desired state.
 *
 * Resolve: success, the request's failure count is forgotten.
 * Throw {@link TerminalError}: logged and counted, not retried.
 * Throw anything else: retried with exponential back-off.
 */
export interface Reconciler {
  reconcile(request: Request, context: ReconcileContext): Promise<Result>;
}

/** An error that another attempt cannot repair, such as an invalid spec. */
export class TerminalError extends Error {
  readonly code = "TERMINAL";
  override readonly name = "TerminalError";
}
