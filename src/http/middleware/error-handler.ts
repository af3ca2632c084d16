import type { ErrorRequestHandler, Response } from "express";
import type { Logger } from "../../observability/logger.ts";
import { sendError } from "../reply.ts";

/** 404 in the words of the Go allocator. */
export function sendNotFound(response: Response): void {
  response.status(404).type("text/plain").send("404 page not found");
}

/**
 * The last handler: a malformed request is the client's to mend and is told so, anything else is ours, is logged, and
 * tells the client no details.
 */
export function errorHandler(log: Logger): ErrorRequestHandler {
  // Express tells error handlers from others by their four parameters.
  return (error: unknown, request, response, _next) => {
    const malformed = error instanceof URIError || (error as { status?: unknown } | null)?.status === 400;
    if (!malformed) log.error("request failed", { method: request.method, url: request.originalUrl, error });
    if (response.headersSent) {
      // Part of an answer is out: only a broken connection tells the client that it is not whole.
      response.destroy();
      return;
    }
    if (malformed) sendError(response, 400, `malformed escape in ${request.originalUrl}`);
    else sendError(response, 500, "internal error; the log of the process says more");
  };
}
