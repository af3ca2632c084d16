import { type Express, type Request, type RequestHandler, type Response, Router } from "express";
import { type AllocationDirectory, allocationPath, type ListedAllocation } from "./allocation-directory.ts";
import { allocationRouter } from "./allocation-router.ts";
import { assemble, createCache, type ServerDependencies } from "./app.ts";
import { markup } from "./debug/markup.ts";
import { resourcesPage, toResourceRows } from "./debug/resources-page.ts";
import { sendPage } from "./debug/page.ts";
import { addIndexRoutes } from "./index-routes.ts";
import { sendError, sendNotYet, wantsHtml } from "./reply.ts";
import type { ServedAllocation } from "./served-allocation.ts";

export interface OperatorAppDependencies extends ServerDependencies {
  readonly directory: AllocationDirectory;
  /** What is missing until the operator knows all resources; empty once it does. */
  readonly waitingFor: () => readonly string[];
}

/** More names than these help nobody who mistyped one. */
const MAX_NAMED = 20;

const TITLE = "Allocations";
/** What stands above the pages of each resource. */
const TRAIL = [{ text: TITLE, href: "/" }];

/** Path parameters. */
type ResourcePath = Record<"namespace" | "name", string>;

/** A kind of resource below whose paths allocations are served. */
interface ServedKind {
  readonly kind: string;
  readonly plural: string;
  readonly find: (directory: AllocationDirectory, namespace: string, name: string) => ListedAllocation | undefined;
  /** The names under which an allocation is found. */
  readonly namesOf: (listed: ListedAllocation) => readonly string[];
  /** When a resource has an allocation. */
  readonly condition: string;
}

const SERVED_KINDS: readonly ServedKind[] = [
  {
    kind: "OpenTelemetryCollector",
    plural: "opentelemetrycollectors",
    find: (directory, namespace, name) => directory.find(namespace, name),
    namesOf: ({ collectors }) => collectors,
    condition: "with spec.targetAllocator.enabled: true or the label opentelemetry.io/target-allocator",
  },
  {
    kind: "TargetAllocator",
    plural: "targetallocators",
    find: (directory, namespace, name) => directory.findAllocator(namespace, name),
    namesOf: ({ name }) => [name],
    condition: "and that a collector uses it or spec.collectorSelector is set",
  },
];

/** The routes of every allocation in the operator, a list of them at the root, probes and metrics. */
export function createOperatorApp(deps: OperatorAppDependencies): Express {
  const { directory, waitingFor } = deps;
  const router = Router({ caseSensitive: true });
  router.get("/", (request, response) => {
    const rows = toResourceRows(directory.list(), allocationPath);
    sendPage(request, response, { title: TITLE, trail: [], content: resourcesPage(rows, waitingFor()) });
  });
  addIndexRoutes(router, { directory, waitingFor, trail: TRAIL });
  const cache = deps.cache ?? createCache();
  for (const served of SERVED_KINDS) {
    router.use(`/namespaces/:namespace/${served.plural}/:name`, allocationOf({ ...deps, cache }, served));
  }
  return assemble(deps, waitingFor, router);
}

/** Hands the request to the routes of the resource that its path names. */
function allocationOf(
  deps: OperatorAppDependencies & Required<Pick<ServerDependencies, "cache">>,
  served: ServedKind,
): RequestHandler<ResourcePath> {
  const { cache, directory } = deps;
  const routers = new WeakMap<ServedAllocation, Map<string, Router>>();
  return (request, response, next) => {
    const { namespace, name } = request.params;
    const found = served.find(directory, namespace, name);
    if (found === undefined) {
      const [waiting] = deps.waitingFor();
      if (wantsHtml(request)) sendAbsencePage(request, response, { waiting, served });
      else if (waiting === undefined) sendError(response, 404, unknownResource(directory, served, request.params));
      else sendNotYet(response, `${served.kind} ${namespace}/${name} is not known yet: ${waiting}`);
      return;
    }
    const { allocation } = found;
    const byName = routers.get(allocation) ?? new Map<string, Router>();
    routers.set(allocation, byName);
    let router = byName.get(name);
    if (router === undefined) {
      const revealSecrets = (): boolean => served.find(directory, namespace, name)?.revealSecrets === true;
      const title = `${namespace}/${name}`;
      router = allocationRouter({ allocation, title, trail: TRAIL, cache, revealSecrets });
      byName.set(name, router);
    }
    router(request, response, next);
  };
}

/** What stands where a resource's page was, or will be. */
function sendAbsencePage(
  request: Request<ResourcePath>,
  response: Response,
  { waiting, served }: { readonly waiting: string | undefined; readonly served: ServedKind },
): void {
  const { namespace, name } = request.params;
  const content =
    waiting === undefined
      ? markup`<p class="bad">No allocation runs for this resource.</p>
        <p>It has one while it exists, ${served.condition}.</p>`
      : markup`<p class="wait">It is not known yet: ${waiting}</p>`;
  const status = waiting === undefined ? 404 : 503;
  sendPage(request, response, { title: `${namespace}/${name}`, trail: TRAIL, content, status });
}

function unknownResource(
  directory: AllocationDirectory,
  { kind, namesOf, condition }: ServedKind,
  { namespace, name }: ResourcePath,
): string {
  const known = directory.list().flatMap((listed) => namesOf(listed).map((one) => `${listed.namespace}/${one}`));
  const more = known.length > MAX_NAMED ? `, and ${String(known.length - MAX_NAMED)} more` : "";
  const list = known.length === 0 ? "none" : `${known.slice(0, MAX_NAMED).join(", ")}${more}`;
  return (
    `no allocation runs for ${kind} ${namespace}/${name}; those that run: ${list}. ` +
    `Check the namespace and name in the path, and that the resource exists ${condition}.`
  );
}
