import { describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { contentHash } from "../../src/controllers/manifests/canonical-json.ts";
import type { Manifest } from "../../src/controllers/manifests/manifest.ts";
import { objectId } from "../../src/controllers/object-cache.ts";
import { type AppliedObject, type PlanInput, planChanges, toDesiredSet } from "../../src/controllers/plan.ts";

function configMap(name: string, data: Readonly<Record<string, string>> = { a: "1" }): Manifest {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data };
}

function live(object: Manifest, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return { ...object, metadata: { ...object.metadata, uid: "u", resourceVersion: "10", ...metadata } };
}

function applied(object: Manifest, resourceVersion: string): ReadonlyMap<string, AppliedObject> {
  return new Map([[objectId(object), { hash: contentHash(object), resourceVersion }]]);
}

const WANTED = configMap("a");
const EDITED = live(configMap("a", { a: "2" }), { resourceVersion: "11" });

function planOf(input: Partial<PlanInput>): { readonly apply: readonly string[]; readonly prune: readonly string[] } {
  const { apply, prune } = planChanges({
    desired: toDesiredSet([WANTED]),
    owned: [live(WANTED)],
    applied: new Map(),
    appliedSetHash: undefined,
    ...input,
  });
  return { apply: apply.map(({ desired }) => objectId(desired)), prune: prune.map(objectId) };
}

describe("planChanges", () => {
  it.each<{ name: string; input: Partial<PlanInput> }>([
    { name: "what is missing", input: { owned: [] } },
    { name: "what this process has never applied, after it was applied otherwise", input: { appliedSetHash: "other" } },
    { name: "what it applied with other content", input: { applied: applied(configMap("a", {}), "10") } },
    { name: "what somebody has edited since", input: { owned: [EDITED], applied: applied(WANTED, "10") } },
    {
      name: "what somebody has edited while no operator ran",
      input: { owned: [EDITED], appliedSetHash: toDesiredSet([WANTED]).hash },
    },
    {
      name: "what somebody has added something to",
      input: {
        owned: [live(configMap("a", { a: "1", b: "2" }), { resourceVersion: "11" })],
        applied: applied(WANTED, "10"),
      },
    },
  ])("applies $name", ({ input }) => {
    expect(planOf(input)).toEqual({ apply: ["ConfigMap shop/a"], prune: [] });
  });

  it.each<{ name: string; input: Partial<PlanInput> }>([
    { name: "what it has applied and nobody has touched", input: { applied: applied(WANTED, "10") } },
    {
      name: "what another process has applied and nobody has touched",
      input: { appliedSetHash: toDesiredSet([WANTED]).hash },
    },
    {
      name: "what it has applied just now, before the cache has it",
      input: { owned: [live(configMap("a", {}))], applied: applied(WANTED, "12") },
    },
    {
      name: "what changed where it is not ours",
      input: {
        owned: [live(WANTED, { resourceVersion: "11", labels: { mine: "x" } })],
        applied: applied(WANTED, "10"),
      },
    },
    { name: "what is being deleted", input: { owned: [live(WANTED, { deletionTimestamp: "2026-01-01T00:00:00Z" })] } },
  ])("leaves alone $name", ({ input }) => {
    expect(planOf(input)).toEqual({ apply: [], prune: [] });
  });

  it("prunes what is owned and not wanted, but not what is kept or leaving", () => {
    const leaving = live(configMap("leaving"), { deletionTimestamp: "2026-01-01T00:00:00Z" });
    const owned = [live(WANTED), live(configMap("old")), live(configMap("kept")), leaving];
    const { prune } = planOf({ owned, applied: applied(WANTED, "10"), kept: new Set(["ConfigMap shop/kept"]) });
    expect(prune).toEqual(["ConfigMap shop/old"]);
  });

  it("keeps the order in which objects are desired", () => {
    const desired = toDesiredSet([configMap("b"), configMap("a")]);
    expect(planOf({ desired, owned: [] }).apply).toEqual(["ConfigMap shop/b", "ConfigMap shop/a"]);
  });
});
