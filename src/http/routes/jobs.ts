import type { RequestHandler } from "express";
import { sendJson, sendNotYet } from "../reply.ts";
import { encodeJobLinks } from "../serialize.ts";
import type { ServedShares } from "../served-allocation.ts";

/** `GET /jobs`: the jobs that have targets, with the links to them. */
export function jobsRoute(allocation: ServedShares): RequestHandler {
  return (request, response) => {
    if (!allocation.ready) {
      sendNotYet(response, `jobs are not ready: ${allocation.waitingFor().join("; ")}`);
      return;
    }
    sendJson(response, encodeJobLinks(allocation.snapshot(), request.baseUrl));
  };
}
