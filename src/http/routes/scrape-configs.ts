import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RequestHandler } from "express";
import { sendJson, sendNotYet } from "../reply.ts";
import type { ServedAllocation, ServedScrapeConfigs } from "../served-allocation.ts";

/** Hashing as much takes a few milliseconds. */
const PIECE_BYTES = 2 ** 20;

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
  let latest = { text: "", encoded: encode("") };
  return async (request, response) => {
    const configs = allocation.scrapeConfigs();
    if (!allocation.ready || configs === undefined) {
      sendNotYet(response, `scrape configurations are not ready: ${allocation.waitingFor().join("; ")}`);
      return;
    }
    const text = configs[secrets()];
    if (text !== latest.text) latest = { text, encoded: encode(text) };
    const { body, etag } = await latest.encoded;
    sendJson(request, response, body, etag);
  };
}

/** Lets others work now and then: with thousands of jobs there are many megabytes. */
async function encode(text: string): Promise<{ readonly body: Buffer; readonly etag: string }> {
  const body = Buffer.from(text);
  const hash = createHash("sha256");
  for (let start = 0; start < body.length; start += PIECE_BYTES) {
    if (start > 0) await nextTurn();
    hash.update(body.subarray(start, start + PIECE_BYTES));
  }
  return { body, etag: `"${hash.digest("base64url").slice(0, 22)}"` };
}
