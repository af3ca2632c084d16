import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, option, property } from "fast-check";
import { parse } from "yaml";

import {
  STASH_ANNOTATION,
  toV1alpha1,
  toV1beta1,
  UNREADABLE_CONFIG_ANNOTATION,
} from "../../../src/api/opentelemetry/convert.ts";
import { OPENTELEMETRY_COLLECTOR_V1ALPHA1 } from "../../../src/api/opentelemetry/schema/collector-v1alpha1.ts";
import { OPENTELEMETRY_COLLECTOR } from "../../../src/api/opentelemetry/schema/collector.ts";
import { fillDefaults } from "../../../src/api/opentelemetry/schema/fill-defaults.ts";
import { findMistakes } from "../../../src/api/opentelemetry/schema/find-mistakes.ts";
import type * as v1alpha1 from "../../../src/api/opentelemetry/v1alpha1.ts";
import type * as v1beta1 from "../../../src/api/opentelemetry/v1beta1.ts";
import { collector, RICH_SPEC } from "../../support/collectors.ts";
import { anyValueOf, everyField } from "../../support/schema-values.ts";

const SEED = parse(readFileSync(join(import.meta.dirname, "testdata/seed-v1alpha1.yaml"), "utf8")) as {
  readonly spec: { readonly config: string };
};
const OLD_TEXT = SEED.spec.config;

/** A v1alpha1 resource; the spec may say what no type allows. */
function old(spec: Readonly<Record<string, unknown>>, status?: unknown): v1alpha1.OpenTelemetryCollector {
  return {
    apiVersion: "opentelemetry.io/v1alpha1",
    kind: "OpenTelemetryCollector",
    metadata: { name: "main", namespace: "shop", labels: { a: "b" } },
    spec: { managementState: "managed", config: OLD_TEXT, ...spec },
    ...(status === undefined ? {} : { status }),
  } as v1alpha1.OpenTelemetryCollector;
}

const upgradedSpec = (spec: Readonly<Record<string, unknown>>): unknown => toV1beta1(old(spec)).spec;

