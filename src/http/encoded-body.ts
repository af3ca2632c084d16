import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { Request, Response } from "express";
import { holds } from "./reply.ts";

/** How a body travels. */
export type ContentCoding = "gzip" | "identity";

/** A JSON body that is ready to be sent. */
export interface EncodedBody {
  /** Never modify it. */
  readonly body: Buffer;
  /** A strong entity tag: equal exactly for equal bodies in one coding. */
  readonly etag: string;
  readonly coding: ContentCoding;
}

/** Hashing as much takes a few milliseconds. */
const PIECE_BYTES = 2 ** 20;
/** Less fits into one packet as it is. */
const WORTH_COMPRESSING = 1_400;
/** Within a few percent of the smallest, at a fraction of the work: answers are made anew all the time. */
const LEVEL = constants.Z_BEST_SPEED;
const deflate = promisify(gzip);

/** Tags a body. Lets others work now and then: with thousands of jobs there are many megabytes. */
export async function seal(body: Buffer): Promise<EncodedBody> {
  const hash = createHash("sha256");
  for (let start = 0; start < body.length; start += PIECE_BYTES) {
    if (start > 0) await nextTurn();
    hash.update(body.subarray(start, start + PIECE_BYTES));
  }
  return { body, etag: tagOf(hash.digest("base64url").slice(0, 22)), coding: "identity" };
}

/** The same in another coding; a body too short to gain by it stays as it is. Works beside the event loop. */
export async function inCoding(encoded: EncodedBody, coding: ContentCoding): Promise<EncodedBody> {
  if (coding === encoded.coding || encoded.body.length < WORTH_COMPRESSING) return encoded;
  const body = await deflate(encoded.body, { level: LEVEL });
  return { body, etag: tagOf(`${encoded.etag.slice(1, -1)}-gzip`), coding };
}

function tagOf(text: string): string {
  return `"${text}"`;
}

/** The coding that suits the reader best. Prometheus' HTTP_SD client asks for none, its receiver's other one for gzip. */
export function acceptedCoding(request: Request): ContentCoding {
  const offers = (request.headers["accept-encoding"] ?? "").split(",").map((offer) => offer.trim().toLowerCase());
  return offers.some((offer) => /^gzip(?!\s*;\s*q=0(\.0*)?\s*$)\s*(;|$)/.test(offer)) ? "gzip" : "identity";
}

/** Sends a sealed body, or 304 when the reader has it. */
export function sendSealed(request: Request, response: Response, { body, etag, coding }: EncodedBody): void {
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Cache-Control", "no-cache");
  response.setHeader("Vary", "Accept-Encoding");
  response.setHeader("ETag", etag);
  if (holds(request, etag)) {
    response.status(304).end();
    return;
  }
  if (coding !== "identity") response.setHeader("Content-Encoding", coding);
  response.setHeader("Content-Length", body.length);
  response.end(body);
}
