import type { LabelsBuilder } from "../../allocator/index.ts";
import type { KubeObject } from "../../api/meta.ts";
import { METADATA_NAMES, type MetaKind, PREFIX } from "./label-names.ts";
import type { Namespace, Node, Service } from "./objects.ts";

/** The namespace of the object that a group stands for; nodes have none. */
export const NAMESPACE = `${PREFIX}namespace`;

/** Labels and annotations of an object, each as its value and as a `…present_…` label. */
function addMetadata(builder: LabelsBuilder, kind: MetaKind, { metadata }: KubeObject): void {
  const names = METADATA_NAMES[kind];
  for (const [key, value] of inOrder(metadata.labels)) {
    const { value: name, present } = names.labels.of(key);
    builder.set(name, value).set(present, "true");
  }
  for (const [key, value] of inOrder(metadata.annotations)) {
    const { value: name, present } = names.annotations.of(key);
    builder.set(name, value).set(present, "true");
  }
}

/** The name of an object and {@link addMetadata}. */
export function addNamed(builder: LabelsBuilder, kind: MetaKind, object: KubeObject): void {
  builder.set(METADATA_NAMES[kind].name, object.metadata.name);
  addMetadata(builder, kind, object);
}

/** Attached node metadata; nothing when the node is not known (or not attached). */
export function addNode(builder: LabelsBuilder, node: Node | undefined): void {
  if (node !== undefined) addNamed(builder, "node", node);
}

/** Attached namespace metadata, without the name; nothing when the namespace is not known (or not attached). */
export function addNamespace(builder: LabelsBuilder, namespace: Namespace | undefined): void {
  if (namespace !== undefined) addMetadata(builder, "namespace", namespace);
}

/** The namespace and the metadata of a service. */
export function addService(builder: LabelsBuilder, service: Service): void {
  builder.set(NAMESPACE, service.metadata.namespace ?? "");
  addNamed(builder, "service", service);
}

/**
 * Two keys can become the same label name; the last one wins. So the order of keys counts: it is the bytewise one of an
 * API server's answer, also for objects that were written by hand.
 */
function inOrder(map: Readonly<Record<string, string>> | undefined): readonly (readonly [string, string])[] {
  if (map === undefined) return [];
  const entries = Object.entries(map);
  for (let i = 1; i < entries.length; i += 1) {
    if ((entries[i - 1] as [string, string])[0] > (entries[i] as [string, string])[0]) {
      return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
    }
  }
  return entries;
}
