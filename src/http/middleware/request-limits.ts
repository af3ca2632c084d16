import type { RequestHandler } from "express";
import { sendNotFound } from "./error-handler.ts";

/** More than any client of ours sends; nothing here reads a body. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Lets only GET and HEAD through (anything else is 404, as with the Go allocator, except that it knows no HEAD), turns
 * long bodies away, and does not wait for short ones: the connection is closed after the answer.
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
    sendNotFound(response);
    return;
  }
  next();
};
