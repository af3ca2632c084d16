import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { explainTargets, labelsOf, parseScrapeConfigs, toJobDefinition } from "../../src/allocator/index.ts";
import { createApp } from "../../src/http/app.ts";
import type { ExplanationJson } from "../../src/http/explanation-json.ts";
import { nearNames } from "../../src/options/near-names.ts";
import { createOperatorApp } from "../../src/http/operator-app.ts";
import type { ServedExplanation } from "../../src/http/served-allocation.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { snapshotOf, target } from "../support/allocation-snapshot.ts";
import { eventually } from "../support/eventually.ts";
import { FakeAllocation } from "../support/fake-allocation.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { type ServedApp, serveApp } from "../support/served-app.ts";

let allocation: FakeAllocation;
let root: ServedApp;
let operator: ServedApp;
const log = new MemoryLogger();

beforeAll(async () => {
  const deps = () => {
    const metrics = new PromClientMetrics();
    return { log, metrics, exposition: metrics, stopping: new AbortController().signal };
  };
  root = await serveApp((request, response) => {
    createApp({ ...deps(), allocation, title: "shop", revealSecrets: () => true })(request, response);
  });
  const listed = () => ({ namespace: "shop", name: "main", collectors: ["main"], allocation, revealSecrets: true });
  const directory = { find: listed, findAllocator: listed, list: () => [listed()] };
  operator = await serveApp((request, response) => {
    createOperatorApp({ ...deps(), directory, waitingFor: () => [] })(request, response);
  });
});

afterAll(async () => {
  await Promise.all([root.stop(), operator.stop()]);
});

beforeEach(() => {
  allocation = new FakeAllocation();
  log.entries.length = 0;
});

const PREFIX = "/namespaces/shop/opentelemetrycollectors/main";

const RULES = [
  { source_labels: ["__meta_url"], target_label: "from" },
  { source_labels: ["phase"], separator: "", regex: "Pending", action: "drop" },
  { source_labels: ["__address__"], action: "hashmod", modulus: 4, target_label: "shard" },
];

const URL_LABEL = { __meta_url: "http://me:hunter2@sd.test/" };

/** A group of one target, as an HTTP server lists it. */
const found = (address: string, labels: Readonly<Record<string, string>>) => ({
  source: `http://me:hunter2@sd.test/${address}:0`,
  labels: labelsOf(URL_LABEL),
  targets: [labelsOf({ __address__: address, ...labels })],
});

/** What the engine says of two equal targets, one that is dropped, and one that no collector has. */
function explained(): ServedExplanation {
  const config = { scrape_configs: [{ job_name: "web", relabel_configs: RULES }] };
  const [job] = parseScrapeConfigs(config).jobs;
  if (job === undefined) throw new Error("no job");
  const groups = [
    found("a:80", { __meta_x: "1" }),
    found("a:80", { __meta_x: "2" }),
    found("b:80", { phase: "Pending" }),
    found("c:80", { __meta_kubernetes_node_name: "n9" }),
  ];
  const snapshot = snapshotOf({
    collectors: [{ name: "c1", nodeName: "n1" }],
    jobs: {
      web: {
        shares: { c1: [target({ __address__: "a:80", __meta_x: "1" }, URL_LABEL)] },
        unassigned: [target({ __address__: "c:80", __meta_kubernetes_node_name: "n9" }, URL_LABEL)],
      },
    },
    version: 7,
  });
  const strategy = { name: "per-node", fallback: "rendezvous" };
  const definition = toJobDefinition(job, { filtering: true });
  const sources = [{ provider: "http/0123456789ab", groups }];
  const work = explainTargets({ definition, strategy, sources, snapshot, selects: () => true, limit: 10 });
  const step = work.next();
  if (step.done !== true) throw new Error("not done");
  return {
    ...step.value,
    job: "web",
    strategy,
    version: 7,
    quarantined: false,
    discovery: { state: "failing", error: "GET http://me:xxxxx@sd.test/: 500" },
    problems: [{ job: "web", reason: "DiscoveryFailing", message: "GET http://me:xxxxx@sd.test/: 500" }],
    waitingFor: [],
  };
}

