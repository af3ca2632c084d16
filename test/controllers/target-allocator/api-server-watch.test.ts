import { beforeEach, describe, expect, it } from "@jest/globals";

import { RESOURCES } from "../../../src/api/resource-type.ts";
import type { OpenSource } from "../../../src/controllers/runtime/source.ts";
import { ApiServerWatch, CILIUM_DEFINITION } from "../../../src/controllers/target-allocator/api-server-watch.ts";
import { ForbiddenError } from "../../../src/kube/errors.ts";
import { FakeInformers, type FakeWatch } from "../../support/fake-informers.ts";

const SERVICE = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "kubernetes", namespace: "default" },
  spec: { clusterIP: "10.96.0.1", ports: [{ port: 443 }] },
};
const SLICE = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "kubernetes", namespace: "default" },
  endpoints: [{ addresses: ["192.0.2.1"] }],
  ports: [{ port: 6443 }],
};
const CILIUM = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: CILIUM_DEFINITION },
};
const ACCESS = { addresses: ["10.96.0.1", "192.0.2.1"], ports: [443, 6443] };
const ALLOCATOR = { namespace: "shop", name: "web" };

let watch: ApiServerWatch;
let opened: OpenSource;
let services: FakeWatch;
let slices: FakeWatch;
let definitions: FakeWatch;
let due: string[];

beforeEach(() => {
  const informers = new FakeInformers();
  const labelSelector = "kubernetes.io/service-name=kubernetes";
  services = informers.watch({ type: RESOURCES.Service, namespace: "default" });
  slices = informers.watch({ type: RESOURCES.EndpointSlice, namespace: "default", labelSelector });
  definitions = informers.watch({ type: RESOURCES.CustomResourceDefinition });
  watch = new ApiServerWatch({ informers, due: () => [ALLOCATOR] });
  due = [];
  opened = watch.source.open();
  opened.subscribe(({ namespace, name }) => due.push(`${namespace}/${name}`));
});

describe("ApiServerWatch", () => {
  it("knows the API server by its Service and the instances behind it, and makes due what follows from that", () => {
    expect(watch.access).toBeUndefined();
    services.put(SERVICE);
    slices.put(SLICE);
    expect(watch.access).toEqual(ACCESS);
    const moved = { ...SLICE, endpoints: [{ addresses: ["192.0.2.2"] }] };
    slices.put(moved);
    expect(watch.access?.addresses).toEqual(["10.96.0.1", "192.0.2.2"]);
    expect(due).toHaveLength(3);
  });

  it("says where policies do not go by addresses", () => {
    services.put(SERVICE);
    slices.put(SLICE);
    definitions.put(CILIUM);
    expect(watch.access).toEqual({ ...ACCESS, byAddress: false });
  });

  it("holds nobody up where the account may not see it, and asks no more", async () => {
    expect(opened.synced).toBe(false);
    services.sync();
    definitions.sync();
    slices.fail(new ForbiddenError("list endpointslices: forbidden", { status: 403, reason: "Forbidden" }));
    await opened.whenSynced(AbortSignal.timeout(10_000));
    expect(opened.synced).toBe(true);
    expect(opened.problem()).toBeUndefined();
    expect(slices.uses).toBe(0);
    expect(watch.access).toBeUndefined();
  });

  it.each([
    { name: "a token that is refused before anything is known", status: 401, first: false },
    { name: "a token that is refused later", status: 401, first: true },
    { name: "a right that goes away for a while", status: 403, first: true },
  ])("$name blinds nobody for good", ({ status, first }) => {
    if (first) services.sync();
    services.fail(new ForbiddenError("list services", { status, reason: "" }));
    services.fail(undefined);
    services.put(SERVICE);
    slices.put(SLICE);
    expect(services.uses).toBe(1);
    expect(watch.access).toEqual(ACCESS);
    expect(due).toHaveLength(2);
  });

  it("is not ready while a watch fails for another reason", () => {
    services.sync();
    definitions.sync();
    slices.fail(new Error("connection refused"));
    expect([opened.synced, opened.problem()]).toEqual([false, "connection refused"]);
  });

  it("lets go of its watches", () => {
    opened.close();
    expect([services.uses, slices.uses, definitions.uses]).toEqual([0, 0, 0]);
  });
});
