import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createApp } from "../../../src/http/app.ts";
import { PromClientMetrics } from "../../../src/observability/prom-client-metrics.ts";
import { snapshotOf, target } from "../../support/allocation-snapshot.ts";
import { FakeAllocation } from "../../support/fake-allocation.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";
import { type ServedApp, serveApp } from "../../support/served-app.ts";

const allocation = new FakeAllocation();
let app: ServedApp;

beforeAll(async () => {
  const metrics = new PromClientMetrics();
  app = await serveApp(
    createApp({
      allocation,
      title: "shop",
      revealSecrets: () => false,
      log: new MemoryLogger(),
      metrics,
      exposition: metrics,
      stopping: new AbortController().signal,
    }),
  );
});

afterAll(async () => {
  await app.stop();
});

beforeEach(() => {
  const pod = target(
    { __address__: "10.0.0.1:80", __meta_kubernetes_pod_name: "web-0" },
    { __meta_kubernetes_namespace: "shop" },
  );
  const many = Array.from({ length: 250 }, (_, i) => target({ __address__: `10.1.0.1:${String(i)}` }));
  allocation.current = snapshotOf({
    collectors: [{ name: "c0", nodeName: "node-a" }, "c1"],
    jobs: {
      "web & <co>": { shares: { c0: [pod] }, dropped: 2, duplicates: 1 },
      large: { shares: { c1: many }, unassigned: [target({ __address__: "lost:1" })] },
    },
  });
  allocation.states.clear();
  allocation.found = [];
  allocation.missing = [];
});

const page = async (path: string): Promise<{ status: number; text: string; headers: Headers }> => {
  const response = await fetch(app.url + path, { headers: { accept: "text/html" } });
  return { status: response.status, text: await response.text(), headers: response.headers };
};

describe("every page", () => {
  it.each([
    "/",
    "/jobs",
    "/debug/jobs",
    "/debug/job?job_id=large",
    "/debug/collector?collector_id=c0",
    "/debug/scrape_configs",
  ])("%s loads nothing from elsewhere and runs no script but its own", async (path) => {
    const { status, text, headers } = await page(path);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = headers.get("content-security-policy") ?? "";
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(text).toContain(`<script nonce="${nonce}">`);
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(text).toContain('<meta name="viewport"');
  });

  it("comes as its main element alone for an open page", async () => {
    const { text } = await page("/?fragment=1");
    expect(text).toMatch(/^<main>[\s\S]*<\/main>$/);
    expect((await page("/")).text).toContain(text);
  });

  it("gets another nonce each time", async () => {
    const policies = [await page("/"), await page("/")].map(({ headers }) => headers.get("content-security-policy"));
    expect(policies[0]).not.toBe(policies[1]);
  });
});

