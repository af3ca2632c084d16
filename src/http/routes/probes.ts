import type { RequestHandler } from "express";

/** `GET /livez`: the process answers. Nothing that another process could repair is asked. */
export const livezRoute: RequestHandler = (_request, response) => {
  response.end();
};

/**
 * `GET /readyz`: 200 without a body, or 503 and one reason a line.
 *
 * @param waitingFor - What is missing, one sentence each; empty when ready.
 * @param stopping - Not ready any more once it is aborted, so that no new client comes while open requests end.
 */
export function readyzRoute(waitingFor: () => readonly string[], stopping: AbortSignal): RequestHandler {
  return (_request, response) => {
    const reasons = stopping.aborted ? ["the process is shutting down"] : waitingFor();
    if (reasons.length === 0) {
      response.end();
      return;
    }
    response
      .status(503)
      .type("text/plain")
      .send(`not ready:\n${reasons.map((reason) => `- ${reason}\n`).join("")}`);
  };
}
