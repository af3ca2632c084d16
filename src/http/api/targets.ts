import { setImmediate as nextTurn } from "node:timers/promises";
import type { Request, RequestHandler, Response } from "express";
import { queryParameters } from "../query-parameters.ts";
import { sendError, sendJson, sendNotYet } from "../reply.ts";
import type { ServedAllocation } from "../served-allocation.ts";
import { unknownCollector, unknownJob } from "../unknown-names.ts";
import { jsonWithoutPasswords } from "../without-passwords.ts";
import { PAGE_PARAMETERS, type Parameter, QueryError, readPage } from "./query.ts";
import { type FoundTarget, searchTargets, type TargetPage, type TargetQuery } from "./target-search.ts";
import { toAssignmentJson, toTargetJson } from "./views.ts";

/** Each is looked up in every target. */
const MOST_LABELS = 8;
const NAMESPACE_LABEL = "__meta_kubernetes_namespace";

/** What the operations on targets take. */
export const TARGET_PARAMETERS: readonly Parameter[] = [
  { name: "job", in: "query", description: "Of this job only.", schema: { type: "string" } },
  { name: "collector", in: "query", description: "Of this collector only.", schema: { type: "string" } },
  {
    name: "state",
    in: "query",
    description: "Assigned to a collector or not. For those that rules drop ask /api/v1/explain.",
    schema: { type: "string", enum: ["assigned", "unassigned"] },
  },
  {
    name: "namespace",
    in: "query",
    description: `Found in this Kubernetes namespace: short for label=${NAMESPACE_LABEL}=NAMESPACE.`,
    schema: { type: "string" },
  },
  {
    name: "label",
    in: "query",
    description: "NAME=VALUE of a discovered label; may be given several times, and all must match.",
    schema: { type: "array", items: { type: "string", pattern: "=" } },
  },
  {
    name: "search",
    in: "query",
    description: "Part of the address or of the value of any discovered label.",
    schema: { type: "string" },
  },
  ...PAGE_PARAMETERS,
];

/** `GET /api/v1/targets`: targets with their discovered labels and who scrapes them, page by page. */
export function targetsOperation(allocation: ServedAllocation): RequestHandler {
  return pageOf(allocation, toTargetJson);
}

/** `GET /api/v1/assignments`: the same without labels. */
export function assignmentsOperation(allocation: ServedAllocation): RequestHandler {
  return pageOf(allocation, toAssignmentJson);
}

function pageOf(allocation: ServedAllocation, toJson: (found: FoundTarget) => unknown): RequestHandler {
  return async (request, response) => {
    const query = toTargetQuery(request);
    const snapshot = allocation.snapshot();
    if (!allocation.ready) {
      sendNotYet(response, `targets are not ready: ${allocation.waitingFor().join("; ")}`);
      return;
    }
    const { job, collector } = query;
    if (job !== undefined && !snapshot.jobs.has(job)) {
      sendError(response, 404, unknownJob(job, [...snapshot.jobs.keys()]));
      return;
    }
    if (collector !== undefined && !snapshot.targetsByCollector.has(collector)) {
      sendError(response, 404, unknownCollector(collector, [...snapshot.targetsByCollector.keys()]));
      return;
    }
    const page = await inTurns(searchTargets(snapshot, query), response);
    if (page === undefined) return;
    const { version } = snapshot;
    const body = { version, total: page.total, offset: query.offset, items: page.items.map(toJson) };
    sendJson(response, `${jsonWithoutPasswords(body)}\n`);
  };
}

/** Undefined when the client has gone before the end. */
async function inTurns(search: Generator<undefined, TargetPage>, response: Response): Promise<TargetPage | undefined> {
  for (let step = search.next(); ; step = search.next()) {
    if (step.done === true) return step.value;
    await nextTurn();
    if (response.destroyed) return undefined;
  }
}

/** @throws QueryError */
function toTargetQuery(request: Request): TargetQuery {
  const query = queryParameters(request);
  const given = (name: string): string | undefined => query.get(name) ?? undefined;
  const [job, collector, state, namespace, text] = ["job", "collector", "state", "namespace", "search"].map(given);
  if (state !== undefined && state !== "assigned" && state !== "unassigned") {
    throw new QueryError(`state must be assigned or unassigned; for those that rules drop ask /api/v1/explain`);
  }
  const written = query.getAll("label");
  if (written.length > MOST_LABELS)
    throw new QueryError(`at most ${String(MOST_LABELS)} labels can be asked for at once`);
  const labels = written.map(toLabel);
  return {
    ...readPage(query),
    ...(job === undefined ? {} : { job }),
    ...(collector === undefined ? {} : { collector }),
    ...(state === undefined ? {} : { state }),
    ...(text === undefined ? {} : { text }),
    labels: namespace === undefined ? labels : [...labels, [NAMESPACE_LABEL, namespace]],
  };
}

function toLabel(text: string): readonly [string, string] {
  const end = text.indexOf("=");
  if (end < 1) throw new QueryError(`label must be NAME=VALUE, such as label=${NAMESPACE_LABEL}=shop`);
  return [text.slice(0, end), text.slice(end + 1)];
}
