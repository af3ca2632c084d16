import { type Express, type Request, type RequestHandler, type Response, Router } from "express";
import { type AllocationDirectory, allocationPath } from "./allocation-directory.ts";
import { allocationRouter } from "./allocation-router.ts";
import { assemble, createCache, type ServerDependencies } from "./app.ts";
import { markup } from "./debug/markup.ts";
import { resourcesPage, toResourceRows } from "./debug/resources-page.ts";
import { sendPage } from "./debug/page.ts";
import { sendError, sendNotYet, wantsHtml } from "./reply.ts";
import type { ServedAllocation } from "./served-allocation.ts";

export interface OperatorAppDependencies extends ServerDependencies {
  readonly directory: AllocationDirectory;
  /** What is missing until the operator knows all resources; empty once it does. */
  readonly waitingFor: () => readonly string[];
}

/** More names than these help nobody who mistyped one. */
const MAX_NAMED = 20;

const TITLE = "OpenTelemetryCollectors";
/** What stands above the pages of each resource. */
const TRAIL = [{ text: TITLE, href: "/" }];

/** Path parameters. */
type ResourcePath = Record<"namespace" | "name", string>;

/** The routes of every allocation in the operator, a list of them at the root, probes and metrics. */
export function createOperatorApp(deps: OperatorAppDependencies): Express {
  const { directory, waitingFor } = deps;
  const router = Router({ caseSensitive: true });
  router.get("/", (request, response) => {
    const rows = toResourceRows(directory.list(), allocationPath);
    sendPage(request, response, { title: TITLE, trail: [], content: resourcesPage(rows, waitingFor()) });
  });
  router.use("/namespaces/:namespace/opentelemetrycollectors/:name", allocationOf(deps));
  return assemble(deps, waitingFor, router);
}

/** Hands the request to the routes of the resource that its path names. */
function allocationOf(deps: OperatorAppDependencies): RequestHandler<ResourcePath> {
  const cache = deps.cache ?? createCache();
  const routers = new WeakMap<ServedAllocation, Router>();
  return (request, response, next) => {
    const { namespace, name } = request.params;
    const found = deps.directory.find(namespace, name);
    if (found === undefined) {
      const [waiting] = deps.waitingFor();
      if (wantsHtml(request)) sendAbsencePage(request, response, waiting);
      else if (waiting === undefined) sendError(response, 404, unknownResource(deps.directory, namespace, name));
      else sendNotYet(response, `OpenTelemetryCollector ${namespace}/${name} is not known yet: ${waiting}`);
      return;
    }
    const { allocation } = found;
    let router = routers.get(allocation);
    if (router === undefined) {
      const revealSecrets = (): boolean => deps.directory.find(namespace, name)?.revealSecrets === true;
      const title = `${namespace}/${name}`;
      router = allocationRouter({ allocation, title, trail: TRAIL, cache, revealSecrets });
      routers.set(allocation, router);
    }
    router(request, response, next);
  };
}

/** What stands where a resource's page was, or will be. */
function sendAbsencePage(request: Request<ResourcePath>, response: Response, waiting: string | undefined): void {
  const { namespace, name } = request.params;
  const content =
    waiting === undefined
      ? markup`<p class="bad">No allocation runs for this resource.</p>
        <p>It has one while it exists with <code>spec.targetAllocator.enabled: true</code>.</p>`
      : markup`<p class="wait">It is not known yet: ${waiting}</p>`;
  const status = waiting === undefined ? 404 : 503;
  sendPage(request, response, { title: `${namespace}/${name}`, trail: TRAIL, content, status });
}

function unknownResource(directory: AllocationDirectory, namespace: string, name: string): string {
  const known = directory.list().map((resource) => `${resource.namespace}/${resource.name}`);
  const more = known.length > MAX_NAMED ? `, and ${String(known.length - MAX_NAMED)} more` : "";
  const list = known.length === 0 ? "none" : `${known.slice(0, MAX_NAMED).join(", ")}${more}`;
  return (
    `no allocation runs for OpenTelemetryCollector ${namespace}/${name}; those that run: ${list}. ` +
    "Check the namespace and name in the path, and that the resource exists with spec.targetAllocator.enabled: true."
  );
}