describe("toV1beta1", () => {
  it("reads the configuration out of its text, and leaves the metadata alone", () => {
    expect(toV1beta1(old({ mode: "statefulset", targetAllocator: { enabled: true } }))).toEqual({
      apiVersion: "opentelemetry.io/v1beta1",
      kind: "OpenTelemetryCollector",
      metadata: { name: "main", namespace: "shop", labels: { a: "b" } },
      spec: {
        managementState: "managed",
        mode: "statefulset",
        targetAllocator: { enabled: true, prometheusCR: { podMonitorSelector: {}, serviceMonitorSelector: {} } },
        config: {
          receivers: {
            prometheus: {
              config: {
                scrape_configs: [
                  {
                    job_name: "otel-collector",
                    scrape_interval: "10s",
                    static_configs: [{ targets: ["0.0.0.0:8888"] }],
                  },
                ],
              },
            },
          },
          exporters: { debug: null },
          service: { pipelines: { metrics: { receivers: ["prometheus"], processors: [], exporters: ["debug"] } } },
        },
      },
    });
  });

  it.each<{ name: string; spec: Readonly<Record<string, unknown>>; want: Readonly<Record<string, unknown>> }>([
    {
      name: "limits of replicas become those of the autoscaler",
      spec: { minReplicas: 2, maxReplicas: 5 },
      want: { autoscaler: { minReplicas: 2, maxReplicas: 5 } },
    },
    {
      name: "the autoscaler's own limits win",
      spec: { minReplicas: 2, maxReplicas: 5, autoscaler: { maxReplicas: 9, targetCPUUtilization: 50 } },
      want: { autoscaler: { minReplicas: 2, maxReplicas: 9, targetCPUUtilization: 50 } },
    },
    {
      name: "the update strategy is that of a DaemonSet",
      spec: { updateStrategy: { type: "OnDelete" } },
      want: { daemonSetUpdateStrategy: { type: "OnDelete" } },
    },
    {
      name: "a capital letter becomes a small one",
      spec: { observability: { metrics: { enableMetrics: true, DisablePrometheusAnnotations: true } } },
      want: { observability: { metrics: { enableMetrics: true, disablePrometheusAnnotations: true } } },
    },
    {
      name: "maps of labels become selectors, and none select everything",
      spec: { targetAllocator: { prometheusCR: { enabled: true, podMonitorSelector: { team: "a" } } } },
      want: {
        targetAllocator: {
          prometheusCR: {
            enabled: true,
            podMonitorSelector: { matchLabels: { team: "a" } },
            serviceMonitorSelector: {},
          },
        },
      },
    },
    {
      name: "strategies that nobody knows are none",
      spec: { targetAllocator: { allocationStrategy: "", filterStrategy: "other", prometheusCR: {} } },
      want: {
        targetAllocator: {
          filterStrategy: "",
          prometheusCR: { podMonitorSelector: {}, serviceMonitorSelector: {} },
        },
      },
    },
    {
      name: "what the Go operator's conversion drops stays",
      spec: { serviceName: "mine", targetAllocator: { prometheusCR: { denyFSAccessThroughSMs: true } } },
      want: {
        serviceName: "mine",
        targetAllocator: {
          prometheusCR: { denyFSAccessThroughSMs: true, podMonitorSelector: {}, serviceMonitorSelector: {} },
        },
      },
    },
  ])("$name", ({ spec, want }) => {
    const { config: _config, managementState: _state, ...rest } = upgradedSpec(spec) as Record<string, unknown>;
    expect(rest).toEqual(want);
  });

  const EMPTY = { receivers: {}, exporters: {}, service: { pipelines: {} } };

  it.each<{ name: string; text: unknown; want: unknown }>([
    { name: "an empty text", text: "", want: EMPTY },
    { name: "null", text: "null", want: EMPTY },
    { name: "no text at all", text: undefined, want: EMPTY },
    { name: "what is no YAML", text: "receivers: [", want: EMPTY },
    { name: "what is no mapping", text: "- receivers", want: EMPTY },
    {
      name: "sections that are missing",
      text: "service: {telemetry: {a: 1}}",
      want: {
        ...EMPTY,
        service: { telemetry: { a: 1 }, pipelines: {} },
      },
    },
    {
      name: "anchors and merged maps",
      text: "x: &x {a: 1}\nreceivers: {otlp: {<<: *x, b: yes}}",
      want: { ...EMPTY, x: { a: 1 }, receivers: { otlp: { a: 1, b: "yes" } } },
    },
  ])("never fails: $name", ({ text, want }) => {
    expect(upgradedSpec({ config: text })).toHaveProperty("config", want);
  });

  it("keeps a text that cannot be read for whoever mends it", () => {
    const stored = toV1beta1(old({ config: "receivers: [" }));
    expect(stored.metadata.annotations).toEqual({ [UNREADABLE_CONFIG_ANNOTATION]: "receivers: [" });
    const shown = toV1alpha1(stored);
    expect(shown.spec?.config).toBe("receivers: [");
    expect(shown.metadata).not.toHaveProperty("annotations");
    const mended = toV1beta1({ ...shown, spec: { ...shown.spec, managementState: "managed", config: OLD_TEXT } });
    expect(mended.metadata).not.toHaveProperty("annotations");
  });

  it("leaves out deprecated parts of the status", () => {
    const status = { version: "1", replicas: 3, messages: ["a"], scale: { replicas: 3 } };
    expect(toV1beta1(old({}, status)).status).toEqual({ version: "1", scale: { replicas: 3 } });
  });

  it("takes a resource without spec", () => {
    const { spec: _spec, ...bare } = old({});
    expect(toV1beta1(bare)).not.toHaveProperty("spec");
  });
});

describe("toV1alpha1", () => {
  it("writes the sections in the order in which people read them", () => {
    const text = toV1alpha1(collector()).spec?.config ?? "";
    expect(text).toMatch(/^receivers:\n {2}prometheus:\n[^]*\nexporters:\n {2}debug: \{\}\nservice:\n {2}pipelines:\n/);
  });

  it("makes what the schema of v1alpha1 allows, of everything that v1beta1 has", () => {
    const shown = toV1alpha1(
      collector({ spec: everyField(OPENTELEMETRY_COLLECTOR.spec) as v1beta1.OpenTelemetryCollectorSpec }),
    );
    expect(findMistakes(OPENTELEMETRY_COLLECTOR_V1ALPHA1.spec, shown.spec)).toEqual([]);
  });

  it("needs no annotation where v1alpha1 says it all", () => {
    const stored = toV1beta1(old({ targetAllocator: { enabled: true }, mode: "statefulset" }));
    expect(toV1alpha1(stored).metadata).toEqual(stored.metadata);
  });
});

