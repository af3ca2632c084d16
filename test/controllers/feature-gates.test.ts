import { describe, expect, it } from "@jest/globals";
import type { Manifest } from "../../src/controllers/manifests/manifest.ts";
import type { ManifestSettings } from "../../src/controllers/manifests/manifest-settings.ts";
import { collector, SETTINGS } from "../support/collectors.ts";
import { desiredWithAllocator } from "../support/desired-objects.ts";

type Spec = NonNullable<NonNullable<Parameters<typeof collector>[0]>["spec"]>;

const made = (settings: Partial<ManifestSettings>, spec: Spec = {}): readonly Manifest[] =>
  desiredWithAllocator(collector({ spec: { mode: "statefulset", ...spec } }), { ...SETTINGS, ...settings });

const policies = (objects: readonly Manifest[]): readonly string[] =>
  objects.filter(({ kind }) => kind === "NetworkPolicy").map(({ metadata }) => metadata.name);

describe("the gate operand.networkpolicy", () => {
  const BOTH = ["main-collector-networkpolicy", "main-targetallocator-networkpolicy"];

  it.each<{ name: string; settings: Partial<ManifestSettings>; spec?: Spec; want: readonly string[] }>([
    { name: "is on: everybody gets a policy", settings: {}, want: BOTH },
    { name: "is off: nobody gets one", settings: { networkPolicies: false }, want: [] },
    {
      name: "is off: who asks for one gets it",
      settings: { networkPolicies: false },
      spec: { networkPolicy: { enabled: true } },
      want: BOTH,
    },
    {
      name: "is on: who wants none gets none",
      settings: { networkPolicies: true },
      spec: { networkPolicy: { enabled: false } },
      want: [],
    },
  ])("$name", ({ settings, spec, want }) => {
    expect(policies(made(settings, spec))).toEqual(want);
  });
});

describe("the gate operator.targetallocator.fallbackstrategy", () => {
  it.each([
    { name: "on", settings: { fallbackStrategy: true }, want: true },
    { name: "off", settings: {}, want: false },
  ])("is $name in the allocator's file", ({ settings, want }) => {
    const objects = made(settings).filter(({ metadata }) => metadata.name === "main-targetallocator");
    const text = JSON.stringify(objects.filter(({ kind }) => kind === "ConfigMap"));
    expect(text.includes("allocation_fallback_strategy: consistent-hashing")).toBe(want);
    expect(text).toContain("allocation_strategy: consistent-hashing");
  });
});
