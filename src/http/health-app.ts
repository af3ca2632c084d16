import express, { type Express } from "express";
import { sendNotFound } from "./middleware/error-handler.ts";
import { requestLimits } from "./middleware/request-limits.ts";
import { probeRoute, readiness, type Reasons } from "./routes/probes.ts";

export interface HealthAppDependencies {
  /** Why only a restart can help; empty when it need not. */
  readonly stuck: Reasons;
  /** What is missing until ready; empty once ready. */
  readonly waitingFor: Reasons;
  readonly stopping: AbortSignal;
}

/** Probes on a port of their own, so that a kubelet needs to reach nothing else. `/healthz` is `/livez` by another name. */
export function createHealthApp({ stuck, waitingFor, stopping }: HealthAppDependencies): Express {
  const app = express().disable("x-powered-by").disable("etag").disable("query parser");
  app.use(requestLimits);
  app.get(["/livez", "/healthz"], probeRoute("not alive", stuck));
  app.get("/readyz", probeRoute("not ready", readiness(waitingFor, stopping)));
  app.use((_request, response) => sendNotFound(response));
  return app;
}
