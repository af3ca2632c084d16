import type { RequestHandler, Router } from "express";
import { type AllocationDirectory, allocationPath, type ListedAllocation } from "./allocation-directory.ts";
import { type ResourceRow, resourcesPage, toResourceRows } from "./debug/resources-page.ts";
import { type Page, sendPage } from "./debug/page.ts";
import { sendJson, sendNotYet, wantsHtml } from "./reply.ts";

export interface IndexOptions {
  readonly directory: AllocationDirectory;
  /** What is missing until the operator knows all resources; empty once it does. */
  readonly waitingFor: () => readonly string[];
  /** What stands above the pages. */
  readonly trail: Page["trail"];
}

/** One allocation, as programs are told. */
interface AllocationJson extends Omit<ResourceRow, "href" | "state"> {
  /** Starting, Serving, or "Serving, with problems". */
  readonly state: string;
  /** Where its routes are. */
  readonly _link: string;
}

/** Which allocations a path lists, and under which path each is to be found there. */
interface Listing {
  readonly path: string;
  readonly title: (namespace: string) => string;
  readonly pathsOf: (listed: ListedAllocation) => readonly string[];
}

const LISTINGS: readonly Listing[] = [
  { path: "/namespaces", title: () => "All namespaces", pathsOf: (listed) => [allocationPath(listed)] },
  { path: "/namespaces/:namespace", title: (namespace) => namespace, pathsOf: (listed) => [allocationPath(listed)] },
  {
    path: "/namespaces/:namespace/opentelemetrycollectors",
    title: (namespace) => `OpenTelemetryCollectors in ${namespace}`,
    pathsOf: (listed) => listed.collectors.map((collector) => allocationPath({ ...listed, collectors: [collector] })),
  },
  {
    path: "/namespaces/:namespace/targetallocators",
    title: (namespace) => `TargetAllocators in ${namespace}`,
    pathsOf: (listed) => [allocationPath({ ...listed, collectors: [] })],
  },
];

/** Adds the lists of allocations: all, those of a namespace, and those of one kind of resource in it. */
export function addIndexRoutes(router: Router, options: IndexOptions): void {
  for (const listing of LISTINGS) router.get(listing.path, indexRoute(options, listing));
}

function indexRoute({ directory, waitingFor, trail }: IndexOptions, listing: Listing): RequestHandler {
  return (request, response) => {
    const { namespace } = request.params as { readonly namespace?: string };
    const chosen = directory.list().filter((listed) => namespace === undefined || listed.namespace === namespace);
    const rows = chosen.flatMap((listed) =>
      listing.pathsOf(listed).flatMap((path) => toResourceRows([listed], () => path)),
    );
    const waiting = waitingFor();
    if (wantsHtml(request)) {
      sendPage(request, response, {
        title: listing.title(namespace ?? ""),
        trail,
        content: resourcesPage(rows, waiting),
      });
    } else if (waiting.length > 0) {
      sendNotYet(response, `not all resources are known yet: ${waiting.join("; ")}`);
    } else {
      sendJson(response, `${JSON.stringify({ allocations: rows.map(toAllocationJson) })}\n`);
    }
  };
}

function toAllocationJson({ href, state, ...row }: ResourceRow): AllocationJson {
  return { ...row, state: state.text, _link: href };
}
