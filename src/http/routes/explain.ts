import type { Request, RequestHandler } from "express";
import type { Parameter } from "../api/query.ts";
import { encodeExplanation } from "../explanation-body.ts";
import { queryParameters } from "../query-parameters.ts";
import { sendError, sendJson, sendNotYet } from "../reply.ts";
import type { ExplainQuery, ServedAllocation } from "../served-allocation.ts";
import { unknownJob } from "../unknown-names.ts";

/** The path that {@link explainRoute} is mounted at. */
export const EXPLAIN_PATH = "/api/v1/explain";

const DEFAULT_LIMIT = 20;
/** A page of some megabytes, where targets have many labels. */
const MOST_TARGETS = 500;

/** What {@link explainRoute} takes. */
export const EXPLAIN_PARAMETERS: readonly Parameter[] = [
  { name: "job", in: "query", description: "Of this job.", schema: { type: "string" }, required: true },
  { name: "address", in: "query", description: "Exactly this discovered address.", schema: { type: "string" } },
  {
    name: "target",
    in: "query",
    description: "Part of the address, or all of the value of a discovered label, such as the name of a pod.",
    schema: { type: "string" },
  },
  {
    name: "limit",
    in: "query",
    description: "How many targets to explain at most.",
    schema: { type: "integer", minimum: 1, maximum: MOST_TARGETS, default: DEFAULT_LIMIT },
  },
];

/**
 * `GET /api/v1/explain?job=…`: why targets of a job are, or are not, scraped, and by whom. Which targets: `address=…`,
 * exactly; `target=…`, part of the address or all of the value of a discovered label; neither, the first ones. `limit=…`
 * targets are explained. Answers before the first assignment too: it says what is awaited then.
 */
export function explainRoute(allocation: ServedAllocation): RequestHandler {
  return async (request, response) => {
    const query = queryOf(request);
    if (typeof query === "string") {
      sendError(response, 400, query);
      return;
    }
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const answer = await allocation.explain(query, gone.signal).catch((error: unknown) => {
      if (gone.signal.aborted) return undefined;
      throw error;
    });
    if (answer === undefined) return;
    if (answer.kind === "busy") sendNotYet(response, "other targets are being explained; ask again in a second");
    else if (answer.kind === "unknown-job") sendError(response, 404, unknownJob(query.job, answer.jobs));
    else sendJson(response, await encodeExplanation(answer.explanation));
  };
}

/** The query; or, as a text, what is wrong with it. */
function queryOf(request: Request): ExplainQuery | string {
  const parameters = queryParameters(request);
  const job = parameters.get("job") ?? "";
  if (job === "") return `give the name of a job, such as ${request.baseUrl}${EXPLAIN_PATH}?job=my-job&target=my-pod`;
  const limit = Number(parameters.get("limit") ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_TARGETS) {
    return `limit must be a whole number from 1 to ${String(MOST_TARGETS)}`;
  }
  const [address, text] = [parameters.get("address"), parameters.get("target")];
  return {
    job,
    limit,
    ...(address === null ? {} : { address }),
    ...(text === null ? {} : { text }),
  };
}
