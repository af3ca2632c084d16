import express, { type Express, type RequestHandler } from "express";
import type { Logger } from "../observability/logger.ts";
import type { Exposition } from "../observability/metrics.ts";
import { errorHandler, sendNotFound } from "./middleware/error-handler.ts";
import { requestLimits } from "./middleware/request-limits.ts";
import { sendError } from "./reply.ts";
import { metricsRoute } from "./routes/metrics.ts";

/** Why somebody does not get the metrics. */
export interface Refusal {
  readonly status: 401 | 403 | 503;
  readonly message: string;
}

/** Decides by the bearer token of a request, if it has one. Never rejects. */
export type MetricsGuard = (token: string | undefined) => Promise<Refusal | undefined>;

export interface MetricsAppDependencies {
  readonly exposition: Exposition;
  readonly log: Logger;
  /** @default everybody gets them */
  readonly guard?: MetricsGuard;
}

/** `GET /metrics` on a port of its own, for those whom the guard lets through. */
export function createMetricsApp({ exposition, log, guard }: MetricsAppDependencies): Express {
  const app = express().disable("x-powered-by").disable("etag").disable("query parser");
  app.use(requestLimits);
  app.get("/metrics", ...(guard === undefined ? [] : [guarded(guard)]), metricsRoute(exposition));
  app.use((_request, response) => sendNotFound(response));
  app.use(errorHandler(log));
  return app;
}

function guarded(guard: MetricsGuard): RequestHandler {
  return async (request, response, next) => {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const refusal = await guard(token);
    if (refusal === undefined) {
      next();
      return;
    }
    if (refusal.status === 401) response.setHeader("WWW-Authenticate", "Bearer");
    sendError(response, refusal.status, refusal.message);
  };
}
