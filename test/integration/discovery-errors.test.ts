import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createApp } from "../../src/http/app.ts";
import type { ExplanationJson } from "../../src/http/explanation-json.ts";
import { runningPod } from "../support/cluster-objects.ts";
import { group } from "../support/fake-discoverers.ts";
import { PipelineStage } from "../support/pipeline-stage.ts";
import { type ServedApp, serveApp } from "../support/served-app.ts";

let stage: PipelineStage;
let app: ServedApp;

beforeEach(async () => {
  stage = new PipelineStage();
  stage.cluster.put(runningPod("c0", { metadata: { namespace: "obs", labels: { app: "collector" } } }));
  app = await serveApp(
    createApp({
      allocation: stage.pipeline,
      title: "shop",
      revealSecrets: () => false,
      log: stage.log,
      metrics: stage.metrics,
      exposition: stage.metrics,
      stopping: new AbortController().signal,
    }),
  );
});

afterEach(async () => {
  await Promise.all([stage.stop(), app.stop()]);
});

const get = async (path: string, accept = "*/*"): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await fetch(app.url + path, { headers: { Accept: accept } });
  return { status: response.status, text: await response.text() };
};

const ERROR = "GET http://sd.test/lost: connection refused; check that it runs";

describe("a discovery that fails", () => {
  it("is told by the log, metrics, the status of the resource, the pages, the targets route and explain", async () => {
    await stage.start({ jobs: { lost: { sources: ["lost"] }, web: { targets: ["w:80"] } } });
    stage.sources.run("lost").sink.failed(new Error(ERROR));
    await stage.advance(500);

    const logged = stage.log.entries.find(({ message }) => message === "discovery fails");
    expect(logged).toMatchObject({
      level: "warn",
      fields: { mechanism: "http", jobs: ["lost"], error: { message: ERROR } },
    });

    const { text: metrics } = await get("/metrics");
    expect(metrics).toContain('\nopentelemetry_allocator_discovery_failing{job_name="lost"} 1\n');
    expect(metrics).toContain('\nopentelemetry_allocator_discovery_failing{job_name="web"} 0\n');
    expect(metrics).toContain('\nprometheus_sd_failed_configs{name=""} 1\n');

    // What the operator makes the condition Degraded of.
    const problem = { job: "lost", reason: "DiscoveryFailing", message: ERROR };
    expect(stage.pipeline.summary().problems).toEqual([problem]);

    for (const page of ["/", "/debug/job?job_id=lost"]) {
      expect((await get(page, "text/html")).text).toContain("connection refused; check that it runs");
    }
    const targets = await get("/jobs/lost/targets?collector_id=c0");
    expect(targets.status).toBe(503);
    expect(targets.text).toContain(ERROR);

    const explained = JSON.parse((await get("/api/v1/explain?job=lost")).text) as ExplanationJson;
    expect(explained).toMatchObject({
      discovery: { state: "failing", error: ERROR },
      problems: [problem],
      searched: 0,
    });
  });

  it("keeps what was found before, and is told until it works again, no longer", async () => {
    await stage.start({ jobs: { lost: { sources: ["lost"] } } });
    const { sink } = stage.sources.run("lost");
    sink.update([group("g", "l:80")]);
    await stage.advance(500);
    sink.failed(new Error(ERROR));
    await stage.advance(500);
    const during = await get("/jobs/lost/targets?collector_id=c0");
    expect([during.status, during.text.includes("l:80")]).toEqual([200, true]);
    expect((await get("/metrics")).text).toContain('\nprometheus_sd_failed_configs{name=""} 0\n');
    expect(stage.pipeline.summary().problems).toHaveLength(1);

    sink.update([]);
    await stage.advance(500);
    expect(stage.log.messages()).toContain("discovery recovered");
    expect(stage.pipeline.summary().problems).toEqual([]);
    expect((await get("/metrics")).text).toContain('\nopentelemetry_allocator_discovery_failing{job_name="lost"} 0\n');
    expect((await get("/", "text/html")).text).not.toContain("connection refused");
    const after = await get("/jobs/lost/targets?collector_id=c0");
    expect([after.status, after.text.includes("l:80")]).toEqual([200, true]);
  });
});