describe("there and back", () => {
  it("loses nothing of a resource in which every field is set", () => {
    const full: v1beta1.OpenTelemetryCollector = {
      ...collector(),
      spec: everyField(OPENTELEMETRY_COLLECTOR.spec) as v1beta1.OpenTelemetryCollectorSpec,
      status: everyField(OPENTELEMETRY_COLLECTOR.status) as v1beta1.OpenTelemetryCollectorStatus,
    };
    expect(toV1beta1(toV1alpha1(full))).toEqual(full);
  });

  it("loses nothing of any resource", () => {
    const { spec, status } = OPENTELEMETRY_COLLECTOR;
    assert(
      property(anyValueOf(spec), option(anyValueOf(status), { nil: undefined }), (anySpec, anyStatus) => {
        const full = {
          ...collector(),
          spec: anySpec,
          ...(anyStatus === undefined ? {} : { status: anyStatus }),
        } as v1beta1.OpenTelemetryCollector;
        expect(toV1beta1(toV1alpha1(full))).toEqual(full);
      }),
      { numRuns: 200 },
    );
  });

  it("loses nothing of a resource as the API server stores it", () => {
    const stored = collector({
      spec: { ...RICH_SPEC, config: { ...collector().spec?.config, ...RICH_SPEC.config } as v1beta1.CollectorConfig },
    });
    const spec = fillDefaults(OPENTELEMETRY_COLLECTOR.spec, stored.spec) as v1beta1.OpenTelemetryCollectorSpec;
    expect(toV1beta1(toV1alpha1({ ...stored, spec }))).toEqual({ ...stored, spec });
  });

  it("is the same again for what was written in v1alpha1, but for the layout of its configuration", () => {
    assert(
      property(anyValueOf(OPENTELEMETRY_COLLECTOR_V1ALPHA1.spec), (spec) => {
        const once = toV1alpha1(toV1beta1(old({ ...(spec as object), config: OLD_TEXT })));
        expect(toV1alpha1(toV1beta1(once))).toEqual(once);
      }),
      { numRuns: 200 },
    );
  });

  const stored = collector({
    spec: {
      configVersions: 5,
      dnsPolicy: "Default",
      targetAllocator: { enabled: true, prometheusCR: { enabled: true }, collectorNotReadyGracePeriod: "5s" },
    },
  });
  /** As {@link stored}, after a client of v1alpha1 has changed what it read. */
  function afterChange(change: (spec: Record<string, unknown>) => Record<string, unknown>): unknown {
    const shown = toV1alpha1(stored);
    return toV1beta1({ ...shown, spec: change({ ...shown.spec }) } as unknown as v1alpha1.OpenTelemetryCollector).spec;
  }

  it("keeps a selector that selects nothing one that selects nothing", () => {
    const spec = afterChange((before) => ({ ...before, replicas: 7 }));
    expect(spec).toEqual({ ...stored.spec, replicas: 7, managementState: undefined });
  });

  it("lets what is written in v1alpha1 win", () => {
    const prometheusCR = { enabled: true, podMonitorSelector: { team: "a" } };
    const spec = afterChange((before) => ({ ...before, targetAllocator: { enabled: true, prometheusCR } }));
    expect(spec).toHaveProperty("targetAllocator", {
      enabled: true,
      collectorNotReadyGracePeriod: "5s",
      prometheusCR: { enabled: true, podMonitorSelector: { matchLabels: { team: "a" } } },
    });
  });

  it("does not bring back what was removed", () => {
    const spec = afterChange(({ targetAllocator: _removed, ...before }) => before);
    expect(spec).not.toHaveProperty("targetAllocator");
    expect(spec).toHaveProperty("dnsPolicy", "Default");
  });

  it.each([
    { name: "is no JSON", stash: "{" },
    { name: "is no list", stash: "{}" },
    { name: "names nothing", stash: '[1, {}, {"path": 1}, {"path": []}, {"path": [1]}]' },
    { name: "names fields that there are not", stash: '[{"path": ["spec", "junk"], "is": 1}]' },
    { name: "would change the metadata", stash: '[{"path": ["metadata", "name"], "is": "x", "was": "main"}]' },
    { name: "would change what all objects inherit", stash: '[{"path": ["spec", "__proto__", "x"], "is": 1}]' },
    { name: "has values of another type", stash: '[{"path": ["spec", "configVersions"], "is": "x"}]' },
    { name: "has values that are not allowed", stash: '[{"path": ["spec", "configVersions"], "is": 0}]' },
    { name: "contradicts what is written", stash: '[{"path": ["spec", "mode"], "is": "daemonset"}]' },
  ])("pays no heed to an annotation that $name", ({ stash }) => {
    const plain = old({ mode: "statefulset" });
    const forged = { ...plain, metadata: { ...plain.metadata, annotations: { [STASH_ANNOTATION]: stash } } };
    expect(toV1beta1(forged)).toEqual(toV1beta1(plain));
  });
});
