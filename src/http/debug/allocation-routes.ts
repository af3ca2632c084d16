import type { Request, RequestHandler, Response, Router } from "express";
import { queryParameters } from "../query-parameters.ts";
import { sendJson, wantsHtml } from "../reply.ts";
import type { ServedAllocation } from "../served-allocation.ts";
import { allocationPage } from "./allocation-page.ts";
import { toAllocationView } from "./allocation-view.ts";
import { collectorPage } from "./collector-page.ts";
import { toCollectorView } from "./collector-view.ts";
import { markup } from "./markup.ts";
import { jobPage, unservedJobPage } from "./job-page.ts";
import { toJobView } from "./job-view.ts";
import { pageLinks } from "./links.ts";
import { monitorsPage } from "./monitors-page.ts";
import { type Page, sendPage } from "./page.ts";
import { scrapeConfigsPage } from "./scrape-configs-page.ts";

export interface DebugOptions {
  readonly allocation: ServedAllocation;
  /** What is allocated for, such as `shop/web`. */
  readonly title: string;
  /** What stands above the allocation's own page. */
  readonly trail: Page["trail"];
}

/** Adds the pages for people below the paths of the Go allocator, and its HTML forms of `/jobs` and `/scrape_configs`. */
export function addDebugRoutes(router: Router, options: DebugOptions): void {
  const home = homeRoute(options);
  const scrapeConfigs = scrapeConfigsRoute(options);
  router.get("/", home);
  router.get("/debug/jobs", home);
  router.get("/jobs", forBrowsers(home));
  router.get("/debug/scrape_configs", scrapeConfigs);
  router.get("/scrape_configs", forBrowsers(scrapeConfigs));
  router.get("/debug/job", jobRoute(options));
  router.get("/debug/collector", collectorRoute(options));
  router.get("/debug/monitors", monitorsPageRoute(options));
}

function forBrowsers(page: RequestHandler): RequestHandler {
  return (request, response, next) => (wantsHtml(request) ? page(request, response, next) : next());
}

function homeRoute({ allocation, title, trail }: DebugOptions): RequestHandler {
  return (request, response) => {
    const view = toAllocationView(title, allocation);
    if (request.headers.accept?.includes("application/json") === true && !wantsHtml(request)) {
      sendJson(response, `${JSON.stringify(view)}\n`);
      return;
    }
    sendPage(request, response, { title, trail, content: allocationPage(view, request.baseUrl) });
  };
}

function scrapeConfigsRoute(options: DebugOptions): RequestHandler {
  return (request, response) => {
    const configs = options.allocation.scrapeConfigs();
    const content =
      configs === undefined
        ? markup`<p class="wait">No configuration has been read yet.</p>`
        : scrapeConfigsPage(configs.masked, request.baseUrl);
    sendPage(request, response, { title: "Scrape configurations", trail: below(options, request), content });
  };
}

function jobRoute(options: DebugOptions): RequestHandler {
  return (request, response) => {
    const name = onlyValue(request, "job_id");
    if (name === undefined) return sendBadQuery(request, response, options, "job_id");
    const view = toJobView(options.allocation, name);
    const problems = options.allocation.problems().filter(({ job }) => job === name);
    sendPage(request, response, {
      title: `Job ${name}`,
      trail: below(options, request),
      content: view === undefined ? unservedJobPage(problems) : jobPage(view, request.baseUrl),
      status: view === undefined && problems.length === 0 ? 404 : 200,
    });
  };
}

function collectorRoute(options: DebugOptions): RequestHandler {
  return (request, response) => {
    const name = onlyValue(request, "collector_id");
    if (name === undefined) return sendBadQuery(request, response, options, "collector_id");
    const view = toCollectorView(options.allocation, name);
    const content =
      view === undefined
        ? markup`<p class="bad">No collector of this name is known.</p>`
        : collectorPage(view, request.baseUrl);
    sendPage(request, response, {
      title: `Collector ${name}`,
      trail: below(options, request),
      content,
      status: view === undefined ? 404 : 200,
    });
  };
}

function monitorsPageRoute(options: DebugOptions): RequestHandler {
  return (request, response) => {
    const monitors = options.allocation.monitors();
    const content =
      monitors === undefined
        ? markup`<p class="wait">No monitors are read: prometheus_cr.enabled is not true.</p>`
        : monitorsPage(monitors, request.baseUrl);
    sendPage(request, response, { title: "Monitors", trail: below(options, request), content });
  };
}

function below({ title, trail }: DebugOptions, request: Request): Page["trail"] {
  return [...trail, { text: title, href: pageLinks(request.baseUrl).home }];
}

/** The value of a query parameter that must be given exactly once and not be empty. */
function onlyValue(request: Request, name: string): string | undefined {
  const [value, ...more] = queryParameters(request).getAll(name);
  return value === "" || more.length > 0 ? undefined : value;
}

function sendBadQuery(request: Request, response: Response, options: DebugOptions, name: string): void {
  sendPage(request, response, {
    title: "Bad request",
    trail: below(options, request),
    content: markup`<p>Expected ${name} in the query string, once.</p>
      <p>Example: <code>${request.path}?${name}=my-name</code></p>`,
    status: 400,
  });
}
