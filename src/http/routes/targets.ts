import type { Request, RequestHandler } from "express";
import type { AllocationSnapshot } from "../../allocator/index.ts";
import { acceptedCoding, type ContentCoding, type EncodedBody, sendSealed } from "../encoded-body.ts";
import { EMPTY_TARGETS, type EncodedCache } from "../encoded-cache.ts";
import { queryParameters } from "../query-parameters.ts";
import { queryUnescape } from "../query-escape.ts";
import { sendError, sendJson, sendNotYet } from "../reply.ts";
import { unknownCollector, unknownJob } from "../unknown-names.ts";
import { jsonString, shareLink } from "../serialize.ts";
import type { ServedShares } from "../served-allocation.ts";

/** The path that {@link targetsRoute} is mounted at. */
export const TARGETS_PATH = "/jobs/:job_id/targets";

export interface TargetsRouteOptions {
  readonly allocation: ServedShares;
  readonly cache: EncodedCache;
  /** Tells this allocation from others that share the cache. */
  readonly slot: string;
}

/**
 * `GET /jobs/{job}/targets`: with `collector_id` one collector's share in HTTP_SD form, without it the shares of all
 * collectors by name.
 */
export function targetsRoute(options: TargetsRouteOptions): RequestHandler {
  const { allocation } = options;
  return async (request, response) => {
    const job = jobOf(request);
    const missing = whyUnknown(allocation, job);
    if (missing !== undefined) {
      sendNotYet(response, missing);
      return;
    }
    const collector = queryParameters(request).get("collector_id");
    const snapshot = allocation.snapshot();
    const unknown = unknownName(allocation, snapshot, job, collector);
    if (unknown !== undefined) {
      sendError(response, 404, unknown);
      return;
    }
    if (collector !== null) {
      const place = { job, collector, coding: acceptedCoding(request) };
      const encoded = await shareOf(options, snapshot, place);
      response.once("finish", () => noteFetch(allocation, request, place, snapshot.version));
      sendSealed(request, response, encoded);
      return;
    }
    sendJson(response, await allShares(options, snapshot, job, request.baseUrl));
  };
}

/** The job's name, decoded once from the raw path, where `%2B` and `+` still differ. */
function jobOf(request: Request): string {
  return queryUnescape(request.path.split("/")[2] ?? "");
}

/**
 * Why the job's targets cannot be told yet: then an empty list would make collectors drop what they scrape. Undefined
 * when they can, or never can.
 */
function whyUnknown(allocation: ServedShares, job: string): string | undefined {
  if (!allocation.ready) return `targets are not ready: ${allocation.waitingFor().join("; ")}`;
  const state = allocation.jobState(job);
  if (state === undefined || state.discovery === "settled") return undefined;
  const discovered = allocation.snapshot().jobs.get(job)?.counts.discovered ?? 0;
  if (discovered > 0) return undefined;
  return state.discovery === "failing"
    ? `targets of job "${job}" are unknown: discovery fails: ${state.error ?? "no reason given"}`
    : `targets of job "${job}" are not ready: its discovery has not reported yet`;
}

/**
 * Which of the names asked for means nothing here. A collector keeps its list when it is told so, and would drop it for
 * an empty one; but one that has departed is to drop it, since others have its targets.
 */
function unknownName(
  allocation: ServedShares,
  { jobs, targetsByCollector }: AllocationSnapshot,
  job: string,
  collector: string | null,
): string | undefined {
  if (!jobs.has(job) && allocation.jobState(job) === undefined) return unknownJob(job, [...jobs.keys()]);
  if (collector === null || targetsByCollector.has(collector) || allocation.deliveries.hasDeparted(collector))
    return undefined;
  return unknownCollector(collector, [...targetsByCollector.keys()]);
}

interface Place {
  readonly job: string;
  readonly collector: string;
  readonly coding: ContentCoding;
}

async function shareOf(
  { allocation, cache, slot }: TargetsRouteOptions,
  snapshot: AllocationSnapshot,
  { job, collector, coding }: Place,
): Promise<EncodedBody> {
  const own = snapshot.jobs.get(job)?.byCollector.get(collector);
  const shard = allocation.deliveries.shareOf(job, collector, own);
  return shard === undefined ? EMPTY_TARGETS : cache.get(JSON.stringify([slot, job, collector]), shard, coding);
}

/** Only what a collector itself has fetched counts, not what somebody looked at in its name. */
function noteFetch({ deliveries }: ServedShares, request: Request, { job, collector }: Place, version: number): void {
  const seconds = Number(request.headers["x-prometheus-refresh-interval-seconds"]);
  if (request.method !== "GET" || !(seconds > 0)) return;
  deliveries.fetched({ job, collector, version, refreshIntervalMs: seconds * 1_000 });
}

async function allShares(
  options: TargetsRouteOptions,
  snapshot: AllocationSnapshot,
  job: string,
  base: string,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (const { name } of snapshot.collectors) {
    const { body } = await shareOf(options, snapshot, { job, collector: name, coding: "identity" });
    const head = `${pieces.length === 0 ? "" : ","}${jsonString(name)}:{"_link":${jsonString(shareLink(base, job, name))},"targets":`;
    pieces.push(Buffer.from(head), body.subarray(0, -1), Buffer.from("}"));
  }
  return Buffer.concat([Buffer.from("{"), ...pieces, Buffer.from("}\n")]);
}
