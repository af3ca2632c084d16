import { type RequestHandler, Router } from "express";
import type { AllocationSnapshot } from "../allocator/index.ts";
import type { EncodedCache } from "./encoded-cache.ts";
import { sendError, sendNotYet } from "./reply.ts";
import { jobsRoute } from "./routes/jobs.ts";
import { scrapeConfigsRoute } from "./routes/scrape-configs.ts";
import { TARGETS_PATH, targetsRoute } from "./routes/targets.ts";
import type { ServedAllocation, ServedReceiver, ServedScrapeConfigs, ServedShares } from "./served-allocation.ts";
import { unknownReceiver } from "./unknown-names.ts";

/** The path that {@link receiverRoutes} are mounted at. An id such as `prometheus/apps` is one escaped segment. */
export const RECEIVER_PATH = "/receivers/:receiver";

export interface ShareRoutesOptions<A> {
  readonly allocation: A;
  readonly cache: EncodedCache;
  /** Tells this allocation from others that share the cache. */
  readonly slot: string;
  readonly secrets: () => keyof ServedScrapeConfigs;
}

/** Adds what collectors ask for. */
export function addShareRoutes(router: Router, options: ShareRoutesOptions<ServedShares>): void {
  const { allocation, secrets } = options;
  router.get("/scrape_configs", scrapeConfigsRoute(allocation, secrets));
  router.get("/jobs", jobsRoute(allocation));
  router.get(TARGETS_PATH, targetsRoute(options));
}

/** What collectors ask for, one of their receivers at a time: exactly its jobs. */
export function receiverRoutes(
  options: ShareRoutesOptions<ServedAllocation>,
): RequestHandler<Record<"receiver", string>> {
  const { allocation } = options;
  const routers = new Map<string, Router>();
  return (request, response, next) => {
    const { receiver: id } = request.params;
    const receivers = allocation.receivers();
    if (receivers === undefined) {
      sendNotYet(response, `receivers are not known yet: ${allocation.waitingFor().join("; ")}`);
      return;
    }
    if (!receivers.has(id)) {
      sendError(response, 404, unknownReceiver(id, [...receivers.keys()]));
      return;
    }
    let router = routers.get(id);
    if (router === undefined) {
      router = Router({ caseSensitive: true });
      addShareRoutes(router, { ...options, allocation: sharesOf(allocation, id) });
      routers.set(id, router);
    }
    router(request, response, next);
  };
}

const NOTHING: ServedReceiver = { has: () => false, scrapeConfigs: { masked: "{}", clear: "{}", noticeable: "{}" } };

interface NarrowedSnapshot {
  readonly of: AllocationSnapshot;
  readonly to: ServedReceiver;
  readonly own: AllocationSnapshot;
}

/** The allocation as if there were the jobs of one receiver only. */
function sharesOf(allocation: ServedAllocation, id: string): ServedShares {
  const receiver = (): ServedReceiver => allocation.receivers()?.get(id) ?? NOTHING;
  let latest: NarrowedSnapshot | undefined;
  return {
    get ready() {
      return allocation.ready;
    },
    waitingFor: () => allocation.waitingFor(),
    get deliveries() {
      return allocation.deliveries;
    },
    scrapeConfigs: () => receiver().scrapeConfigs,
    jobState: (job) => (receiver().has(job) ? allocation.jobState(job) : undefined),
    // Asked for with each request, and another one only after a pass or a change of the configuration.
    snapshot: () => {
      const [snapshot, to] = [allocation.snapshot(), receiver()];
      if (latest?.of !== snapshot || latest.to !== to) latest = { of: snapshot, to, own: withJobsOf(snapshot, to) };
      return latest.own;
    },
  };
}

function withJobsOf(snapshot: AllocationSnapshot, receiver: ServedReceiver): AllocationSnapshot {
  return { ...snapshot, jobs: new Map([...snapshot.jobs].filter(([job]) => receiver.has(job))) };
}
