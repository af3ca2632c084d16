import { setImmediate as nextTurn } from "node:timers/promises";
import type { RequestHandler } from "express";
import { acceptedCoding, type ContentCoding, type EncodedBody, inCoding, seal, sendSealed } from "../encoded-body.ts";
import { sendNotYet } from "../reply.ts";
import type { ServedShares, ServedScrapeConfigs } from "../served-allocation.ts";

/**
 * `GET /scrape_configs`: job name → scrape configuration. Not served before the first complete assignment: a collector
 * that knew its jobs already would ask for their targets, be turned away, and ask again only half a minute later.
 *
 * @param secrets - How secrets are served: in clear only where the reader is authorised, or the user has said so.
 */
export function scrapeConfigsRoute(allocation: ServedShares, secrets: () => keyof ServedScrapeConfigs): RequestHandler {
  let latest = encode("");
  return async (request, response) => {
    const configs = allocation.scrapeConfigs();
    if (!allocation.ready || configs === undefined) {
      sendNotYet(response, `scrape configurations are not ready: ${allocation.waitingFor().join("; ")}`);
      return;
    }
    const text = configs[secrets()];
    if (text !== latest.text) latest = encode(text);
    sendSealed(request, response, await latest.in(acceptedCoding(request)));
  };
}

/** What the latest text is sent as, each coding made when somebody asks for it. */
interface EncodedText {
  readonly text: string;
  in(coding: ContentCoding): Promise<EncodedBody>;
}

function encode(text: string): EncodedText {
  // Thousands of jobs were put together just now: that and their bytes are too much for one turn.
  const identity = nextTurn().then(async () => seal(Buffer.from(text)));
  let compressed: Promise<EncodedBody> | undefined;
  return {
    text,
    in: async (coding) => {
      if (coding === "identity") return identity;
      compressed ??= identity.then(async (body) => inCoding(body, coding));
      return compressed;
    },
  };
}
