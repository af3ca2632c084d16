import express, { type Express, type Router } from "express";
import type { Logger } from "../observability/logger.ts";
import type { Exposition, Metrics } from "../observability/metrics.ts";
import { allocationRouter } from "./allocation-router.ts";
import { EncodedCache } from "./encoded-cache.ts";
import { errorHandler, sendNotFound } from "./middleware/error-handler.ts";
import { requestLimits } from "./middleware/request-limits.ts";
import { requestMetrics } from "./middleware/request-metrics.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { probeRoute, readiness, type Reasons } from "./routes/probes.ts";
import type { ServedAllocation } from "./served-allocation.ts";

/** What every server of ours needs besides what it serves. */
export interface ServerDependencies {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Shown at /metrics. @default another server shows them */
  readonly exposition?: Exposition;
  /** Aborted when the process begins to stop: readiness goes false. */
  readonly stopping: AbortSignal;
  /** Why only a restart can help. @default nothing: a process that answers is alive */
  readonly stuck?: Reasons;
  /** Of encoded answers, which servers of the same allocations can share. @default one of its own */
  readonly cache?: EncodedCache;
}

export interface AppDependencies extends ServerDependencies {
  /** Read once per request; never written. */
  readonly allocation: ServedAllocation;
  /** What is allocated for: the title of the pages. */
  readonly title: string;
  /** Whether `/scrape_configs` serves secrets in clear, asked at each request. */
  readonly revealSecrets: () => boolean;
  /** Whether collectors are to notice there that a secret was replaced. @default false: as the Go allocator serves them */
  readonly noticeRotation?: boolean;
}

/** The routes of one allocation at the root, with probes and metrics: what the Go allocator serves. */
export function createApp(deps: AppDependencies): Express {
  const { allocation, title, revealSecrets, noticeRotation } = deps;
  const router = allocationRouter({
    allocation,
    title,
    trail: [],
    cache: deps.cache ?? createCache(),
    revealSecrets,
    ...(noticeRotation === undefined ? {} : { noticeRotation }),
  });
  return assemble(deps, () => allocation.waitingFor(), router);
}

/** A cache of encoded answers, of 64 MiB together. */
export function createCache(): EncodedCache {
  return new EncodedCache(64 * 1024 * 1024);
}

/** The frame of every server: limits and metrics before the routes, probes beside them, errors behind them. */
export function assemble(deps: ServerDependencies, waitingFor: Reasons, routes: Router): Express {
  const app = express()
    .disable("x-powered-by")
    .disable("etag")
    .disable("query parser")
    .enable("case sensitive routing");
  app.use(requestMetrics(deps.metrics));
  app.use((_request, response, next) => {
    response.setHeader("X-Content-Type-Options", "nosniff");
    next();
  });
  app.use(requestLimits);
  app.get("/livez", probeRoute("not alive", deps.stuck ?? (() => [])));
  app.get("/readyz", probeRoute("not ready", readiness(waitingFor, deps.stopping)));
  if (deps.exposition !== undefined) app.get("/metrics", metricsRoute(deps.exposition));
  app.use(routes);
  app.use((_request, response) => sendNotFound(response));
  app.use(errorHandler(deps.log));
  return app;
}
