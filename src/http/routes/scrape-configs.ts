import { createHash } from "node:crypto";
import type { RequestHandler } from "express";
import { sendJson, sendNotYet } from "../reply.ts";
import type { ServedAllocation, ServedScrapeConfigs } from "../served-allocation.ts";

/**
 * `GET /scrape_configs`: job name → scrape configuration. Not served before the first complete assignment: a collector
 * that knew its jobs already would ask for their targets, be turned away, and ask again only half a minute later.
 *
 * @param secrets - How secrets are served: in clear only where the reader is authorised, or the user has said so.
 */
export function scrapeConfigsRoute(
  allocation: ServedAllocation,
  secrets: () => keyof ServedScrapeConfigs,
): RequestHandler {
  let sent = { body: "", etag: "" };
  return (request, response) => {
    const configs = allocation.scrapeConfigs();
    if (!allocation.ready || configs === undefined) {
      sendNotYet(response, `scrape configurations are not ready: ${allocation.waitingFor().join("; ")}`);
      return;
    }
    const body = configs[secrets()];
    if (body !== sent.body) sent = { body, etag: etagOf(body) };
    sendJson(request, response, body, sent.etag);
  };
}

function etagOf(body: string): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
}
