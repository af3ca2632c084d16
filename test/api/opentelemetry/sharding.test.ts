import { describe, expect, it } from "@jest/globals";

import { withDefaults } from "../../../src/api/opentelemetry/default.ts";
import { splitJobs, tellsReceiversApart } from "../../../src/api/opentelemetry/sharding.ts";
import type { TargetAllocatorSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { problemsOf, warningsOf } from "../../../src/api/opentelemetry/validate.ts";
import { collector, receiving } from "../../support/collectors.ts";

const scraping = (...names: readonly string[]) => ({
  config: { scrape_configs: names.map((job_name) => ({ job_name })) },
});

const RECEIVERS = { prometheus: scraping("web", "nodes"), "prometheus/apps": scraping("shop"), otlp: {} };

function checked(allocator: TargetAllocatorSpec, receivers: Readonly<Record<string, unknown>> = RECEIVERS) {
  return withDefaults(
    collector({ spec: { ...receiving(receivers), targetAllocator: { enabled: true, ...allocator } } }),
  );
}

describe("a collector of several prometheus receivers", () => {
  it.each<{ name: string; allocator: TargetAllocatorSpec; receivers?: Readonly<Record<string, unknown>> }>([
    { name: "with the one that is always allocated", allocator: {} },
    { name: "with two that are", allocator: { receivers: ["prometheus/apps", "prometheus"] } },
    { name: "with only another one that is", allocator: { receivers: ["prometheus/apps"] } },
    { name: "with a job that is not", allocator: { unshardedJobs: ["nodes"] } },
    {
      name: "with a job of both that is not",
      allocator: { receivers: ["prometheus", "prometheus/b"], unshardedJobs: ["self"] },
      receivers: { prometheus: scraping("self", "a"), "prometheus/b": scraping("self", "b") },
    },
    {
      name: "with a job whose dollar is written twice for the collector",
      allocator: { unshardedJobs: ["a$b"] },
      receivers: { prometheus: scraping("a$$b", "c") },
    },
    {
      name: "with jobs of one name in receivers that are not allocated",
      allocator: {},
      receivers: { prometheus: scraping("a"), "prometheus/b": scraping("a") },
    },
  ])("is accepted $name", ({ allocator, receivers }) => {
    expect(problemsOf(checked(allocator, receivers))).toEqual([]);
  });

  it.each<{
    name: string;
    allocator: TargetAllocatorSpec;
    receivers?: Readonly<Record<string, unknown>>;
    want: string;
  }>([
    {
      name: "a receiver that it has not",
      allocator: { receivers: ["prometheus", "prometheus/x"] },
      want: 'spec.targetAllocator.receivers names "prometheus/x", but spec.config.receivers has prometheus, prometheus/apps; name one of those or add it',
    },
    {
      name: "a receiver that scrapes nothing",
      allocator: { receivers: ["otlp"] },
      want: 'spec.targetAllocator.receivers names "otlp", which is no prometheus receiver; take it out',
    },
    {
      name: "a receiver twice",
      allocator: { receivers: ["prometheus", "prometheus"] },
      want: 'spec.targetAllocator.receivers names "prometheus" twice; name each receiver once',
    },
    {
      name: "the usual receiver where there are only others",
      allocator: { receivers: ["prometheus", "prometheus/a"] },
      receivers: { "prometheus/a": scraping("a") },
      want: "the OpenTelemetry Spec Prometheus configuration is incorrect, no prometheus receiver available as part of the configuration; take prometheus out of spec.targetAllocator.receivers",
    },
    {
      name: "another receiver that is null",
      allocator: { receivers: ["prometheus/a"] },
      receivers: { "prometheus/a": null },
      want: "the OpenTelemetry Spec Prometheus configuration is incorrect, spec.config.receivers.prometheus/a must be an object; write config.scrape_configs below it",
    },
    {
      name: "jobs of one name in two receivers",
      allocator: { receivers: ["prometheus", "prometheus/b"] },
      receivers: { prometheus: scraping("a"), "prometheus/b": scraping("a") },
      want: 'spec.config.receivers: prometheus and prometheus/b each have a job "a", and one allocator tells jobs apart by their names; rename one of them',
    },
    {
      name: "a job that it has not",
      allocator: { unshardedJobs: ["serviceMonitor/shop/web/0"] },
      want: 'spec.targetAllocator.unshardedJobs names "serviceMonitor/shop/web/0", but no scrape config of prometheus has this job_name; jobs of monitors cannot be left out of sharding',
    },
    {
      name: "no jobs but those that are not sharded",
      allocator: { receivers: ["prometheus/apps"], unshardedJobs: ["shop"] },
      want: "the OpenTelemetry Spec Prometheus configuration is incorrect, receivers.prometheus/apps.config.scrape_configs is empty but for unshardedJobs: either at least one scrape config needs to be defined or PrometheusCR needs to be enabled",
    },
  ])("is refused when it names $name", ({ allocator, receivers, want }) => {
    expect(problemsOf(checked(allocator, receivers))).toEqual([want]);
  });

  it("is doubted when a receiver with targets is in no pipeline", () => {
    const { config } = receiving({ prometheus: scraping("a") });
    const receivers = { ...config.receivers, "prometheus/b": scraping("b") };
    const targetAllocator = { enabled: true, receivers: Object.keys(receivers) };
    const doubted = withDefaults(collector({ spec: { config: { ...config, receivers }, targetAllocator } }));
    expect(warningsOf(doubted)).toEqual([
      "spec.config.service.pipelines: none receives from prometheus/b, so collectors scrape none of its targets",
    ]);
  });
});

describe("tellsReceiversApart", () => {
  it.each([
    { receivers: undefined, want: false },
    { receivers: ["prometheus"], want: false },
    { receivers: ["prometheus/x"], want: true },
    { receivers: ["prometheus", "prometheus/x"], want: true },
  ])("is $want for $receivers", ({ receivers, want }) => {
    expect(tellsReceiversApart(receivers === undefined ? {} : { receivers })).toBe(want);
  });
});

describe("splitJobs", () => {
  it("leaves what is no job with the allocator, which will say so", () => {
    expect(splitJobs([1, { job_name: "a" }, {}], { unshardedJobs: ["a"] })).toEqual({
      sharded: [1, {}],
      unsharded: [{ job_name: "a" }],
    });
  });
});
