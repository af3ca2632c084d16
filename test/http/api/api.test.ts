import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import { explainTargets, labelsOf, parseScrapeConfigs, toJobDefinition } from "../../../src/allocator/index.ts";
import { OPERATIONS } from "../../../src/http/api/operations.ts";
import { createApp } from "../../../src/http/app.ts";
import type { ServedExplanation } from "../../../src/http/served-allocation.ts";
import { PromClientMetrics } from "../../../src/observability/prom-client-metrics.ts";
import { snapshotOf, target } from "../../support/allocation-snapshot.ts";
import { FakeAllocation } from "../../support/fake-allocation.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";
import { type ServedApp, serveApp } from "../../support/served-app.ts";

let allocation: FakeAllocation;
let app: ServedApp;

beforeAll(async () => {
  const metrics = new PromClientMetrics();
  const stopping = new AbortController().signal;
  const rest = { title: "shop", revealSecrets: () => false, log: new MemoryLogger(), metrics, exposition: metrics };
  app = await serveApp((request, response) => createApp({ allocation, stopping, ...rest })(request, response));
});

afterAll(async () => {
  await app.stop();
});

const pod = (address: string, namespace: string, labels: Readonly<Record<string, string>> = {}) =>
  target({ __address__: address, ...labels }, { __meta_kubernetes_namespace: namespace });

beforeEach(() => {
  allocation = new FakeAllocation();
  allocation.current = snapshotOf({
    version: 7,
    collectors: [{ name: "c0", nodeName: "n0" }, "c1"],
    jobs: {
      "a/b": {
        shares: { c0: [pod("10.0.0.1:80", "shop")], c1: [pod("10.0.0.2:80", "shop", { app: "web" })] },
        dropped: 3,
      },
      web: { shares: { c0: [pod("10.0.1.1:80", "ops", { app: "web" })] }, unassigned: [pod("10.0.1.2:80", "ops")] },
    },
  });
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function get(path: string): Promise<Answer> {
  const response = await fetch(app.url + path);
  return { status: response.status, body: await response.json() };
}

interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, { readonly get: OperationObject }>>;
  readonly components: { readonly schemas: unknown };
}
interface OperationObject {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
}

const documentOf = async (): Promise<Document> => (await get("/api/v1/openapi.json")).body as Document;

/** What an answer has that the document does not allow, or lacks. */
async function mistakes(schema: string, body: unknown): Promise<unknown> {
  const { components } = await documentOf();
  const $defs = JSON.parse(
    JSON.stringify(components.schemas).replaceAll("#/components/schemas/", "#/$defs/"),
  ) as object;
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile({ $defs, $ref: `#/$defs/${schema}` });
  return validate(body) ? [] : validate.errors;
}

const ZONE_LABEL = "__meta_kubernetes_endpointslice_endpoint_zone";

const explained = (name = "consistent-hashing", labels: Readonly<Record<string, string>> = {}): ServedExplanation => {
  const [config] = parseScrapeConfigs({
    scrape_configs: [{ job_name: "web", relabel_configs: [{ source_labels: ["app"], regex: "x", action: "drop" }] }],
  }).jobs;
  if (config === undefined) throw new Error("the job is broken");
  const targets = ["x", "y"].map((value) => labelsOf({ __address__: `${value}:80`, app: value, ...labels }));
  const work = explainTargets({
    definition: toJobDefinition(config, { filtering: true }),
    strategy: { name, fallback: "" },
    sources: [{ provider: "static/0", groups: [{ source: "0", labels: labelsOf({}), targets }] }],
    snapshot: allocation.current,
    selects: () => true,
    limit: 5,
  });
  let step = work.next();
  while (step.done !== true) step = work.next();
  return {
    ...step.value,
    job: "web",
    strategy: { name, fallback: "" },
    version: 7,
    quarantined: false,
    discovery: { state: "settled" },
    problems: [],
    waitingFor: [],
  };
};

describe("the OpenAPI document", () => {
  it("describes every operation, with its parameters", async () => {
    const { openapi, servers, paths } = await documentOf();
    expect(openapi).toBe("3.1.1");
    expect(servers).toEqual([{ url: "/" }]);
    expect(Object.keys(paths)).toEqual(OPERATIONS.map(({ path }) => path.replaceAll(/:(\w+)/g, "{$1}")));
    for (const [path, { get: operation }] of Object.entries(paths)) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => `{${name}}`);
      expect(path.match(/\{\w+\}/g) ?? []).toEqual(inPath);
    }
    expect(new Set(Object.values(paths).map(({ get: operation }) => operation.operationId)).size).toBe(
      OPERATIONS.length,
    );
  });

  it.each([
    ["Status", "/api/v1/status"],
    ["Collectors", "/api/v1/collectors"],
    ["Jobs", "/api/v1/jobs"],
    ["Job", "/api/v1/jobs/a%2Fb"],
    ["Targets", "/api/v1/targets"],
    ["Assignments", "/api/v1/assignments"],
    ["Explanation", "/api/v1/explain?job=web"],
    ["Monitors", "/api/v1/monitors"],
    ["Monitor", "/api/v1/monitors/shop/web"],
  ])("says what %s is", async (schema, path) => {
    allocation.found = [{ job: "bad", reason: "JobRejected", message: "its interval is 0" }];
    allocation.answer = { kind: "explained", explanation: explained() };
    allocation.served = {
      kinds: () => [],
      list: () => [MONITOR],
      find: () => [MONITOR],
      whyUnseen: () => [],
      reread: [],
    };
    const { status, body } = await get(path);
    expect(status).toBe(200);
    expect(await mistakes(schema, body)).toEqual([]);
  });

  it("says what explanations say of zones", async () => {
    const ofZone = { [ZONE_LABEL]: "a" };
    allocation.current = snapshotOf({
      collectors: [{ name: "c0", nodeName: "n0", zone: "b" }],
      jobs: { web: { shares: { c0: [target({ __address__: "y:80", app: "y", ...ofZone })] } } },
    });
    allocation.answer = { kind: "explained", explanation: explained("zone-aware", ofZone) };
    const { body } = await get("/api/v1/explain?job=web");
    const { targets } = body as { readonly targets: readonly unknown[] };
    expect(targets[1]).toMatchObject({ zone: "a", outcome: { reason: "Assigned", collectorZone: "b" } });
    expect(await mistakes("Explanation", body)).toEqual([]);
  });

  it("is strict: an answer with more in it would be noticed", async () => {
    const { body } = await get("/api/v1/status");
    expect(await mistakes("Status", { ...(body as object), more: 1 })).toHaveLength(1);
  });

  it("has a test for every operation's answer", () => {
    const tested = [
      "Status",
      "Collectors",
      "Jobs",
      "Job",
      "Targets",
      "Assignments",
      "Explanation",
      "Monitors",
      "Monitor",
    ];
    expect(OPERATIONS.map(({ schema }) => schema)).toEqual(tested);
  });
});

