import { isMap, isNode, isScalar, isSeq, type Node } from "yaml";
import type { ResourceSchema } from "../api/opentelemetry/schema/field.ts";
import { findMistakes, type SchemaMistake, UNKNOWN_FIELD } from "../api/opentelemetry/schema/find-mistakes.ts";

/** A mistake in a manifest, and where in the text it begins. */
export interface ManifestMistake {
  readonly offset: number;
  /** `spec.replicas must be a whole number`. */
  readonly message: string;
}

const ROOT_FIELDS: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "spec", "status"]);

/**
 * What an API server would refuse a resource for, as far as its schema says it.
 *
 * @param node - The node that the object was read from.
 */
export function schemaMistakes(schema: ResourceSchema, node: Node, object: object): readonly ManifestMistake[] {
  const unknown = Object.keys(object).filter((key) => !ROOT_FIELDS.has(key));
  const spec = "spec" in object ? object.spec : {};
  const mistakes = [
    ...unknown.map((key) => ({ path: [key], message: UNKNOWN_FIELD })),
    ...findMistakes(schema.spec, spec, ["spec"]),
  ];
  return mistakes.map(({ path, message }) => ({
    offset: offsetOf(node, path),
    message: `${toText(path)} ${message}`,
  }));
}

function toText(path: SchemaMistake["path"]): string {
  return path.map((key, i) => (typeof key === "number" ? `[${String(key)}]` : `${i === 0 ? "" : "."}${key}`)).join("");
}

/** Where the last key of a path stands, or as much of the path as is written there. */
function offsetOf(root: Node, path: SchemaMistake["path"]): number {
  let node: unknown = root;
  let offset = startOf(root);
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair === undefined) break;
      offset = startOf(pair.key as Node);
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      if (!isNode(node)) break;
      offset = startOf(node);
    } else break;
  }
  return offset;
}

function startOf({ range }: Node): number {
  return range?.[0] ?? 0;
}
