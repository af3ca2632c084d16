import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";

import { createApp } from "../../src/http/app.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { FakeAllocation } from "../support/fake-allocation.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { MonitorsStage } from "../support/monitors-stage.ts";
import { serveApp } from "../support/served-app.ts";

const stage = new MonitorsStage();

beforeAll(async () => {
  await stage.start();
});
afterAll(async () => {
  await stage.stop();
});

const get = async (path: string, accept = "application/json"): Promise<{ status: number; text: string }> => {
  const response = await fetch(stage.url + path, { headers: { accept } });
  return { status: response.status, text: await response.text() };
};

describe("GET /api/v1/monitors", () => {
  it("has every kind and every monitor that is looked at", async () => {
    const { status, text } = await get("/api/v1/monitors");
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      kinds: [
        { kind: "ServiceMonitor", state: "Watching", found: 2, selected: 1, refused: 1 },
        { kind: "PodMonitor", state: "NotSelected" },
        { kind: "Probe", state: "NotSelected" },
        { kind: "ScrapeConfig", state: "Watching", found: 1, selected: 1, jobs: 1, targets: 1 },
      ],
      reread: [],
      monitors: [
        { name: "bad & worse", outcome: "refused", problems: [expect.stringMatching(/regex/)], jobs: [] },
        {
          name: "blue",
          outcome: "unselected",
          selection: expect.stringMatching(/service_monitor_selector \(team=red\)$/),
        },
        { kind: "ScrapeConfig", name: "web", outcome: "selected", jobs: [{ counts: { assigned: 1, dropped: 3 } }] },
      ],
    });
  });

  it("says of one monitor which rules drop how many of its targets", async () => {
    const { status, text } = await get("/api/v1/monitors/shop/web");
    expect(status).toBe(200);
    const { monitors } = JSON.parse(text) as {
      readonly monitors: readonly { readonly jobs: readonly { readonly drops: unknown }[] }[];
    };
    expect(monitors[0]?.jobs[0]?.drops).toEqual({
      lookedAt: 4,
      rules: [
        { rule: 1, config: { source_labels: ["__address__"], regex: "y.*", action: "drop" }, targets: 2 },
        { rule: 2, config: { source_labels: ["__address__"], regex: "x.*", action: "keep" }, targets: 1 },
      ],
    });
  });

  it("says why it knows no monitor of a name", async () => {
    const { status, text } = await get("/api/v1/monitors/shop/none");
    expect(status).toBe(404);
    expect(JSON.parse(text)).toMatch(
      /^no monitor shop\/none is known. ServiceMonitor: there is no ServiceMonitor of this name; PodMonitor: pod_monitor_selector is not set/,
    );
  });
});

describe("the pages", () => {
  it("show how the kinds fare, and lead to the monitors", async () => {
    const { text } = await get("/", "text/html");
    expect(text).toContain('<a href="/debug/monitors">');
    expect(text).toContain('<th scope="row">ServiceMonitor</th>');
    expect(text).toContain("the selector of PodMonitors is not set");
  });

  it("have a row for each monitor, escaped, with what became of it and why", async () => {
    const { status, text } = await get("/debug/monitors", "text/html");
    expect(status).toBe(200);
    expect(text).toContain("ServiceMonitor shop/bad &amp; worse");
    expect(text).toMatch(/Refused<\/span> <span class="why">spec\.endpoints\[0\]\.relabelings\[0\]\.regex/);
    expect(text).toMatch(/Not selected<\/span> <span class="why">its labels do not match service_monitor_selector/);
    expect(text).toContain(
      '<td data-heading="Targets kept" class="n">1</td><td data-heading="Targets dropped" class="n">3</td>',
    );
    expect(text).toContain('href="/api/v1/monitors/shop/bad%20%26%20worse"');
  });
});

describe("an allocation that reads no monitors", () => {
  it("says so", async () => {
    const metrics = new PromClientMetrics();
    const app = await serveApp(
      createApp({
        allocation: new FakeAllocation(),
        title: "shop",
        revealSecrets: () => false,
        log: new MemoryLogger(),
        metrics,
        exposition: metrics,
        stopping: new AbortController().signal,
      }),
    );
    try {
      for (const path of ["/api/v1/monitors", "/api/v1/monitors/shop/web"]) {
        const response = await fetch(app.url + path);
        expect([response.status, await response.text()]).toEqual([404, expect.stringMatching(/prometheus_cr.enabled/)]);
      }
      const page = await fetch(`${app.url}/debug/monitors`, { headers: { accept: "text/html" } });
      expect(await page.text()).toContain("No monitors are read");
      expect(await (await fetch(`${app.url}/`, { headers: { accept: "text/html" } })).text()).not.toContain("Monitors");
    } finally {
      await app.stop();
    }
  });
});