describe("the page of an allocation", () => {
  it("shows collectors and jobs with their counts, escaped", async () => {
    allocation.states.set("large", { discovery: "failing", error: 'GET "x": <refused>' });
    const { text } = await page("/");
    expect(text).toContain(
      '<th scope="row"><a href="/debug/collector?collector_id=c0">c0</a></th>' +
        '<td data-heading="Node">node-a</td><td data-heading="Targets" class="n">1 <meter',
    );
    expect(text).toContain('<a href="/debug/job?job_id=web+%26+%3Cco%3E">web &amp; &lt;co&gt;</a>');
    expect(text).toContain(
      '<td data-heading="Discovered" class="n">4</td><td data-heading="Dropped" class="n">2</td>' +
        '<td data-heading="Duplicates" class="n">1</td><td data-heading="Assigned" class="n">1</td>' +
        '<td data-heading="Unassigned" class="n">0</td>',
    );
    expect(text).toContain("GET &#34;x&#34;: &lt;refused&gt;");
  });

  it("says what it waits for", async () => {
    allocation.missing = ["collectors have not been listed"];
    expect((await page("/")).text).toContain('Starting</span> <span class="why">collectors have not been listed');
  });

  it("lists problems", async () => {
    allocation.found = [{ reason: "InvalidJob", job: "bad", message: "regex (: missing )" }];
    const { text } = await page("/");
    expect(text).toContain("<b>InvalidJob</b> in job bad: regex (: missing )");
    expect(text.match(/regex \(/g)).toHaveLength(1);
  });

  it("says why it is empty", async () => {
    allocation.current = snapshotOf({});
    const { text } = await page("/");
    expect(text).toContain("No collector is known.");
    expect(text).toContain("No job is configured.");
  });

  it("is JSON for a program", async () => {
    const response = await fetch(`${app.url}/`, { headers: { accept: "application/json" } });
    expect(await response.json()).toMatchObject({
      title: "shop",
      state: { text: "Serving", tone: "good" },
      totals: { discovered: 255, dropped: 2, duplicates: 1, assigned: 251, unassigned: 1 },
      collectors: [
        { name: "c0", nodeName: "node-a", targets: 1 },
        { name: "c1", targets: 250 },
      ],
      jobs: [{ name: "large" }, { name: "web & <co>", counts: { assigned: 1 } }],
    });
  });
});

describe("the page of a job", () => {
  it("shows each collector's targets and where they were found", async () => {
    const { text } = await page("/debug/job?job_id=web+%26+%3Cco%3E");
    expect(text).toContain("<h1>Job web &amp; &lt;co&gt;</h1>");
    expect(text).toContain('<code>10.0.0.1:80</code></th><td data-heading="Found on">pod shop/web-0</td>');
    expect(text).toContain('<a href="/api/v1/explain?job=web+%26+%3Cco%3E&amp;address=10.0.0.1%3A80"');
    expect(text).toContain("/jobs/web+%26+%3Cco%3E/targets?collector_id=c0");
  });

  it("shows what is wrong with it, and with no other", async () => {
    allocation.found = [
      { reason: "JobRejected", job: "large", message: "regex (: missing )" },
      { reason: "JobRejected", job: "small", message: "no duration" },
    ];
    const { text } = await page("/debug/job?job_id=large");
    expect(text).toContain("<b>JobRejected</b> in job large: regex (: missing )");
    expect(text).not.toContain("no duration");
  });

  it("says why a job is not served, which is not the same as not being there", async () => {
    allocation.found = [{ reason: "JobRejected", job: "small", message: "no duration" }];
    const { status, text } = await page("/debug/job?job_id=small");
    expect(status).toBe(200);
    expect(text).toContain("This job is not served.");
    expect(text).toContain("<b>JobRejected</b> in job small: no duration");
  });

  it("shows the first of many, and who is left out", async () => {
    const { text } = await page("/debug/job?job_id=large");
    expect(text).toContain("… and 50 more");
    expect(text).toContain("Nobody: 1 target");
    expect(text).toContain("<code>lost:1</code>");
  });

  it.each([
    ["/debug/job?job_id=nope", 404, "No job of this name is configured."],
    ["/debug/job", 400, "Expected job_id in the query string, once."],
    ["/debug/job?job_id=", 400, "Expected job_id"],
    ["/debug/job?job_id=a&job_id=b", 400, "Expected job_id"],
    ["/debug/collector?collector_id=nope", 404, "No collector of this name is known."],
    ["/debug/collector", 400, "Expected collector_id in the query string, once."],
  ])("%s is %i", async (path, status, text) => {
    expect(await page(path)).toMatchObject({ status, text: expect.stringContaining(text) });
  });
});

describe("the page of a collector", () => {
  it("shows its jobs", async () => {
    const { text } = await page("/debug/collector?collector_id=c1&fragment=1");
    expect(text).toContain(
      '<a href="/debug/job?job_id=large">large</a></th><td data-heading="Targets" class="n">250</td>',
    );
    expect(text).not.toContain("web");
  });
});
