import { describe, expect, it } from "@jest/globals";
import type { KubeObject, ObjectMeta, OwnerReference } from "../../../src/api/meta.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { enqueueMapped, enqueueObject, enqueueOwner } from "../../../src/controllers/runtime/event-handler.ts";

const object = (metadata: Partial<ObjectMeta> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "shop", ...metadata },
});
const owner = (overrides: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: "opentelemetry.io/v1beta1",
  kind: "OpenTelemetryCollector",
  name: "otel",
  uid: "1",
  controller: true,
  ...overrides,
});

describe("enqueueObject", () => {
  const node: KubeObject = { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } };
  it.each([
    { name: "a namespaced object", subject: object(), want: { namespace: "shop", name: "web" } },
    { name: "a cluster-scoped object", subject: node, want: { namespace: "", name: "n1" } },
  ])("asks for $name itself", ({ subject, want }) => {
    expect(enqueueObject({ type: "added", object: subject })).toEqual([want]);
  });
});

describe("enqueueOwner", () => {
  const handler = enqueueOwner(RESOURCES.OpenTelemetryCollector);
  it.each<{ name: string; owners: readonly OwnerReference[]; want: readonly string[] }>([
    { name: "asks for the controlling owner of the kind", owners: [owner()], want: ["otel"] },
    { name: "ignores an owner that does not control", owners: [owner({ controller: false })], want: [] },
    { name: "ignores another kind", owners: [owner({ kind: "TargetAllocator" })], want: [] },
    { name: "ignores the kind in another group", owners: [owner({ apiVersion: "example.com/v1beta1" })], want: [] },
    { name: "ignores the kind in the core group", owners: [owner({ apiVersion: "v1beta1" })], want: [] },
    {
      name: "takes any version of the group",
      owners: [owner({ apiVersion: "opentelemetry.io/v1alpha1" })],
      want: ["otel"],
    },
    { name: "finds it among others", owners: [owner({ kind: "Job" }), owner({ name: "second" })], want: ["second"] },
    { name: "asks for nothing without owners", owners: [], want: [] },
  ])("$name", ({ owners, want }) => {
    const requests = [...handler({ type: "deleted", object: object({ ownerReferences: owners }) })];
    expect(requests).toEqual(want.map((name) => ({ namespace: "shop", name })));
  });

  it("asks for the former owner too when it changed", () => {
    const requests = handler({
      type: "updated",
      previous: object({ ownerReferences: [owner({ name: "former" })] }),
      object: object({ ownerReferences: [owner({ name: "present" })] }),
    });
    expect([...requests].map(({ name }) => name)).toEqual(["present", "former"]);
  });

  it("asks for a cluster-scoped owner without a namespace", () => {
    const nodeOwner = owner({ apiVersion: "v1", kind: "Node", name: "n1" });
    const requests = enqueueOwner(RESOURCES.Node)({
      type: "added",
      object: object({ ownerReferences: [nodeOwner] }),
    });
    expect([...requests]).toEqual([{ namespace: "", name: "n1" }]);
  });
});

describe("enqueueMapped", () => {
  const handler = enqueueMapped(({ metadata }) => {
    const target = metadata.labels?.["for"];
    return target === undefined ? [] : [{ namespace: metadata.namespace ?? "", name: target }];
  });
  it.each(["added", "deleted"] as const)("asks for what an object points to when it is %s", (type) => {
    expect([...handler({ type, object: object({ labels: { for: "a" } }) })]).toEqual([
      { namespace: "shop", name: "a" },
    ]);
  });
  it("asks for what an object pointed to before it was changed", () => {
    const requests = handler({ type: "updated", previous: object({ labels: { for: "a" } }), object: object() });
    expect([...requests]).toEqual([{ namespace: "shop", name: "a" }]);
  });
});
