import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  type AllocationDirectory,
  type ListedAllocation,
  allocationPath,
} from "../../src/http/allocation-directory.ts";
import { createOperatorApp } from "../../src/http/operator-app.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { snapshotOf, target } from "../support/allocation-snapshot.ts";
import { FakeAllocation } from "../support/fake-allocation.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { type ServedApp, serveApp } from "../support/served-app.ts";

let listed: ListedAllocation[];
let missing: string[];
let app: ServedApp;

const directory: AllocationDirectory = {
  find: (namespace, name) => listed.find((one) => one.namespace === namespace && one.collectors.includes(name)),
  findAllocator: (namespace, name) => listed.find((one) => one.namespace === namespace && one.name === name),
  list: () => listed,
};

beforeAll(async () => {
  const metrics = new PromClientMetrics();
  app = await serveApp(
    createOperatorApp({
      directory,
      waitingFor: () => missing,
      log: new MemoryLogger(),
      metrics,
      exposition: metrics,
      stopping: new AbortController().signal,
    }),
  );
});

beforeEach(() => {
  listed = [];
  missing = [];
});

afterAll(async () => {
  await app.stop();
});

function add(namespace: string, name: string, revealSecrets = false): FakeAllocation {
  const allocation = new FakeAllocation();
  listed.push({ namespace, name, collectors: [name], allocation, revealSecrets });
  return allocation;
}

/** Of a collector with an allocator of its own. */
const pathOf = (namespace: string, name: string): string => allocationPath({ namespace, name, collectors: [name] });

const get = async (path: string): Promise<Response> => fetch(app.url + path);

const web = target({ __address__: "10.0.0.1:80" });

describe("lists of allocations", () => {
  beforeEach(() => {
    const allocation = add("shop", "main");
    allocation.current = snapshotOf({ collectors: ["c"], jobs: { web: { shares: { c: [web] }, unassigned: [web] } } });
    listed.push({
      namespace: "ops",
      name: "shared",
      collectors: ["a", "b"],
      allocation: new FakeAllocation(),
      revealSecrets: false,
    });
  });

  const links = async (path: string): Promise<unknown> => {
    const { allocations } = (await (await get(path)).json()) as { allocations: { _link: string }[] };
    return allocations.map(({ _link }) => _link);
  };

  it("tell how each is, with a link that works", async () => {
    expect(await (await get("/namespaces/shop")).json()).toEqual({
      allocations: [
        {
          namespace: "shop",
          name: "main",
          state: "Serving",
          collectors: 1,
          jobs: 1,
          targets: 1,
          unassigned: 1,
          _link: "/namespaces/shop/opentelemetrycollectors/main/",
        },
      ],
    });
    expect((await get("/namespaces/shop/opentelemetrycollectors/main/")).status).toBe(200);
  });

  it.each([
    ["/namespaces", ["/namespaces/shop/opentelemetrycollectors/main/", "/namespaces/ops/targetallocators/shared/"]],
    ["/namespaces/ops", ["/namespaces/ops/targetallocators/shared/"]],
    [
      "/namespaces/ops/opentelemetrycollectors",
      ["/namespaces/ops/opentelemetrycollectors/a/", "/namespaces/ops/opentelemetrycollectors/b/"],
    ],
    ["/namespaces/shop/targetallocators", ["/namespaces/shop/targetallocators/main/"]],
    ["/namespaces/nowhere/opentelemetrycollectors", []],
  ])("%s has %j", async (path, want) => {
    expect(await links(path)).toEqual(want);
  });

  it("are pages for browsers", async () => {
    const page = await (await fetch(`${app.url}/namespaces/shop`, { headers: { accept: "text/html" } })).text();
    expect(page).toContain('<a href="/namespaces/shop/opentelemetrycollectors/main/">shop/main</a>');
  });

  it("are not told while resources are being listed", async () => {
    missing = ["OpenTelemetryCollectors have not been listed"];
    expect((await get("/namespaces")).status).toBe(503);
  });
});