const MONITOR = {
  kind: "PodMonitor",
  namespace: "shop",
  name: "web",
  outcome: "selected",
  selection: "podMonitorSelector",
  problems: [],
  jobs: [
    { name: "web", counts: { discovered: 2, dropped: 1, duplicates: 0, assigned: 1, unassigned: 0 }, problems: [] },
  ],
} as const;

describe("status, collectors and jobs", () => {
  it("sum up", async () => {
    const { body } = await get("/api/v1/status");
    expect(body).toMatchObject({
      version: 7,
      ready: true,
      collectors: 2,
      jobs: 2,
      targets: { assigned: 3, unassigned: 1 },
    });
  });

  it("tell the loads of collectors", async () => {
    const { body } = await get("/api/v1/collectors");
    expect((body as { items: unknown }).items).toEqual([
      { name: "c0", node: "n0", targets: 2, jobs: 2 },
      { name: "c1", node: "", targets: 1, jobs: 1 },
    ]);
  });

  it("tell of jobs that are set aside", async () => {
    const problem = { job: "bad", reason: "JobRejected", message: "its interval is 0" };
    allocation.found = [problem];
    const { body } = await get("/api/v1/jobs?offset=1&limit=1");
    expect(body).toEqual({
      version: 7,
      total: 3,
      offset: 1,
      items: [{ name: "bad", served: false, problems: [problem] }],
    });
  });

  it("answer before the first assignment: it is asked what is awaited", async () => {
    allocation.missing = ["x"];
    expect(await get("/api/v1/status")).toMatchObject({ status: 200, body: { ready: false, waitingFor: ["x"] } });
  });

  it("name the jobs that there are to somebody who asks for another", async () => {
    expect(await get("/api/v1/jobs/wep")).toEqual({
      status: 404,
      body: 'no job has the name "wep"; did you mean "web"?',
    });
  });
});

