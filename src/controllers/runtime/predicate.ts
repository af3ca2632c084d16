import type { ChangeEvent } from "../../kube/informer.ts";

/** Whether a change is worth a pass. */
export type Predicate = (event: ChangeEvent) => boolean;

/**
 * The desired state changed: creation, deletion and every change of `metadata.generation`, which the API server counts
 * up with the spec and with the deletion timestamp, but not with status, labels or annotations. Kinds that have no
 * generation, such as ConfigMap, pass with every change.
 */
export const generationChanged: Predicate = (event) => {
  if (event.type !== "updated") return true;
  const { generation } = event.object.metadata;
  return generation === undefined ? resourceVersionChanged(event) : generation !== event.previous.metadata.generation;
};

/** Creation, deletion, and updates that change a label. */
export const labelsChanged: Predicate = (event) =>
  event.type !== "updated" || !equalMaps(event.object.metadata.labels, event.previous.metadata.labels);

/** Creation, deletion, and updates that change an annotation. */
export const annotationsChanged: Predicate = (event) =>
  event.type !== "updated" || !equalMaps(event.object.metadata.annotations, event.previous.metadata.annotations);

/** Creation, deletion, and updates that are not mere repetitions. */
export const resourceVersionChanged: Predicate = (event) =>
  event.type !== "updated" || event.object.metadata.resourceVersion !== event.previous.metadata.resourceVersion;

/** All of them hold. */
export const and =
  (...predicates: readonly Predicate[]): Predicate =>
  (event) =>
    predicates.every((holds) => holds(event));

/** At least one of them holds. */
export const or =
  (...predicates: readonly Predicate[]): Predicate =>
  (event) =>
    predicates.some((holds) => holds(event));

/** It does not hold. Beware: what lets creations and deletions pass, such as {@link labelsChanged}, then stops them. */
export const not =
  (predicate: Predicate): Predicate =>
  (event) =>
    !predicate(event);

type StringMap = Readonly<Record<string, string>>;

function equalMaps(one: StringMap = {}, other: StringMap = {}): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
