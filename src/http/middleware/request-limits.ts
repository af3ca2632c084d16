import type { RequestHandler } from "express";
import { sendError } from "../reply.ts";

/** More than any client of ours sends; nothing here reads a body. */
const MAX_BODY_BYTES = 64 * 1024;

/** There is nothing to write here. */
const METHODS = "GET, HEAD";

/**
 * Lets only GET and HEAD through, turns long bodies away, and does not wait for short ones: the connection is closed
 * after the answer.
 */
export const requestLimits: RequestHandler = (request, response, next) => {
  const length = Number(request.headers["content-length"] ?? 0);
  const hasBody = length > 0 || request.headers["transfer-encoding"] !== undefined;
  if (hasBody) response.setHeader("Connection", "close");
  if (length > MAX_BODY_BYTES) {
    response.status(413).type("text/plain").send("413 request body too large\n");
    return;
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", METHODS);
    sendError(response, 405, `${request.method} is not possible: everything here is read with ${METHODS}`);
    return;
  }
  next();
};
