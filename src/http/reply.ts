import type { Request, Response } from "express";
import { jsonString } from "./serialize.ts";

/** Sends a JSON body with exactly the Content-Type that Prometheus' HTTP_SD client asks for. */
export function sendJson(response: Response, body: string | Buffer): void {
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Cache-Control", "no-cache");
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}

/** Whether the reader has the body of this entity tag already. */
export function holds(request: Request, etag: string): boolean {
  const tags = request.headers["if-none-match"]?.split(",") ?? [];
  return tags.some((tag) => tag.trim() === etag);
}

/**
 * Sends an error as one JSON string. A string, because collectors parse whatever `/scrape_configs` answers as YAML
 * without looking at the status: an object could be taken for jobs, and an empty body for no jobs at all.
 *
 * @param message - What is wrong and what to do, as one sentence or more.
 */
export function sendError(response: Response, status: number, message: string): void {
  response.status(status);
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Cache-Control", "no-store");
  response.end(`${jsonString(message)}\n`);
}

/** 503: there is no answer yet, which is not the same as an empty one. Clients keep what they have and ask again. */
export function sendNotYet(response: Response, message: string): void {
  response.setHeader("Retry-After", "1");
  sendError(response, 503, message);
}

/** Whether a browser is asking. The rule is the Go allocator's: no content negotiation beyond this. */
export function wantsHtml(request: Request): boolean {
  return request.headers.accept?.includes("text/html") === true;
}
