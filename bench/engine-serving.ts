import { setTimeout as delay } from "node:timers/promises";
import { startClient } from "./engine-client.ts";
import { jobName, TARGETS_PER_JOB } from "./engine-data.ts";
import { type Blocks, blocksDuring } from "./engine-meter.ts";
import type { Distribution } from "./report.ts";
import { ServingStage } from "./serving-stage.ts";

/** What others notice of one kind of work. */
export interface Disturbance extends Blocks {
  readonly work: string;
  /** Of concurrent requests, in milliseconds. */
  readonly requests: Distribution;
}

export interface ServingFigures {
  readonly disturbances: readonly Disturbance[];
  /** Of the whole process, in bytes. */
  readonly rss: number;
  readonly peakRss: number;
}

const COLLECTORS = 10;
const WARM_UP_MS = 3_000;

/** Measures a whole target allocator in this process: a pipeline behind its HTTP server, and a client that asks it. */
export async function measureServing(targets: number): Promise<ServingFigures> {
  const jobs = Math.ceil(targets / TARGETS_PER_JOB);
  const stage = new ServingStage(jobs, COLLECTORS);
  const url = await stage.start();
  const shares = Array.from({ length: 100 }, (_, i) => {
    const job = encodeURIComponent(jobName((i * 7) % jobs));
    return `${url}/jobs/${job}/targets?collector_id=main-collector-${i % COLLECTORS}`;
  });
  const client = await startClient(shares);
  const disturbances: Disturbance[] = [];
  const during = async (work: string, run: () => Promise<unknown>): Promise<void> => {
    let blocks: Blocks | undefined;
    const requests = await client.during(async () => {
      blocks = await blocksDuring(run);
    });
    if (blocks !== undefined) disturbances.push({ work, ...blocks, requests });
  };
  try {
    const finish = await stage.discover();
    // Code that answers requests is compiled before the measurement, as it is in a process that has run for a while.
    await client.during(async () => delay(WARM_UP_MS));
    await during("full pass", finish);
    await during("20 x one group", async () => stage.restartGroups(20));
    await during("collector added", async () => stage.setCollectors(COLLECTORS + 1));
    await during("collector removed", async () => stage.setCollectors(COLLECTORS));
    return { disturbances, rss: process.memoryUsage.rss(), peakRss: process.resourceUsage().maxRSS * 1024 };
  } finally {
    client.stop();
    await stage.stop();
  }
}
