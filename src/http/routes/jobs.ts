import type { RequestHandler } from "express";
import { sendJson, sendNotYet } from "../reply.ts";
import { encodeJobLinks } from "../serialize.ts";
import type { ServedAllocation } from "../served-allocation.ts";

/** `GET /jobs`: the jobs that have targets, with the links to them. */
export function jobsRoute(allocation: ServedAllocation): RequestHandler {
  return (request, response) => {
    if (!allocation.ready) {
      sendNotYet(response, `jobs are not ready: ${allocation.waitingFor().join("; ")}`);
      return;
    }
    sendJson(request, response, encodeJobLinks(allocation.snapshot(), request.baseUrl));
  };
}
