import { describe, expect, it } from "@jest/globals";

import { excessPatch, holds } from "../../src/controllers/drift.ts";
import { applyMergePatch } from "../../src/kube/merge-patch.ts";

describe("holds", () => {
  it.each([
    { name: "equal values", live: { a: [1, "x"] }, desired: { a: [1, "x"] } },
    { name: "fields that others added", live: { a: 1, b: 2 }, desired: { a: 1 } },
    {
      name: "empty values that the server dropped",
      live: {},
      desired: { a: "", b: [], c: {}, d: false, e: null, f: 0 },
    },
    {
      name: "quantities in another spelling",
      live: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } },
      desired: { limits: { cpu: 1, memory: "1024Mi" }, requests: { cpu: "0.5" } },
    },
    {
      name: "items of a shared list in another order",
      live: {
        env: [
          { name: "B", value: "2" },
          { name: "A", value: "1" },
        ],
      },
      desired: {
        env: [
          { name: "A", value: "1" },
          { name: "B", value: "2" },
        ],
      },
    },
    {
      name: "ports whose protocol the server filled in",
      live: { ports: [{ port: 80, protocol: "TCP", nodePort: 30000 }] },
      desired: { ports: [{ port: 80 }] },
    },
    {
      name: "items of an own list with what the server filled in",
      live: { items: [{ key: "a", path: "b", mode: 420 }] },
      desired: { items: [{ key: "a", path: "b" }] },
    },
  ])("sees through $name", ({ live, desired }) => {
    expect(holds(live, desired)).toBe(true);
  });

  it.each([
    { name: "another value", live: { a: 2 }, desired: { a: 1 } },
    { name: "a value that is gone", live: {}, desired: { a: 1 } },
    { name: "another type", live: { a: { b: 1 } }, desired: { a: [1] } },
    { name: "replicas instead of none", live: { replicas: 3 }, desired: { replicas: 0 } },
    { name: "a longer own list", live: { args: ["a", "b"] }, desired: { args: ["a"] } },
    { name: "another order of an own list", live: { args: ["b", "a"] }, desired: { args: ["a", "b"] } },
    { name: "an item that is gone", live: { env: [] }, desired: { env: [{ name: "A" }] } },
    { name: "another amount", live: { limits: { cpu: "2" } }, desired: { limits: { cpu: "1" } } },
    { name: "a text that only looks like a quantity", live: { value: "1Gi" }, desired: { value: "1024Mi" } },
    {
      name: "the same port by another protocol",
      live: { ports: [{ containerPort: 53, protocol: "UDP" }] },
      desired: { ports: [{ containerPort: 53 }] },
    },
  ])("notices $name", ({ live, desired }) => {
    expect(holds(live, desired)).toBe(false);
  });
});

describe("excessPatch", () => {
  it.each([
    { name: "labels and annotations", live: { metadata: { labels: { a: "1" } } }, desired: { metadata: {} } },
    { name: "fields that the server fills in", live: { spec: { clusterIP: "1.2.3.4" } }, desired: { spec: {} } },
    {
      name: "a restart that somebody asked for",
      live: { template: { metadata: { annotations: { restartedAt: "x" } } } },
      desired: { template: { metadata: {} } },
    },
    {
      name: "owners",
      live: { ownerReferences: [{ uid: "1" }, { uid: "2" }] },
      desired: { ownerReferences: [{ uid: "1" }] },
    },
    { name: "nothing", live: { data: { a: "1" } }, desired: { data: { a: "1" } } },
  ])("leaves alone $name", ({ live, desired }) => {
    expect(excessPatch(live, desired)).toBeUndefined();
  });

  it.each([
    { name: "an entry of a ConfigMap", live: { data: { a: "1", b: "2" } }, desired: { data: { a: "1" } } },
    {
      name: "a label of a selector",
      live: { spec: { selector: { a: "1", b: "2" } } },
      desired: { spec: { selector: { a: "1" } } },
    },
    {
      name: "a label that a selector must match",
      live: { spec: { podSelector: { matchLabels: { a: "1", b: "2" } } } },
      desired: { spec: { podSelector: { matchLabels: { a: "1" } } } },
    },
    {
      name: "a port of a network policy's rule",
      live: { spec: { ingress: [{ ports: [{ port: 80 }, { port: 81 }] }] } },
      desired: { spec: { ingress: [{ ports: [{ port: 80 }] }] } },
    },
    {
      name: "a port",
      live: { spec: { ports: [{ port: 80 }, { port: 81 }] } },
      desired: { spec: { ports: [{ port: 80 }] } },
    },
    {
      name: "an environment variable",
      live: { containers: [{ name: "c", env: [{ name: "A" }, { name: "B" }] }] },
      desired: { containers: [{ name: "c", env: [{ name: "A" }] }] },
    },
    {
      name: "a command that nobody wants",
      live: { containers: [{ name: "c", command: ["x"] }] },
      desired: { containers: [{ name: "c" }] },
    },
    { name: "a node selector that nobody wants", live: { spec: { nodeSelector: { a: "1" } } }, desired: { spec: {} } },
    {
      name: "a container",
      live: { containers: [{ name: "c" }, { name: "d" }] },
      desired: { containers: [{ name: "c" }] },
    },
  ])("takes away $name", ({ live, desired }) => {
    const patched = applyMergePatch(live, excessPatch(live, desired));
    expect(patched).toEqual(desired);
    expect(excessPatch(patched, desired)).toBeUndefined();
  });
});
