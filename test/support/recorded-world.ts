import { readFileSync } from "node:fs";
import type { KubeObject } from "../../src/api/meta.ts";
import type { Node, Pod } from "../../src/discovery/kubernetes/objects.ts";

const ZONE = "topology.kubernetes.io/zone";

/** The objects that the recorded allocators saw, as an API server of release 1.36 stores them. */
export function recordedWorld(): readonly KubeObject[] {
  const file = new URL("../conformance/testdata/world.json", import.meta.url);
  const { objects } = JSON.parse(readFileSync(file, "utf8")) as { readonly objects: readonly KubeObject[] };
  const nodes = new Map(
    objects.filter(({ kind }) => kind === "Node").map((node) => [node.metadata.name, node as Node]),
  );
  return objects.map((object, i) => {
    const uid = `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`;
    const labels = { ...object.metadata.labels, ...added(object, nodes) };
    return Object.assign(object, { metadata: { ...object.metadata, uid, labels } });
  });
}

/** Labels that the API server adds when it stores an object: a namespace's name, and the zone of a pod's node. */
function added(object: KubeObject, nodes: ReadonlyMap<string, Node>): Readonly<Record<string, string>> {
  if (object.kind === "Namespace") return { "kubernetes.io/metadata.name": object.metadata.name };
  if (object.kind !== "Pod") return {};
  const zone = nodes.get((object as Pod).spec?.nodeName ?? "")?.metadata.labels?.[ZONE];
  return zone === undefined ? {} : { [ZONE]: zone };
}
