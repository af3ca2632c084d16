import type { Request, RequestHandler, Response, Router } from "express";
import { queryParameters } from "../query-parameters.ts";
import { sendError, sendJson } from "../reply.ts";
import { EXPLAIN_PATH, EXPLAIN_PARAMETERS, explainRoute } from "../routes/explain.ts";
import { MONITOR_PATH, monitorRoute, MONITORS_PATH, monitorsRoute } from "../routes/monitors.ts";
import type { ServedAllocation } from "../served-allocation.ts";
import { unknownJob } from "../unknown-names.ts";
import { openApiDocument } from "./openapi.ts";
import type { Operation } from "./operation.ts";
import { PAGE_PARAMETERS, type Parameter, QueryError, readPage, checkQuery } from "./query.ts";
import { assignmentsOperation, TARGET_PARAMETERS, targetsOperation } from "./targets.ts";
import { toCollectorsJson, toJobsJson, toStatusJson } from "./views.ts";

const inPath = (name: string, description: string): Parameter => ({
  name,
  in: "path",
  description,
  schema: { type: "string" },
  required: true,
});

/** Everything below `/api/v1`. */
export const OPERATIONS: readonly Operation[] = [
  {
    path: "/api/v1/status",
    id: "getStatus",
    summary: "How the allocation is, in numbers, and what hinders it",
    parameters: [],
    schema: "Status",
    handler: (allocation) => (_request, response) => sendJson(response, text(toStatusJson(allocation))),
  },
  {
    path: "/api/v1/collectors",
    id: "listCollectors",
    summary: "Collectors and their loads",
    parameters: PAGE_PARAMETERS,
    schema: "Collectors",
    handler: (allocation) => (request, response) =>
      sendPageOf(request, response, allocation, toCollectorsJson(allocation.snapshot())),
  },
  {
    path: "/api/v1/jobs",
    id: "listJobs",
    summary: "Jobs, those included that are set aside, with the state of their discovery",
    parameters: PAGE_PARAMETERS,
    schema: "Jobs",
    handler: (allocation) => (request, response) => sendPageOf(request, response, allocation, toJobsJson(allocation)),
  },
  {
    path: "/api/v1/jobs/:job",
    id: "getJob",
    summary: "One job",
    parameters: [inPath("job", "Its name, escaped.")],
    schema: "Job",
    handler: jobOperation,
  },
  {
    path: "/api/v1/targets",
    id: "listTargets",
    summary: "Targets with their discovered labels, and who scrapes them",
    parameters: TARGET_PARAMETERS,
    schema: "Targets",
    handler: targetsOperation,
  },
  {
    path: "/api/v1/assignments",
    id: "listAssignments",
    summary: "Who scrapes what, without labels",
    parameters: TARGET_PARAMETERS,
    schema: "Assignments",
    handler: assignmentsOperation,
  },
  {
    path: EXPLAIN_PATH,
    id: "explainTargets",
    summary: "Why targets of a job are, or are not, scraped, and by whom",
    parameters: EXPLAIN_PARAMETERS,
    schema: "Explanation",
    handler: explainRoute,
  },
  {
    path: MONITORS_PATH,
    id: "listMonitors",
    summary: "ServiceMonitors, PodMonitors, Probes and ScrapeConfigs, and what became of them",
    parameters: [],
    schema: "Monitors",
    handler: monitorsRoute,
  },
  {
    path: MONITOR_PATH,
    id: "getMonitor",
    summary: "The monitors of a name, of whichever kind, and which rules drop their targets",
    parameters: [inPath("namespace", "Its namespace."), inPath("name", "Its name.")],
    schema: "Monitor",
    handler: monitorRoute,
  },
];

/** Where the document is. */
const OPENAPI_PATH = "/api/v1/openapi.json";

/** Adds every operation, and the document that describes them. */
export function addApiRoutes(router: Router, allocation: ServedAllocation): void {
  for (const { path, parameters, handler } of OPERATIONS) {
    router.get(path, checked(parameters), handler(allocation));
  }
  router.get(OPENAPI_PATH, (request, response) => {
    sendJson(response, text(openApiDocument(OPERATIONS, request.baseUrl)));
  });
  router.use(badQuery);
}

/** Turns parameters away that mean nothing. */
function checked(parameters: readonly Parameter[]): RequestHandler {
  return (request, _response, next) => {
    checkQuery(request, parameters);
    next();
  };
}

/** Express tells error handlers from others by their four parameters. */
function badQuery(error: unknown, _request: Request, response: Response, next: (error: unknown) => void): void {
  if (error instanceof QueryError) sendError(response, 400, error.message);
  else next(error);
}

function sendPageOf(request: Request, response: Response, allocation: ServedAllocation, all: readonly unknown[]): void {
  const { offset, limit } = readPage(queryParameters(request));
  const { version } = allocation.snapshot();
  sendJson(response, text({ version, total: all.length, offset, items: all.slice(offset, offset + limit) }));
}

function jobOperation(allocation: ServedAllocation): RequestHandler {
  return (request, response) => {
    const { job: name = "" } = request.params as { readonly job?: string };
    const jobs = new Map(toJobsJson(allocation).map((job) => [job.name, job]));
    const job = jobs.get(name);
    if (job === undefined) sendError(response, 404, unknownJob(name, [...jobs.keys()]));
    else sendJson(response, text(job));
  };
}

function text(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
