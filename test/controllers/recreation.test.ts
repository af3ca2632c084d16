import { describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { isRefusedAsImmutable, planRecreation, recreationNote } from "../../src/controllers/recreation.ts";
import { ConflictError, InvalidError } from "../../src/kube/errors.ts";

const DETAILS = { status: 422, reason: "Invalid" };

describe("isRefusedAsImmutable", () => {
  it.each([
    { name: "a selector", message: "spec.selector: Invalid value: {}: field is immutable", want: true },
    {
      name: "a StatefulSet",
      message:
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals' are forbidden",
      want: true,
    },
    { name: "an address", message: 'spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set', want: true },
    { name: "a ConfigMap", message: "data: Forbidden: field is immutable when `immutable` is set", want: true },
    { name: "a value that is wrong in any object", message: "spec.replicas: must be at least 0", want: false },
  ])("$name: $want", ({ message, want }) => {
    expect(isRefusedAsImmutable(new InvalidError(message, DETAILS))).toBe(want);
  });

  it("knows a refusal by its class too", () => {
    expect(isRefusedAsImmutable(new ConflictError("field is immutable", { status: 409, reason: "Conflict" }))).toBe(
      false,
    );
  });
});

interface StatefulSet extends KubeObject {
  readonly spec: Readonly<Record<string, unknown>>;
}

const LABELS = { app: "a", version: "1" };
const claim = (name: string, size = "1Gi"): unknown => ({
  metadata: { name },
  spec: { resources: { requests: { storage: size } } },
});

function statefulSet(change: Readonly<Record<string, unknown>> = {}): StatefulSet {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "main-collector", namespace: "shop" },
    spec: {
      selector: { matchLabels: { app: "a" } },
      serviceName: "one",
      template: { metadata: { labels: LABELS } },
      volumeClaimTemplates: [claim("data")],
      ...change,
    },
  };
}

describe("planRecreation", () => {
  it.each<{ name: string; desired: KubeObject; fields: readonly string[]; podsStay: boolean }>([
    {
      name: "another Service keeps the pods",
      desired: statefulSet({ serviceName: "two" }),
      fields: ["spec.serviceName"],
      podsStay: true,
    },
    {
      name: "claims of another size keep the pods, and those that exist their size",
      desired: statefulSet({ volumeClaimTemplates: [claim("data", "2Gi")] }),
      fields: ["spec.volumeClaimTemplates"],
      podsStay: true,
    },
    {
      name: "pods without a claim that is wanted cannot stay",
      desired: statefulSet({ volumeClaimTemplates: [claim("data"), claim("more")] }),
      fields: ["spec.volumeClaimTemplates"],
      podsStay: false,
    },
    {
      name: "pods with a claim that is no longer wanted cannot stay",
      desired: statefulSet({ volumeClaimTemplates: undefined }),
      fields: ["spec.volumeClaimTemplates"],
      podsStay: false,
    },
    {
      name: "a selector that finds the pods keeps them",
      desired: statefulSet({ selector: { matchLabels: { version: "1" } } }),
      fields: ["spec.selector"],
      podsStay: true,
    },
    {
      name: "pods that nobody would find are not left behind",
      desired: statefulSet({ selector: { matchLabels: { app: "b" } } }),
      fields: ["spec.selector"],
      podsStay: false,
    },
  ])("$name", ({ desired, fields, podsStay }) => {
    const id = "StatefulSet shop/main-collector";
    expect(planRecreation(id, statefulSet(), desired)).toEqual({ id, fields, podsStay });
  });

  it("says of objects without pods nothing about pods", () => {
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec: { clusterIP: "None" } };
    expect(recreationNote(planRecreation("Service shop/a", service, service))).toBe(
      "Service a is made anew: some of its fields cannot be changed",
    );
  });
});

describe("recreationNote", () => {
  it.each([
    { podsStay: true, want: "Its pods run on and become those of the new one; claims stay as they are" },
    { podsStay: false, want: "Its pods cannot go over to the new one and are replaced; claims stay as they are" },
  ])("says what becomes of the pods ($podsStay)", ({ podsStay, want }) => {
    const note = recreationNote({ id: "StatefulSet shop/a", fields: ["spec.serviceName"], podsStay });
    expect(note).toBe(`StatefulSet a is made anew: spec.serviceName cannot be changed. ${want}`);
  });
});