describe("GET /api/v1/explain", () => {
  it.each<{ where: string; url: () => string }>([
    { where: "at the root", url: () => `${root.url}/api/v1/explain` },
    { where: "below a resource's path in the operator", url: () => `${operator.url}${PREFIX}/api/v1/explain` },
  ])("hands the query to the allocation $where, every character of it", async ({ url }) => {
    allocation.answer = { kind: "explained", explanation: explained() };
    const query = new URLSearchParams({ job: "a/b c+d%", target: "web-0", address: "[::1]:80", limit: "3" });
    const response = await fetch(`${url()}?${query.toString()}`);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(allocation.asked).toEqual([{ job: "a/b c+d%", text: "web-0", address: "[::1]:80", limit: 3 }]);
    expect(((await response.json()) as ExplanationJson).job).toBe("web");
  });

  it("takes a question mark within the query for what it is", async () => {
    allocation.answer = { kind: "explained", explanation: explained() };
    await fetch(`${root.url}/api/v1/explain?job=web&target=/probe?module=http`);
    expect(allocation.asked).toEqual([{ job: "web", text: "/probe?module=http", limit: 20 }]);
  });

  it("answers with everything that led to where each target is", async () => {
    allocation.answer = { kind: "explained", explanation: explained() };
    const text = await (await fetch(`${root.url}/api/v1/explain?job=web`)).text();
    const { targets, ...about } = JSON.parse(text) as ExplanationJson;
    expect(about).toEqual({
      job: "web",
      strategy: { name: "per-node", fallback: "rendezvous" },
      version: 7,
      quarantined: false,
      discovery: { state: "failing", error: "GET http://me:xxxxx@sd.test/: 500" },
      problems: [{ job: "web", reason: "DiscoveryFailing", message: "GET http://me:xxxxx@sd.test/: 500" }],
      waitingFor: [],
      searched: 4,
      matched: 4,
    });
    expect(targets[0]).toEqual({
      address: "a:80",
      mechanism: "http",
      group: "http://me:xxxxx@sd.test/a:80:0",
      node: "",
      discoveredLabels: { __address__: "a:80", __meta_url: "http://me:xxxxx@sd.test/", __meta_x: "1" },
      seededLabels: {
        __metrics_path__: "/metrics",
        __scheme__: "http",
        __scrape_interval__: "1m",
        __scrape_timeout__: "10s",
        job: "web",
      },
      steps: [
        {
          rule: 0,
          action: "replace",
          config: { source_labels: ["__meta_url"], target_label: "from", action: "replace" },
          sourceValue: "http://me:xxxxx@sd.test/",
          changes: [{ name: "from", before: "", after: "http://me:xxxxx@sd.test/" }],
        },
        {
          rule: 1,
          action: "drop",
          config: { source_labels: ["phase"], separator: "", regex: "Pending", action: "drop" },
          sourceValue: "",
          changes: [],
        },
        {
          rule: 2,
          action: "hashmod",
          config: { source_labels: ["__address__"], modulus: 4, target_label: "shard", action: "hashmod" },
          sourceValue: "a:80",
          changes: [{ name: "shard", before: "", after: expect.stringMatching(/^[0-3]$/) }],
        },
      ],
      finalLabels: expect.objectContaining({ __address__: "a:80", from: "http://me:xxxxx@sd.test/" }),
      outcome: {
        reason: "Assigned",
        message:
          "collector c1 scrapes it: the target's hash leads to it (rendezvous); " +
          "by the fallback strategy, because the target's node is not known",
        collector: "c1",
        ownerReason: "Hash",
      },
      duplicates: [{ address: "a:80", mechanism: "http", group: "http://me:xxxxx@sd.test/a:80:0" }],
    });
    expect(targets.slice(1).map(({ outcome }) => outcome)).toEqual([
      {
        reason: "Duplicate",
        message: "its final labels are those of a:80 of group http://me:xxxxx@sd.test/a:80:0, which is scraped",
        survivor: { address: "a:80", mechanism: "http", group: "http://me:xxxxx@sd.test/a:80:0" },
      },
      {
        reason: "DroppedByRule",
        message: 'relabel_configs[1] (drop) dropped it: the value "Pending" of phase matches "Pending"',
      },
      { reason: "NoCollectorOnNode", message: "nobody scrapes it: no collector runs on its node n9" },
    ]);
    expect(targets[2]?.finalLabels).toBeNull();
    expect(text).not.toContain("hunter2");
  });

  it.each<{ name: string; query: string; want: string }>([
    { name: "no job", query: "", want: "give the name of a job, such as /api/v1/explain?job=my-job&target=my-pod" },
    { name: "an empty job", query: "?job=", want: "give the name of a job" },
    { name: "a limit that is no number", query: "?job=a&limit=x", want: "limit must be a whole number from 1 to 500" },
    { name: "a limit beyond all measure", query: "?job=a&limit=501", want: "limit must be a whole number" },
  ])("asks for what is missing: $name", async ({ query, want }) => {
    const response = await fetch(`${root.url}/api/v1/explain${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toContain(want);
    expect(allocation.asked).toEqual([]);
  });

  it.each<{ jobs: readonly string[]; want: string }>([
    { jobs: ["node", "kubelet"], want: 'no job has the name "nodes"; did you mean "node"?' },
    { jobs: ["web", "db"], want: 'no job has the name "nodes"; the first of 2: "web", "db"' },
    { jobs: [], want: 'no job has the name "nodes"; there is none' },
  ])("names the jobs that may have been meant: $want", async ({ jobs, want }) => {
    allocation.answer = { kind: "unknown-job", jobs };
    const response = await fetch(`${root.url}/api/v1/explain?job=nodes`);
    expect(response.status).toBe(404);
    expect(await response.json()).toBe(want);
  });

  it("puts off who asks while too many do", async () => {
    allocation.answer = { kind: "busy" };
    const response = await fetch(`${root.url}/api/v1/explain?job=web`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
  });

  it("stops working for a client that has gone away, which is no fault", async () => {
    allocation.answer = "never";
    const client = new AbortController();
    const asking = fetch(`${root.url}/api/v1/explain?job=web`, { signal: client.signal });
    await eventually(() => {
      if (allocation.asked.length === 0) throw new Error("not asked yet");
    });
    client.abort();
    await expect(asking).rejects.toThrow("abort");
    await eventually(() => {
      if (allocation.released === 0) throw new Error("still working");
    });
    expect(log.messages("error")).toEqual([]);
  });
});

describe("nearNames", () => {
  const known = ["kubernetes-pods", "kubernetes-nodes", "node-exporter", "serviceMonitor/shop/web/0", "web"];
  it.each<{ written: string; want: readonly string[] }>([
    { written: "kubernets-pods", want: ["kubernetes-pods", "kubernetes-nodes"] },
    { written: "Node-Exporter", want: ["node-exporter"] },
    { written: "shop/web", want: ["serviceMonitor/shop/web/0", "web"] },
    { written: "prometheus", want: [] },
    { written: "", want: [] },
  ])("of $written: $want", ({ written, want }) => {
    expect(nearNames(written, known)).toEqual(want);
  });

  it("names five at most", () => {
    const many = Array.from({ length: 50 }, (_, i) => `job-${String(i)}`);
    expect(nearNames("job", many)).toHaveLength(5);
  });
});
