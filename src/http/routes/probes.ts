import type { RequestHandler } from "express";

/** Why a probe fails, one sentence each; empty when all is well. Cheap: it is asked every few seconds. */
export type Reasons = () => readonly string[];

/**
 * A probe: 200 without a body, or 503 and one reason a line.
 *
 * @param failed - What the answer begins with, such as `not ready`.
 */
export function probeRoute(failed: string, reasons: Reasons): RequestHandler {
  return (_request, response) => {
    const found = reasons();
    if (found.length === 0) {
      response.end();
      return;
    }
    response
      .status(503)
      .type("text/plain")
      .send(`${failed}:\n${found.map((reason) => `- ${reason}\n`).join("")}`);
  };
}

/** Readiness with the shutdown: once the process stops, no new client is to come while open requests end. */
export function readiness(waitingFor: Reasons, stopping: AbortSignal): Reasons {
  return () => (stopping.aborted ? ["the process is shutting down"] : waitingFor());
}
