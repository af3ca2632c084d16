import type { RequestHandler } from "express";
import type { Exposition } from "../../observability/metrics.ts";

/** `GET /metrics`: everything that the process counts, in the Prometheus text format. */
export function metricsRoute(exposition: Exposition): RequestHandler {
  return async (_request, response) => {
    const text = await exposition.text();
    response.setHeader("Content-Type", exposition.contentType);
    response.end(text);
  };
}
