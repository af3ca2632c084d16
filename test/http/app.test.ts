import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { request as httpRequest } from "node:http";
import { createApp } from "../../src/http/app.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { snapshotOf, target } from "../support/allocation-snapshot.ts";
import { eventually } from "../support/eventually.ts";
import { FakeAllocation } from "../support/fake-allocation.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { type ServedApp, serveApp } from "../support/served-app.ts";

const log = new MemoryLogger();
const metrics = new PromClientMetrics();
const stopping = new AbortController();
let allocation: FakeAllocation;
let revealSecrets = false;
let noticeRotation = false;
let app: ServedApp;

// One server for all; each test gets an allocation of its own behind it.
beforeAll(async () => {
  const current = new Proxy({} as FakeAllocation, {
    get(_target, property) {
      const value: unknown = Reflect.get(allocation, property);
      return typeof value === "function" ? (value.bind(allocation) as unknown) : value;
    },
  });
  app = await serveApp((request, response) => {
    createApp({
      allocation: current,
      title: "shop",
      revealSecrets: () => revealSecrets,
      noticeRotation,
      log,
      metrics,
      exposition: metrics,
      stopping: stopping.signal,
    })(request, response);
  });
});

beforeEach(() => {
  allocation = new FakeAllocation();
  revealSecrets = false;
  noticeRotation = false;
});

afterAll(async () => {
  await app.stop();
});

const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(app.url + path, { headers, redirect: "manual" });

const web = target({ __address__: "10.0.0.1:80" }, { team: "web" });
const WEB = '{"targets":["10.0.0.1:80"],"labels":{"__address__":"10.0.0.1:80","team":"web"}}';

describe("GET /scrape_configs", () => {
  it("serves secrets masked", async () => {
    allocation.configs = { masked: '{"a":"\\u003csecret\\u003e"}', clear: '{"a":"pw"}' };
    const response = await get("/scrape_configs");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe('{"a":"\\u003csecret\\u003e"}');
  });

  it("serves secrets in clear when that is allowed", async () => {
    allocation.configs = { masked: "{}", clear: '{"a":"pw"}' };
    revealSecrets = true;
    expect(await (await get("/scrape_configs")).text()).toBe('{"a":"pw"}');
  });

  it("serves secrets so that collectors notice new ones where that is wanted", async () => {
    revealSecrets = true;
    noticeRotation = true;
    expect(await (await get("/scrape_configs")).text()).toBe("{} noticeable");
  });

  it("serves no jobs as an empty object", async () => {
    expect(await (await get("/scrape_configs")).text()).toBe("{}");
  });

  it("answers 304 to whoever has it", async () => {
    const etag = (await get("/scrape_configs")).headers.get("etag") ?? "";
    expect(etag).toMatch(/^".+"$/);
    expect((await get("/scrape_configs", { "if-none-match": etag })).status).toBe(304);
    allocation.configs = { masked: '{"new":{}}', clear: "" };
    expect((await get("/scrape_configs", { "if-none-match": etag })).status).toBe(200);
  });

  it.each<{ name: string; configs: FakeAllocation["configs"] }>([
    { name: "before the configuration is read", configs: undefined },
    { name: "before the first assignment", configs: { masked: "{}", clear: "{}" } },
  ])("answers $name what no collector can take for a map", async ({ configs }) => {
    allocation.configs = configs;
    allocation.missing = ["the first assignment is not complete"];
    const response = await get("/scrape_configs");
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(JSON.parse(await response.text())).toBe(
      "scrape configurations are not ready: the first assignment is not complete",
    );
  });

  it("shows a page to browsers, with secrets masked all the same", async () => {
    allocation.configs = { masked: '{"j<1>":{"password":"\\u003csecret\\u003e"}}', clear: '{"j":{"password":"pw"}}' };
    revealSecrets = true;
    const response = await get("/scrape_configs", { accept: "text/html,*/*" });
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const page = await response.text();
    expect(page).toContain("j&lt;1&gt;");
    expect(page).toContain("&lt;secret&gt;");
    expect(page).not.toContain("pw");
  });
});

