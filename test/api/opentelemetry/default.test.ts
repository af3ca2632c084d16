import { describe, expect, it } from "@jest/globals";

import { withTargetAllocatorDefaults } from "../../../src/api/opentelemetry/default-target-allocator.ts";
import { withDefaults, withOperatorDefaults } from "../../../src/api/opentelemetry/default.ts";
import type { OpenTelemetryCollectorSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { collector, receiving } from "../../support/collectors.ts";

const allocator = (spec?: Readonly<Record<string, unknown>>): Parameters<typeof withTargetAllocatorDefaults>[0] => ({
  apiVersion: "opentelemetry.io/v1alpha1",
  kind: "TargetAllocator",
  metadata: { name: "alone", namespace: "shop" },
  ...(spec === undefined ? {} : { spec }),
});

describe("the defaults of a collector", () => {
  it.each<{ name: string; spec: Partial<OpenTelemetryCollectorSpec>; want: Readonly<Record<string, unknown>> }>([
    {
      name: "run one managed pod of a Deployment that is upgraded",
      spec: {},
      want: { mode: "deployment", managementState: "managed", upgradeStrategy: "automatic", replicas: 1 },
    },
    {
      name: "run one allocator when it is on",
      spec: { targetAllocator: { enabled: true } },
      want: { targetAllocator: { enabled: true, replicas: 1 } },
    },
    {
      name: "leave an allocator that is off alone",
      spec: { targetAllocator: { enabled: false } },
      want: { targetAllocator: { enabled: false } },
    },
    {
      name: "scale up from the wanted number of pods, by the use of CPU",
      spec: { replicas: 2, autoscaler: { maxReplicas: 5 } },
      want: { autoscaler: { minReplicas: 2, maxReplicas: 5, targetCPUUtilization: 90 } },
    },
    {
      name: "measure nothing else when something is measured",
      spec: { autoscaler: { minReplicas: 1, maxReplicas: 5, targetMemoryUtilization: 70 } },
      want: { autoscaler: { minReplicas: 1, maxReplicas: 5, targetMemoryUtilization: 70 } },
    },
    {
      name: "scale nothing without an upper bound",
      spec: { autoscaler: { targetMemoryUtilization: 70 } },
      want: { autoscaler: { targetMemoryUtilization: 70 } },
    },
    {
      name: "tell ports apart by path",
      spec: { ingress: { type: "ingress", hostname: "a" } },
      want: { ingress: { type: "ingress", hostname: "a", ruleType: "path" } },
    },
    {
      name: "end TLS at the edge",
      spec: { ingress: { type: "route" } },
      want: { ingress: { type: "route", route: { termination: "edge" } } },
    },
    {
      name: "keep what is said of an Ingress and a Route",
      spec: { ingress: { type: "route", route: { termination: "passthrough" } } },
      want: { ingress: { type: "route", route: { termination: "passthrough" } } },
    },
    { name: "leave an Ingress of no type alone", spec: { ingress: { route: {} } }, want: { ingress: { route: {} } } },
  ])("$name", ({ spec, want }) => {
    const base = collector();
    const { mode: _mode, targetAllocator: _allocator, ...plain } = base.spec as OpenTelemetryCollectorSpec;
    expect(withOperatorDefaults({ ...base, spec: { ...plain, ...spec } }).spec).toMatchObject(want);
  });

  it.each<{ name: string; enabled?: boolean; settings: { networkPolicies?: boolean }; want: unknown }>([
    { name: "say nothing", settings: {}, want: undefined },
    { name: "switch it on where the operator is set to", settings: { networkPolicies: true }, want: { enabled: true } },
    { name: "leave it off", enabled: false, settings: { networkPolicies: true }, want: { enabled: false } },
    { name: "leave it on", enabled: true, settings: {}, want: { enabled: true } },
  ])("of a network policy $name", ({ enabled, settings, want }) => {
    const given = collector({ spec: enabled === undefined ? {} : { networkPolicy: { enabled } } });
    expect(withOperatorDefaults(given, settings).spec.networkPolicy).toEqual(want);
  });

  it.each<{ name: string; endpoint: unknown; want: unknown }>([
    { name: "nothing", endpoint: "", want: "0.0.0.0:4317" },
    { name: "a port", endpoint: ":14317", want: "0.0.0.0:14317" },
    { name: "a number", endpoint: "14317", want: "0.0.0.0:14317" },
    { name: "a host", endpoint: "localhost", want: "localhost:4317" },
    { name: "IPv6 without brackets", endpoint: "::1", want: "[::1]:4317" },
    { name: "IPv6 in brackets", endpoint: "[::1]", want: "[::1]:4317" },
    { name: "a variable, which may have its port in it", endpoint: "${env:A}", want: "${env:A}" },
    { name: "any port", endpoint: "0.0.0.0:0", want: "0.0.0.0:0" },
    { name: "a complete address", endpoint: "[::1]:14317", want: "[::1]:14317" },
    { name: "a URL", endpoint: "http://localhost", want: "http://localhost" },
    { name: "a socket", endpoint: "unix:///a.sock", want: "unix:///a.sock" },
    { name: "no text", endpoint: 4317, want: 4317 },
  ])("of an address that is $name", ({ endpoint, want }) => {
    const { config } = withOperatorDefaults(
      collector({ spec: receiving({ otlp: { protocols: { grpc: { endpoint } } } }) }),
    ).spec;
    expect(config.receivers).toEqual({ otlp: { protocols: { grpc: { endpoint: want } } } });
  });

  it("change nothing the second time", () => {
    const once = withDefaults(collector({ spec: { ingress: { type: "route" }, autoscaler: { maxReplicas: 3 } } }));
    expect(withDefaults(once)).toEqual(once);
  });
});

describe("the defaults of a TargetAllocator", () => {
  it("are those of the schema, one pod, and a budget of one", () => {
    expect(withTargetAllocatorDefaults(allocator()).spec).toEqual({
      managementState: "managed",
      replicas: 1,
      ipFamilyPolicy: "SingleStack",
      allocationStrategy: "consistent-hashing",
      filterStrategy: "relabel-config",
      collectorNotReadyGracePeriod: "30s",
      podDisruptionBudget: { maxUnavailable: 1 },
    });
  });

  it.each<{ name: string; spec: Readonly<Record<string, unknown>>; path: string; want: unknown }>([
    {
      name: "give strategies that remember no budget",
      spec: { allocationStrategy: "least-weighted" },
      path: "podDisruptionBudget",
      want: undefined,
    },
    {
      name: "keep a budget",
      spec: { podDisruptionBudget: { minAvailable: 1 } },
      path: "podDisruptionBudget",
      want: { minAvailable: 1 },
    },
    { name: "switch the network policy on", spec: {}, path: "networkPolicy", want: { enabled: true } },
    {
      name: "leave it off",
      spec: { networkPolicy: { enabled: false } },
      path: "networkPolicy",
      want: { enabled: false },
    },
  ])("$name", ({ spec, path, want }) => {
    const defaulted = withTargetAllocatorDefaults(allocator(spec), { networkPolicies: true });
    expect(defaulted.spec[path as "networkPolicy"]).toEqual(want);
  });

  it("say nothing of network policies unless the operator is set to", () => {
    expect(withTargetAllocatorDefaults(allocator()).spec).not.toHaveProperty("networkPolicy");
  });
});
