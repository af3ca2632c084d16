import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { MonitoredServiceStage } from "../support/monitored-service-stage.ts";

const STEP_TIMEOUT_MS = 180_000;
const PATIENCE = { withinMs: 90_000, everyMs: 500 };
/** Several scrape intervals, and as many refreshes of a collector. */
const QUIET_MS = 5_000;

let stage: MonitoredServiceStage;

beforeAll(async () => {
  stage = await MonitoredServiceStage.start();
}, STEP_TIMEOUT_MS);

afterAll(async () => {
  await stage.stop();
}, STEP_TIMEOUT_MS);

/** Waits until every endpoint was scraped like this. */
async function expectScrapes(last: { readonly path: string; readonly credentials: string }): Promise<void> {
  await eventually(() => {
    const found = stage.endpoints.map((endpoint) => endpoint.last);
    if (found.some(({ path, credentials }) => path !== last.path || credentials !== last.credentials)) {
      throw new Error(`the last scrapes were ${JSON.stringify(found)}\n${stage.logs()}`);
    }
  }, PATIENCE);
}

/** Waits for a while without a scrape. */
async function expectSilence(): Promise<void> {
  await eventually(async () => {
    const since = Date.now();
    await delay(QUIET_MS);
    expect(stage.endpoints.flatMap(({ scrapes }) => scrapes.filter((time) => time >= since))).toEqual([]);
  }, PATIENCE);
}

it(
  "a ServiceMonitor that is applied has its targets scraped, each by one collector, with its Secret, over mutual TLS",
  async () => {
    await stage.applyPassword("first");
    await stage.applyMonitor({});
    await expectScrapes({ path: "/metrics", credentials: "alice:first" });
    await eventually(async () => {
      const since = Date.now();
      await delay(QUIET_MS);
      const scrapers = [...stage.scrapersSince(since).values()];
      expect(scrapers.map((names) => names.length)).toEqual(stage.endpoints.map(() => 1));
    }, PATIENCE);
    expect(await stage.plainScrapeConfigs()).not.toContain("first");
  },
  STEP_TIMEOUT_MS,
);

it(
  "a rotated Secret is in use at the next scrape",
  async () => {
    await stage.applyPassword("second");
    await expectScrapes({ path: "/metrics", credentials: "alice:second" });
  },
  STEP_TIMEOUT_MS,
);

it(
  "a changed ServiceMonitor is scraped as it says now",
  async () => {
    await stage.applyMonitor({ path: "/changed" });
    await expectScrapes({ path: "/changed", credentials: "alice:second" });
  },
  STEP_TIMEOUT_MS,
);

it(
  "a ServiceMonitor whose rules drop everything is not scraped, and says which rule it is",
  async () => {
    await stage.applyMonitor({ relabelings: [{ action: "drop", sourceLabels: ["service"], regex: "web" }] });
    await expectSilence();
    expect(await stage.explanation()).toMatch(/4 .*drop/s);
  },
  STEP_TIMEOUT_MS,
);

it(
  "a deleted ServiceMonitor is gone",
  async () => {
    await stage.applyMonitor({ path: "/again" });
    await expectScrapes({ path: "/again", credentials: "alice:second" });
    await stage.deleteMonitor();
    await expectSilence();
    await eventually(async () => expect((await stage.plainScrapeConfigs()).trim()).toBe("{}"));
  },
  STEP_TIMEOUT_MS,
);
