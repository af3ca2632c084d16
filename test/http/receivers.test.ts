import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createOperatorApp } from "../../src/http/operator-app.ts";
import { createApp } from "../../src/http/app.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { snapshotOf, target } from "../support/allocation-snapshot.ts";
import { FakeAllocation } from "../support/fake-allocation.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { type ServedApp, serveApp } from "../support/served-app.ts";

const web = target({ __address__: "10.0.0.1:80" });
const allocation = new FakeAllocation();
let apps: readonly ServedApp[] = [];

beforeAll(async () => {
  const metrics = new PromClientMetrics();
  const shared = {
    log: new MemoryLogger(),
    metrics,
    exposition: metrics,
    stopping: new AbortController().signal,
  };
  const listed = { namespace: "shop", name: "main", collectors: ["main"], allocation, revealSecrets: true };
  const directory = { find: () => listed, findAllocator: () => listed, list: () => [listed] };
  apps = await Promise.all([
    serveApp(createApp({ ...shared, allocation, title: "shop", revealSecrets: () => false })),
    serveApp(createOperatorApp({ ...shared, directory, waitingFor: () => [] })),
  ]);
});

beforeEach(() => {
  allocation.configs = { masked: "{}", clear: "{}" };
  allocation.missing = [];
  allocation.current = snapshotOf({
    collectors: ["c"],
    jobs: { web: { shares: { c: [web] } }, "a/b": { shares: { c: [web] } } },
  });
  allocation.receiving.clear();
  allocation.receiving.set("prometheus", { jobs: ["web"], body: '{"web":1}' });
  allocation.receiving.set("prometheus/apps", { jobs: ["a/b"], body: '{"a/b":1}' });
});

afterAll(async () => {
  await Promise.all(apps.map(async (app) => app.stop()));
});

describe.each([
  { where: "a target allocator", at: 0, base: "", body: '{"a/b":1}' },
  { where: "the operator", at: 1, base: "/namespaces/shop/opentelemetrycollectors/main", body: '{"a/b":1} clear' },
])("a receiver of $where", ({ at, base, body }) => {
  const path = `${base}/receivers/prometheus%2Fapps`;
  const get = async (route: string): Promise<Response> => fetch(`${apps[at]?.url ?? ""}${route}`);

  it("gets its own scrape configurations", async () => {
    expect(await (await get(`${path}/scrape_configs`)).text()).toBe(body);
  });

  it("gets its own jobs, with links that work", async () => {
    const jobs = (await (await get(`${path}/jobs`)).json()) as Record<string, Record<string, string>>;
    expect(jobs).toEqual({ "a/b": { _link: `${path}/jobs/a%2Fb/targets` } });
    const link = String(jobs["a/b"]?.["_link"]);
    expect(await (await get(link)).json()).toMatchObject({ c: { _link: `${link}?collector_id=c` } });
    expect(await (await get(`${link}?collector_id=c`)).json()).toMatchObject([{ targets: ["10.0.0.1:80"] }]);
  });

  it("is told that another one's job is none of its own", async () => {
    const response = await get(`${path}/jobs/web/targets?collector_id=c`);
    expect([response.status, await response.json()]).toEqual([404, 'no job has the name "web"; did you mean "a/b"?']);
  });

  it("takes over a job of another one", async () => {
    expect((await get(`${path}/jobs/web/targets?collector_id=c`)).status).toBe(404);
    allocation.receiving.set("prometheus", { jobs: [], body: "{}" });
    allocation.receiving.set("prometheus/apps", { jobs: ["a/b", "web"], body: "{}" });
    expect((await get(`${path}/jobs/web/targets?collector_id=c`)).status).toBe(200);
  });

  it("is told which there are when it is none of them", async () => {
    const response = await get(`${base}/receivers/prometheus%2Fapp/scrape_configs`);
    expect([response.status, await response.json()]).toEqual([
      404,
      'no receiver "prometheus/app" gets its targets here; did you mean "prometheus", "prometheus/apps"?',
    ]);
  });

  it("waits while nothing is assigned", async () => {
    allocation.missing = ["discovery has not reported yet"];
    for (const route of ["/scrape_configs", "/jobs", "/jobs/web/targets"]) {
      expect((await get(path + route)).status).toBe(503);
    }
  });

  it("waits while nothing is configured", async () => {
    allocation.configs = undefined;
    allocation.missing = ["no usable configuration yet"];
    const response = await get(`${path}/jobs`);
    expect([response.status, await response.json()]).toEqual([
      503,
      "receivers are not known yet: no usable configuration yet",
    ]);
  });

  it("is not known after it has gone", async () => {
    expect((await get(`${path}/jobs`)).status).toBe(200);
    allocation.receiving.delete("prometheus/apps");
    expect((await get(`${path}/jobs`)).status).toBe(404);
  });

  it("leaves the root to everybody", async () => {
    expect(await (await get(`${base}/scrape_configs`)).text()).toBe("{}");
    expect((await get(`${base}/jobs/web/targets?collector_id=c`)).status).toBe(200);
  });
});