describe("targets", () => {
  const addresses = async (query: string): Promise<readonly string[]> => {
    const { body } = await get(`/api/v1/targets?${query}`);
    return (body as { items: { address: string }[] }).items.map(({ address }) => address);
  };

  it("come with their discovered labels and who scrapes them", async () => {
    const { body } = await get("/api/v1/targets?job=a/b&collector=c1");
    expect(body).toEqual({
      version: 7,
      total: 1,
      offset: 0,
      items: [
        {
          job: "a/b",
          collector: "c1",
          address: "10.0.0.2:80",
          labels: { __address__: "10.0.0.2:80", __meta_kubernetes_namespace: "shop", app: "web" },
        },
      ],
    });
  });

  it.each([
    ["", ["10.0.0.1:80", "10.0.0.2:80", "10.0.1.1:80", "10.0.1.2:80"]],
    ["limit=2&offset=1", ["10.0.0.2:80", "10.0.1.1:80"]],
    ["state=unassigned", ["10.0.1.2:80"]],
    ["state=assigned&job=web", ["10.0.1.1:80"]],
    ["namespace=ops", ["10.0.1.1:80", "10.0.1.2:80"]],
    ["label=app=web", ["10.0.0.2:80", "10.0.1.1:80"]],
    ["label=app=web&namespace=ops", ["10.0.1.1:80"]],
    ["label=app=", ["10.0.0.1:80", "10.0.1.2:80"]],
    ["search=10.0.1.", ["10.0.1.1:80", "10.0.1.2:80"]],
    ["search=ho", ["10.0.0.1:80", "10.0.0.2:80"]],
    ["collector=c0&offset=5", []],
  ])("?%s finds %j", async (query, want) => {
    expect(await addresses(query)).toEqual(want);
  });

  it("are counted on all pages", async () => {
    expect((await get("/api/v1/targets?limit=1&label=app=web")).body).toMatchObject({ total: 2 });
    expect((await get("/api/v1/targets?limit=1&offset=3")).body).toMatchObject({ total: 4 });
  });

  it("hide passwords of URLs among labels", async () => {
    const secret = target({ __address__: "a:80", __meta_url: "http://me:hunter2@sd.test/" });
    allocation.current = snapshotOf({ collectors: ["c0"], jobs: { web: { shares: { c0: [secret] } } } });
    expect(JSON.stringify((await get("/api/v1/targets")).body)).toContain("http://me:xxxxx@sd.test/");
  });

  it.each([
    ["search=:hunter2@", 0],
    ["search=hunter", 0],
    ["search=me:xxxxx@", 1],
    [`label=__meta_url=${encodeURIComponent("http://me:hunter2@sd.test/")}`, 0],
    [`label=__meta_url=${encodeURIComponent("http://me:xxxxx@sd.test/")}`, 1],
  ])("are not found by the password of a URL: ?%s finds %i", async (query, total) => {
    const secret = target({ __address__: "http://me:hunter2@a:80", __meta_url: "http://me:hunter2@sd.test/" });
    allocation.current = snapshotOf({ collectors: ["c0"], jobs: { web: { shares: { c0: [secret] } } } });
    expect((await get(`/api/v1/targets?${query}`)).body).toMatchObject({ total });
    expect(JSON.stringify((await get("/api/v1/assignments")).body)).not.toContain("hunter2");
  });

  it("are told without labels as assignments", async () => {
    const { body } = await get("/api/v1/assignments?job=web");
    expect((body as { items: unknown }).items).toEqual([
      { job: "web", collector: "c0", address: "10.0.1.1:80" },
      { job: "web", collector: null, address: "10.0.1.2:80" },
    ]);
  });

  it.each([
    ["colector=c0", 400, 'there is no parameter "colector"; it takes job, collector, state'],
    ["limit=0", 400, "limit must be a whole number from 1 to 1000"],
    ["limit=1001", 400, "limit must be a whole number from 1 to 1000"],
    ["offset=-1", 400, "offset must be a whole number, such as offset=0"],
    ["state=dropped", 400, "state must be assigned or unassigned; for those that rules drop ask /api/v1/explain"],
    ["label=app", 400, "label must be NAME=VALUE"],
    ["label=a=&label=b=&label=c=&label=d=&label=e=&label=f=&label=g=&label=h=&label=i=", 400, "at most 8 labels"],
    ["job=wep", 404, 'no job has the name "wep"; did you mean "web"?'],
    ["collector=c9", 404, 'no collector has the name "c9"; did you mean "c0", "c1"?'],
  ])("?%s is %i: %s", async (query, status, message) => {
    const answer = await get(`/api/v1/targets?${query}`);
    expect(answer).toEqual({ status, body: expect.stringContaining(message) });
  });

  it("are not told before the first assignment", async () => {
    allocation.missing = ["collectors have not been listed"];
    const answer = await get("/api/v1/targets");
    expect(answer).toEqual({ status: 503, body: "targets are not ready: collectors have not been listed" });
  });
});