describe("an allocation's routes", () => {
  it("are those of the root below the resource's path, with links that work", async () => {
    add("shop", "other");
    const allocation = add("shop", "main");
    allocation.current = snapshotOf({ collectors: ["c"], jobs: { "a/b": { shares: { c: [web] } } } });
    const base = pathOf("shop", "main");
    expect(base).toBe("/namespaces/shop/opentelemetrycollectors/main");
    const jobs = (await (await get(`${base}/jobs`)).json()) as Record<string, Record<string, string>>;
    const link = String(jobs["a/b"]?.["_link"]);
    expect(link).toBe(`${base}/jobs/a%2Fb/targets`);
    expect(await (await get(link)).json()).toMatchObject({ c: { _link: `${link}?collector_id=c` } });
    expect(await (await get(`${link}?collector_id=c`)).json()).toHaveLength(1);
    expect(await (await get(`${base}/scrape_configs`)).text()).toBe("{}");
    expect(await (await get(base)).text()).toContain("shop/main");
  });

  it("are found below a TargetAllocator too, and below nothing else where no collector is known", async () => {
    const allocation = new FakeAllocation();
    allocation.current = snapshotOf({ collectors: ["c"], jobs: { web: { shares: { c: [web] } } } });
    listed.push({ namespace: "shop", name: "shared", collectors: [], allocation, revealSecrets: false });
    const base = allocationPath({ namespace: "shop", name: "shared", collectors: [] });
    expect(base).toBe("/namespaces/shop/targetallocators/shared");
    expect(await (await get(`${base}/jobs/web/targets?collector_id=c`)).json()).toHaveLength(1);
    expect((await get("/namespaces/shop/opentelemetrycollectors/shared/jobs")).status).toBe(404);
    expect(await (await get("/namespaces/shop/targetallocators/other/jobs")).json()).toMatch(
      /^no allocation runs for TargetAllocator shop\/other; those that run: shop\/shared\. /,
    );
  });

  it("are found below each of the collectors of one TargetAllocator, with links to the one that was asked", async () => {
    const allocation = new FakeAllocation();
    allocation.current = snapshotOf({ collectors: ["c"], jobs: { web: { shares: { c: [web] } } } });
    listed.push({ namespace: "shop", name: "shared", collectors: ["a", "b"], allocation, revealSecrets: false });
    for (const path of [pathOf("shop", "a"), pathOf("shop", "b"), "/namespaces/shop/targetallocators/shared"]) {
      expect(await (await get(`${path}/jobs`)).json()).toEqual({ web: { _link: `${path}/jobs/web/targets` } });
      expect(await (await get(path)).text()).toContain(path.split("/").at(-1));
    }
  });

  it("keep the answers of equal jobs of two resources apart", async () => {
    const paths = ["a", "b"].map((name) => {
      const own = target({ __address__: `${name}:1` });
      add("ns", name).current = snapshotOf({ collectors: ["c"], jobs: { web: { shares: { c: [own] } } } });
      return `${pathOf("ns", name)}/jobs/web/targets?collector_id=c`;
    });
    const answers = await Promise.all(paths.map(async (path) => (await get(path)).json()));
    expect(answers).toMatchObject([[{ targets: ["a:1"] }], [{ targets: ["b:1"] }]]);
  });

  it("reveal secrets only where the resource says so", async () => {
    add("ns", "closed").configs = { masked: '"masked"', clear: '"clear"' };
    add("ns", "open", true).configs = { masked: '"masked"', clear: '"clear"' };
    const read = async (name: string): Promise<string> => (await get(`${pathOf("ns", name)}/scrape_configs`)).text();
    expect([await read("closed"), await read("open")]).toEqual(['"masked"', '"clear"']);
  });

  it("answer 404 for an unknown resource, and say which there are and what to check", async () => {
    add("shop", "main");
    const response = await get("/namespaces/shop/opentelemetrycollectors/mian/scrape_configs");
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/json");
    // A string: collectors read whatever this route answers as YAML, and an object could be taken for jobs.
    expect(await response.json()).toBe(
      "no allocation runs for OpenTelemetryCollector shop/mian; those that run: shop/main. " +
        "Check the namespace and name in the path, and that the resource exists with spec.targetAllocator.enabled: true " +
        "or the label opentelemetry.io/target-allocator.",
    );
  });

  it("name at most twenty others", async () => {
    for (let i = 0; i < 25; i += 1) add("ns", `r${String(i)}`);
    const message = String(await (await get("/namespaces/x/opentelemetrycollectors/y/jobs")).json());
    expect(message).toContain("ns/r19, and 5 more.");
  });

  it("answer 503 for an unknown resource while not all resources are known", async () => {
    missing = ["OpenTelemetryCollectors have not been listed"];
    const response = await get("/namespaces/shop/opentelemetrycollectors/main/jobs/web/targets?collector_id=c");
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await response.json()).toBe(
      "OpenTelemetryCollector shop/main is not known yet: OpenTelemetryCollectors have not been listed",
    );
  });
});

describe("the page of a resource without an allocation", () => {
  const visit = async (path: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(app.url + path, { headers: { accept: "text/html" } });
    return { status: response.status, text: await response.text() };
  };

  it.each([
    { name: "says that there is none", reasons: [], status: 404, text: "No allocation runs for this resource." },
    { name: "says what it waits for", reasons: ["<a> is not listed"], status: 503, text: "&lt;a&gt; is not listed" },
  ])("$name, also in an open page", async ({ reasons, status, text }) => {
    missing = reasons;
    const path = `${pathOf("shop", "gone")}/`;
    expect(await visit(path)).toEqual({ status, text: expect.stringContaining("<title>shop/gone – otel-allocator") });
    expect(await visit(`${path}?fragment=1`)).toEqual({
      status,
      text: expect.stringMatching(/^<main><h1>shop\/gone</),
    });
    expect((await visit(path)).text).toContain(text);
  });
});

describe("the operator's own routes", () => {
  it("list the resources with their states", async () => {
    const main = add("shop", "main");
    main.current = snapshotOf({ collectors: ["c"], jobs: { web: { shares: { c: [web] }, unassigned: [web] } } });
    main.found = [{ job: "web", reason: "DiscoveryFailed", message: "listing <pods>: forbidden" }];
    add("shop", "new").missing = ["collectors have not been listed"];
    const page = await (await get("/")).text();
    expect(page).toContain('<a href="/namespaces/shop/opentelemetrycollectors/main/">shop/main</a>');
    expect(page).toContain("Serving, with problems");
    expect(page).toContain("listing &lt;pods&gt;: forbidden");
    expect(page).toContain("Starting");
  });

  it("say how to begin when there is no resource", async () => {
    expect(await (await get("/")).text()).toContain("Apply one and it appears here.");
  });

  it("are ready once all resources are known", async () => {
    expect((await get("/readyz")).status).toBe(200);
    missing = ["x"];
    expect((await get("/readyz")).status).toBe(503);
    expect((await get("/livez")).status).toBe(200);
    expect(await (await get("/metrics")).text()).toContain("opentelemetry_allocator_http_duration_seconds");
  });
});
