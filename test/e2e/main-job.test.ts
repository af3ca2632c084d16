import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { MainJobStage, type Route } from "../support/main-job-stage.ts";

const STEP_TIMEOUT_MS = 180_000;
/** A window of three scrape intervals, and a little to let the last samples be written. */
const INTERVALS = 3;

let stage: MainJobStage;

beforeAll(async () => {
  stage = await MainJobStage.start();
  await stage.applyCollector(3);
}, STEP_TIMEOUT_MS);

afterAll(async () => {
  await stage.stop();
}, STEP_TIMEOUT_MS);

/** Watches for three intervals: one collector for each endpoint, and it scraped about three times. */
async function expectExactlyOnce(): Promise<void> {
  const since = Date.now();
  await delay(INTERVALS * stage.scrapeIntervalMs + 1_000);
  const problems: string[] = [];
  for (const [address, byCollector] of stage.scrapesSince(since)) {
    const counts = [...byCollector.values()];
    if (counts.length !== 1 || (counts[0] ?? 0) < INTERVALS - 1 || (counts[0] ?? 0) > INTERVALS + 1) {
      problems.push(`${address} was scraped by ${JSON.stringify(Object.fromEntries(byCollector))}`);
    }
  }
  if (problems.length > 0) throw new Error(`${problems.join("\n")}\n${stage.logs()}`);
}

/** The longest pause between two scrapes of one endpoint since a moment, in milliseconds. */
function longestGapSince(time: number): number {
  const gaps = stage.endpoints.flatMap(({ scrapes }) => {
    const times = [time, ...scrapes.filter((scrape) => scrape >= time), Date.now()];
    return times.slice(1).map((current, index) => current - (times[index] ?? current));
  });
  return Math.max(...gaps);
}

/** The latest believed answer for each target route: what the collectors hold now. */
function heldShares(): ReadonlyMap<string, string> {
  const targetRoutes = stage.proxy.answers.filter(({ path, status }) => path.includes("/targets") && status === 200);
  return new Map(targetRoutes.map(({ path, body }) => [path, body.trim()]));
}

/** Routes that answered "no targets" since a moment, with a status that a collector believes, though it has some. */
function wronglyEmptied(held: ReadonlyMap<string, string>, since: number): readonly string[] {
  return stage.proxy.answers
    .filter(({ time, status, body }) => time >= since && status === 200 && body.trim() === "[]")
    .map(({ path }) => path)
    .filter((path) => held.get(path) !== "[]");
}

describe.each<Route>(["allocator", "operator"])("real collectors fed by the %s", (route) => {
  beforeAll(async () => {
    await stage.startAllocator(route);
    await stage.followPods(3);
  }, STEP_TIMEOUT_MS);

  afterAll(async () => {
    await stage.stopCollectors();
  });

  it(
    "scrape each endpoint exactly once",
    async () => {
      await eventually(expectExactlyOnce, { withinMs: 60_000 });
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "go on without a gap when it is killed, and are never told that a job has no targets",
    async () => {
      const [since, held] = [Date.now(), heldShares()];
      expect(held.size).toBeGreaterThan(0);
      await stage.crash(route);
      await delay(2 * stage.scrapeIntervalMs);
      // Two intervals between scrapes would be one that is missing.
      expect(longestGapSince(since)).toBeLessThan(2 * stage.scrapeIntervalMs);
      expect(wronglyEmptied(held, since)).toEqual([]);
      await expectExactlyOnce();
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "share all endpoints again after scaling to 2 and back to 3",
    async () => {
      await stage.applyCollector(2);
      await stage.followPods(2);
      await eventually(expectExactlyOnce, { withinMs: 60_000 });
      await stage.applyCollector(3);
      await stage.followPods(3);
      await eventually(expectExactlyOnce, { withinMs: 60_000 });
    },
    STEP_TIMEOUT_MS,
  );
});

describe("the resource's status", () => {
  it(
    "tells what is going on",
    async () => {
      await eventually(async () => {
        expect(await stage.status()).toMatchObject({
          observedGeneration: expect.any(Number),
          conditions: expect.arrayContaining([
            expect.objectContaining({ type: "Available", status: "True" }),
            expect.objectContaining({ type: "Degraded", status: "False" }),
          ]),
          allocation: { collectors: 3, jobs: 2, targets: stage.endpoints.length, unassignedTargets: 0 },
        });
      });
    },
    STEP_TIMEOUT_MS,
  );

  it("is what kubectl get shows", async () => {
    const [head, row] = (await stage.kubectl(["get", "otelcol"])).split("\n");
    expect(head).toMatch(/NAME\s+MODE\s+.*READY\s+.*TARGETS/);
    expect(row).toMatch(/^main\s+statefulset\s/);
  });
});