describe("GET /jobs", () => {
  it("links to the jobs that have targets", async () => {
    allocation.current = snapshotOf({ collectors: ["c"], jobs: { "a/b": { shares: { c: [web] } }, none: {} } });
    const response = await get("/jobs");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe('{"a/b":{"_link":"/jobs/a%2Fb/targets"}}\n');
  });

  it("is not an empty object before the first assignment", async () => {
    allocation.missing = ["x"];
    const response = await get("/jobs");
    expect(response.status).toBe(503);
    expect(JSON.parse(await response.text())).toBe("jobs are not ready: x");
  });
});

describe("GET /jobs/:job/targets?collector_id=", () => {
  beforeEach(() => {
    allocation.current = snapshotOf({ collectors: ["c0", "c1"], jobs: { web: { shares: { c0: [web] } } } });
  });

  it("serves the collector's share in HTTP_SD form", async () => {
    const response = await get("/jobs/web/targets?collector_id=c0");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe(`[${WEB}]\n`);
  });

  it("answers 304 to whoever has it", async () => {
    const etag = (await get("/jobs/web/targets?collector_id=c0")).headers.get("etag") ?? "";
    const again = await get("/jobs/web/targets?collector_id=c0", { "if-none-match": etag });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  describe("to clients that take gzip", () => {
    const many = Array.from({ length: 100 }, (_, i) => target({ __address__: `10.0.0.${String(i)}:80` }));

    beforeEach(() => {
      allocation.current = snapshotOf({ collectors: ["c0"], jobs: { web: { shares: { c0: many } } } });
    });

    it.each([
      ["gzip", "gzip"],
      ["br, GZIP;q=0.5", "gzip"],
      ["gzip;q=0", null],
      ["x-gzip-like, br", null],
      ["identity", null],
    ])("Accept-Encoding %j gets %s", async (accepted, coding) => {
      const response = await get("/jobs/web/targets?collector_id=c0", { "accept-encoding": accepted });
      expect([response.headers.get("content-encoding"), response.headers.get("vary")]).toEqual([
        coding,
        "Accept-Encoding",
      ]);
      expect(await response.json()).toHaveLength(100);
    });

    it("answers 304 by the tag of the coding", async () => {
      const headers = { "accept-encoding": "gzip" };
      const { headers: first } = await get("/jobs/web/targets?collector_id=c0", headers);
      const known = { "if-none-match": first.get("etag") ?? "" };
      expect((await get("/jobs/web/targets?collector_id=c0", { ...headers, ...known })).status).toBe(304);
      expect((await get("/jobs/web/targets?collector_id=c0", { "accept-encoding": "identity", ...known })).status).toBe(
        200,
      );
    });

    it("compresses scrape configurations", async () => {
      allocation.configs = { masked: JSON.stringify({ job: { job_name: "x".repeat(5_000) } }), clear: "" };
      const response = await get("/scrape_configs", { "accept-encoding": "gzip" });
      expect(response.headers.get("content-encoding")).toBe("gzip");
      expect(Number(response.headers.get("content-length"))).toBeLessThan(200);
      expect(await response.json()).toMatchObject({ job: {} });
    });
  });

  it.each([
    ["a collector without targets", "c1"],
    ["a collector whose targets were given to others", "c7"],
  ])("serves an empty list for %s", async (_name, collector) => {
    allocation.departed.add("c7");
    const response = await get(`/jobs/web/targets?collector_id=${collector}`);
    expect([response.status, await response.text()]).toEqual([200, "[]\n"]);
  });

  it.each([
    ["an unknown collector", "/jobs/web/targets?collector_id=c9", 'no collector has the name "c9"; did you mean "c0"'],
    [
      "an empty collector",
      "/jobs/web/targets?collector_id=",
      'no collector has the name ""; the first of 2: "c0", "c1"',
    ],
    ["an unknown job", "/jobs/other/targets?collector_id=c0", 'no job has the name "other"; the first of 1: "web"'],
    ["an unknown job, for all", "/jobs/wep/targets", 'no job has the name "wep"; did you mean "web"?'],
    [
      "names that objects inherit",
      "/jobs/constructor/targets?collector_id=__proto__",
      'no job has the name "constructor"',
    ],
  ])("serves no list for %s, so that collectors keep theirs", async (_name, path, message) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toContain(message);
  });

  it("serves what a collector keeps until the new owner has come for it", async () => {
    allocation.kept.set("web c1", { targets: [web] });
    expect(await (await get("/jobs/web/targets?collector_id=c1")).text()).toBe(`[${WEB}]\n`);
  });

  it("takes note of what collectors have fetched, and of nothing that others look at", async () => {
    const path = "/jobs/web/targets?collector_id=c0";
    const polls = { "x-prometheus-refresh-interval-seconds": "30" };
    await (await get(path, polls)).text();
    await (await get(path)).text();
    await fetch(app.url + path, { method: "HEAD", headers: polls });
    await (await get("/jobs/web/targets?collector_id=c9", polls)).text();
    await eventually(() =>
      expect(allocation.fetches).toEqual([{ job: "web", collector: "c0", version: 1, refreshIntervalMs: 30_000 }]),
    );
  });

  it("takes the first of several collectors", async () => {
    expect(await (await get("/jobs/web/targets?collector_id=c0&collector_id=c1")).json()).toHaveLength(1);
  });

  it.each([
    ["serviceMonitor/ns/app/0", "serviceMonitor%2Fns%2Fapp%2F0"],
    ["serviceMonitor/ns/app/0", "serviceMonitor%2fns%2fapp%2f0"],
    ["a b", "a+b"],
    ["a b", "a%20b"],
    ["a+b", "a%2Bb"],
    ["a%b", "a%25b"],
    ["100%25", "100%2525"],
    ["50%/x", "50%25%2Fx"],
    ["ünï", "%C3%BCn%C3%AF"],
  ])("finds job %j under %s", async (job, segment) => {
    allocation.current = snapshotOf({ collectors: ["c0"], jobs: { [job]: { shares: { c0: [web] } } } });
    expect(await (await get(`/jobs/${segment}/targets?collector_id=c0`)).text()).toBe(`[${WEB}]\n`);
  });

  it("refuses a malformed escape", async () => {
    const response = await get("/jobs/%zz/targets?collector_id=c0");
    expect(response.status).toBe(400);
    expect(await response.json()).toContain("malformed escape in /jobs/%zz/targets");
  });

  it("is no empty list before the first assignment", async () => {
    allocation.missing = ["collectors have not been listed", "the first assignment is not complete"];
    const response = await get("/jobs/web/targets?collector_id=c0");
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(JSON.parse(await response.text())).toBe(
      "targets are not ready: collectors have not been listed; the first assignment is not complete",
    );
  });

  describe("while the discovery of a job fails", () => {
    beforeEach(() => {
      const jobs = { good: { shares: { c0: [web] } }, bad: {}, stale: { shares: { c0: [web] } }, later: {} };
      allocation.current = snapshotOf({ collectors: ["c0", "c1"], jobs });
      allocation.states.set("bad", { discovery: "failing", error: "listing pods: forbidden" });
      allocation.states.set("stale", { discovery: "failing", error: "listing pods: forbidden" });
      allocation.states.set("later", { discovery: "pending" });
    });

    it.each([
      ["bad", 503, 'targets of job "bad" are unknown: discovery fails: listing pods: forbidden'],
      ["later", 503, 'targets of job "later" are not ready: its discovery has not reported yet'],
      ["stale", 200, [JSON.parse(WEB)]],
      ["good", 200, [JSON.parse(WEB)]],
    ])("answers for job %s with %i", async (job, status, want) => {
      const response = await get(`/jobs/${job}/targets?collector_id=c0`);
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual(want);
    });

    it("answers for a collector that has none of a job's known targets", async () => {
      expect(await (await get("/jobs/stale/targets?collector_id=c1")).text()).toBe("[]\n");
    });
  });
});

describe("GET /jobs/:job/targets", () => {
  it("shows every collector's share with a link that works", async () => {
    allocation.current = snapshotOf({ collectors: ["c&0", "c1"], jobs: { "a b": { shares: { "c&0": [web] } } } });
    const text = await (await get("/jobs/a+b/targets")).text();
    expect(text).toBe(
      `{"c\\u00260":{"_link":"/jobs/a+b/targets?collector_id=c%260","targets":[${WEB}]},` +
        '"c1":{"_link":"/jobs/a+b/targets?collector_id=c1","targets":[]}}\n',
    );
    const share = (JSON.parse(text) as Record<string, Record<string, unknown>>)["c&0"];
    expect(await (await get(String(share?.["_link"]))).json()).toEqual(share?.["targets"]);
  });

  it("shows nothing without collectors", async () => {
    allocation.current = snapshotOf({ jobs: { web: {} } });
    expect(await (await get("/jobs/web/targets")).text()).toBe("{}\n");
  });
});

describe("probes", () => {
  it("is live from the start", async () => {
    allocation.missing = ["x"];
    const response = await get("/livez");
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("is ready once nothing is missing", async () => {
    const response = await get("/readyz");
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("says what is missing until then", async () => {
    allocation.missing = ["a has not been read", "b has not been listed"];
    const response = await get("/readyz");
    expect(response.status).toBe(503);
    expect(await response.text()).toBe("not ready:\n- a has not been read\n- b has not been listed\n");
  });
});

describe("GET /metrics", () => {
  it("serves the exposition, with the duration of requests by route", async () => {
    await get("/jobs/a%2Fb/targets?collector_id=x");
    await get("/nowhere");
    const response = await get("/metrics");
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    expect(text).toMatch(/opentelemetry_allocator_http_duration_seconds_count\{path="\/jobs\/:job_id\/targets"\} \d/);
    expect(text).toMatch(/opentelemetry_allocator_http_duration_seconds_count\{path=""\} \d/);
  });
});

describe("anything else", () => {
  it.each(["/nope", "/jobs/a/b/targets", "/JOBS", "/jobs//targets"])("%s is not found", async (path) => {
    const response = await get(path);
    expect([response.status, await response.text()]).toEqual([404, "404 page not found"]);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is refused", async (method) => {
    const response = await fetch(`${app.url}/jobs`, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(await response.json()).toBe(`${method} is not possible: everything here is read with GET, HEAD`);
  });

  it("HEAD answers the headers of GET", async () => {
    allocation.current = snapshotOf({ collectors: ["c"], jobs: { x: {} } });
    const response = await fetch(`${app.url}/jobs/x/targets?collector_id=c`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([200, "3", ""]);
  });

  it("refuses a long body and closes the connection", async () => {
    const status = await new Promise((resolve) => {
      const request = httpRequest(`${app.url}/jobs`, { method: "POST" }, ({ statusCode, headers }) =>
        resolve([statusCode, headers.connection]),
      );
      request.on("error", () => undefined);
      request.setHeader("Content-Length", 10_000_000);
      request.write("x");
    });
    expect(status).toEqual([413, "close"]);
  });

  it("logs an error of ours and tells nobody its details", async () => {
    allocation.snapshot = () => {
      throw new Error("the cause");
    };
    const response = await get("/jobs");
    expect([response.status, await response.json()]).toEqual([500, "internal error; the log of the process says more"]);
    expect(log.entries.at(-1)).toMatchObject({ level: "error", message: "request failed", fields: { url: "/jobs" } });
  });

  it("is not sniffed", async () => {
    expect((await get("/livez")).headers.get("x-content-type-options")).toBe("nosniff");
  });
});

// Last: it cannot be undone.
describe("a process that stops", () => {
  it("is not ready any more, and goes on answering", async () => {
    stopping.abort();
    const response = await get("/readyz");
    expect([response.status, await response.text()]).toEqual([503, "not ready:\n- the process is shutting down\n"]);
    expect((await get("/jobs")).status).toBe(200);
  });
});
