import { describe, expect, it } from "@jest/globals";

import { withDefaults } from "../../../src/api/opentelemetry/default.ts";
import type { OpenTelemetryCollector, OpenTelemetryCollectorSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { problemsOf, warningsOf } from "../../../src/api/opentelemetry/validate.ts";
import { collector, receiving, STATIC_JOB } from "../../support/collectors.ts";

type Spec = Partial<Record<keyof OpenTelemetryCollectorSpec, unknown>>;

function problems(spec: Spec): readonly string[] {
  const base = collector();
  return problemsOf(withDefaults({ ...base, spec: { ...base.spec, ...spec } } as OpenTelemetryCollector));
}

function warnings(spec: Spec): readonly string[] {
  const base = collector();
  return warningsOf(withDefaults({ ...base, spec: { ...base.spec, ...spec } } as OpenTelemetryCollector));
}

const jobs = (scrapeConfigs: unknown): Spec => receiving({ prometheus: { config: { scrape_configs: scrapeConfigs } } });

const service = (pipeline: unknown, more: Record<string, unknown> = {}): Spec => ({
  config: {
    receivers: { prometheus: { config: { scrape_configs: [STATIC_JOB] } } },
    exporters: { debug: {} },
    connectors: { count: {} },
    service: { pipelines: { metrics: pipeline }, ...more },
  },
});

describe("problemsOf", () => {
  it.each<{ name: string; spec: Spec }>([
    { name: "a plain collector", spec: {} },
    { name: "an allocator for a Deployment", spec: { mode: "deployment" } },
    {
      name: "an allocator for a DaemonSet",
      spec: { mode: "daemonset", targetAllocator: { enabled: true, allocationStrategy: "per-node" } },
    },
    {
      name: "a receiver without config when Prometheus CRs bring jobs",
      spec: { ...receiving({ prometheus: {} }), targetAllocator: { enabled: true, prometheusCR: { enabled: true } } },
    },
    {
      name: "config without scrape_configs when Prometheus CRs bring jobs",
      spec: {
        ...receiving({ prometheus: { config: {} } }),
        targetAllocator: { enabled: true, prometheusCR: { enabled: true } },
      },
    },
    {
      name: "no jobs when Prometheus CRs bring some",
      spec: { ...jobs([]), targetAllocator: { enabled: true, prometheusCR: { enabled: true } } },
    },
    { name: "any receivers without an allocator", spec: { ...receiving({ otlp: {} }), targetAllocator: undefined } },
    { name: "a port with a name", spec: { ports: [{ name: "a", port: 1 }] } },
  ])("accepts $name", ({ spec }) => {
    expect(problems(spec)).toEqual([]);
  });

  it.each<{ name: string; spec: Spec; want: RegExp }>([
    { name: "an unknown mode", spec: { mode: "cronjob" }, want: /spec\.mode "cronjob" is none of/ },
    { name: "no config", spec: { config: undefined }, want: /no receivers/ },
    { name: "a config that is a text", spec: { config: "receivers:" }, want: /no receivers/ },
    {
      name: "no receivers",
      spec: { config: { receivers: {}, exporters: {}, service: { pipelines: {} } } },
      want: /no receivers/,
    },
    {
      name: "no pipelines",
      spec: { config: { receivers: { prometheus: {} }, exporters: {}, service: {} } },
      want: /service\.pipelines is missing/,
    },
    {
      name: "a pipeline of another shape",
      spec: {
        config: { receivers: { prometheus: {} }, exporters: {}, service: { pipelines: { m: { receivers: "a" } } } },
      },
      want: /pipelines\.m must name receivers and exporters/,
    },
    {
      name: "no prometheus receiver",
      spec: receiving({ otlp: {} }),
      want: /no prometheus receiver.*; add one, or set/,
    },
    {
      name: "a prometheus receiver by another id",
      spec: receiving({ "prometheus/x": {} }),
      want: /rename one of prometheus\/x/,
    },
    {
      name: "a null prometheus receiver",
      spec: receiving({ prometheus: null }),
      want: /prometheus must be an object; write config\.scrape_configs below it/,
    },
    {
      name: "neither config nor Prometheus CRs",
      spec: receiving({ prometheus: {} }),
      want: /at least one scrape config/,
    },
    { name: "no jobs", spec: jobs([]), want: /at least one scrape config/ },
    { name: "jobs that are no list", spec: jobs({}), want: /scrape_configs must be a list/ },
    { name: "a sidecar with an allocator", spec: { mode: "sidecar" }, want: /does not support the target allocation/ },
    {
      name: "per-node outside of a DaemonSet",
      spec: { targetAllocator: { enabled: true, allocationStrategy: "per-node" } },
      want: /per-node is only supported in OpenTelemetry Collector mode daemonset/,
    },
    {
      name: "a DaemonSet that is not spread per node",
      spec: { mode: "daemonset" },
      want: /must be used with target allocation strategy per-node/,
    },
    {
      name: "an unknown strategy",
      spec: { targetAllocator: { enabled: true, allocationStrategy: "x" } },
      want: /"x" is none of/,
    },
    {
      name: "namespaces allowed and denied",
      spec: { targetAllocator: { enabled: true, prometheusCR: { allowNamespaces: ["a"], denyNamespaces: ["b"] } } },
      want: /mutually exclusive/,
    },
    {
      name: "claims outside of a StatefulSet",
      spec: { mode: "deployment", volumeClaimTemplates: [{}] },
      want: /'volumeClaimTemplates'/,
    },
    { name: "a port without a name", spec: { ports: [{ port: 1 }] }, want: /port name "" is no name/ },
    {
      name: "a port that is none",
      spec: { ports: [{ name: "a", port: 70000 }] },
      want: /port 70000 is not in 1\.\.65535/,
    },
  ])("refuses $name", ({ spec, want }) => {
    expect(problems(spec)).toContainEqual(expect.stringMatching(want));
  });

  it("bears with a resource without a spec", () => {
    const { spec: _spec, ...bare } = collector();
    expect(problemsOf(withDefaults(bare))).not.toEqual([]);
  });
});

describe("warningsOf", () => {
  it("names every null of the configuration", () => {
    const spec = receiving({
      prometheus: { config: { scrape_configs: [STATIC_JOB] } },
      "x/y": null,
      hostmetrics: { scrapers: { cpu: null } },
    });
    const [warning] = warningsOf(withDefaults(collector({ spec })));
    expect(warning).toContain("null objects: receivers.hostmetrics.scrapers.cpu:, receivers.x/y:. ");
  });

  it("has nothing to say about a plain collector", () => {
    expect(warnings({})).toEqual([]);
  });

  it.each<{ name: string; spec: Spec; want: readonly string[] }>([
    {
      name: "a receiver that is not declared",
      spec: service({ receivers: ["prometheus", "otlp"], exporters: ["debug"] }),
      want: [
        'spec.config.service.pipelines.metrics.receivers names "otlp", but spec.config.receivers declares prometheus, count: collectors do not start with it',
      ],
    },
    {
      name: "a processor where none is declared",
      spec: service({ receivers: ["prometheus"], processors: ["batch"], exporters: ["debug"] }),
      want: [
        'spec.config.service.pipelines.metrics.processors names "batch", but spec.config.processors declares none: collectors do not start with it',
      ],
    },
    {
      name: "an extension that is not declared",
      spec: service({ receivers: ["prometheus"], exporters: ["debug"] }, { extensions: ["health_check"] }),
      want: [
        'spec.config.service.extensions names "health_check", but spec.config.extensions declares none: collectors do not start with it',
      ],
    },
    {
      name: "an allocator whose targets no pipeline receives",
      spec: service({ receivers: ["count"], exporters: ["debug"] }),
      want: ["spec.config.service.pipelines: none receives from prometheus, so collectors scrape none of its targets"],
    },
    {
      name: "a sidecar",
      spec: { mode: "sidecar", targetAllocator: undefined },
      want: ["not in effect in this version: spec.mode: sidecar"],
    },
  ])("tells $name", ({ spec, want }) => {
    expect(warnings(spec)).toEqual(want);
  });

  it.each<{ name: string; spec: Spec }>([
    { name: "a connector at both ends", spec: service({ receivers: ["prometheus", "count"], exporters: ["count"] }) },
    {
      name: "parts that are switched off or empty, as webhooks leave them",
      spec: {
        networkPolicy: { enabled: false },
        ingress: { route: {} },
        observability: { metrics: {} },
        targetAllocator: { enabled: true, mtls: { enabled: false, useCertManager: true } },
      },
    },
    {
      name: "lists that are none",
      spec: { ...service({ receivers: [1], exporters: ["debug"], processors: null }), targetAllocator: undefined },
    },
  ])("keeps silent about $name", ({ spec }) => {
    expect(warnings(spec)).toEqual([]);
  });
});
