import type { RequestHandler } from "express";
import { toExplanationJson } from "../explanation-json.ts";
import { type MonitorJobJson, type MonitorJson, toDropTally } from "../monitor-json.ts";
import { sendError, sendJson } from "../reply.ts";
import type { ServedAllocation } from "../served-allocation.ts";
import type { ServedMonitorJob } from "../served-monitors.ts";

/** The path that {@link monitorsRoute} is mounted at; below it, {@link monitorRoute}. */
export const MONITORS_PATH = "/api/v1/monitors";
export const MONITOR_PATH = `${MONITORS_PATH}/:namespace/:name`;

/** So many targets of a job are looked at to say which rules drop them. */
const MOST_EXPLAINED = 500;
/** So many jobs of a monitor are looked at in this way. */
const MOST_JOBS = 10;

const NOT_READ = "no monitors are read: prometheus_cr.enabled (spec.targetAllocator.prometheusCR.enabled) is not true";

/** `GET /api/v1/monitors`: every monitor that is looked at, and what became of it. */
export function monitorsRoute(allocation: ServedAllocation): RequestHandler {
  return (_request, response) => {
    const monitors = allocation.monitors();
    if (monitors === undefined) {
      sendError(response, 404, NOT_READ);
      return;
    }
    const body = { kinds: monitors.kinds(), reread: monitors.reread, monitors: monitors.list() };
    sendJson(response, `${JSON.stringify(body)}\n`);
  };
}

/** `GET /api/v1/monitors/NAMESPACE/NAME`: what became of the monitors of a name, and which rules drop their targets. */
export function monitorRoute(allocation: ServedAllocation): RequestHandler {
  return async (request, response) => {
    const { namespace, name } = request.params as { readonly namespace: string; readonly name: string };
    const monitors = allocation.monitors();
    const found = monitors?.find(namespace, name) ?? [];
    if (monitors === undefined || found.length === 0) {
      const why = monitors?.whyUnseen(namespace).map(({ kind, reason }) => `${kind}: ${reason}`) ?? [NOT_READ];
      sendError(response, 404, `no monitor ${namespace}/${name} is known. ${why.join("; ")}`);
      return;
    }
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const explained: MonitorJson[] = [];
    for (const monitor of found) {
      const jobs: MonitorJobJson[] = [];
      for (const [index, job] of monitor.jobs.entries()) {
        jobs.push(index < MOST_JOBS ? await withDrops(allocation, job, gone.signal) : job);
      }
      explained.push({ ...monitor, jobs });
    }
    sendJson(response, `${JSON.stringify({ monitors: explained })}\n`);
  };
}

async function withDrops(
  allocation: ServedAllocation,
  job: ServedMonitorJob,
  signal: AbortSignal,
): Promise<MonitorJobJson> {
  if ((job.counts?.dropped ?? 0) === 0) return job;
  const answer = await allocation.explain({ job: job.name, limit: MOST_EXPLAINED }, signal);
  return answer.kind === "explained" ? { ...job, drops: toDropTally(toExplanationJson(answer.explanation)) } : job;
}
