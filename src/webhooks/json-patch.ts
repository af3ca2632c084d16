import { isDeepStrictEqual } from "node:util";

import { entryOf, isFreeForm } from "../api/opentelemetry/components.ts";

/** An operation of RFC 6902. */
export interface PatchOperation {
  readonly op: "add" | "remove" | "replace";
  readonly path: string;
  readonly value?: unknown;
}

/**
 * What makes `after` of `before`, empty when they are equal. Lists are replaced as a whole. Everything that is the same
 * in both stays out, so that numbers which JavaScript cannot hold are not written back rounded.
 */
export function jsonPatch(before: unknown, after: unknown, path = ""): readonly PatchOperation[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isFreeForm(before) || !isFreeForm(after)) return [{ op: "replace", path, value: after }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => {
    const at = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const [was, is] = [entryOf(before, key), entryOf(after, key)];
    if (is === undefined) return was === undefined ? [] : [{ op: "remove", path: at } as const];
    return was === undefined ? [{ op: "add", path: at, value: is } as const] : jsonPatch(was, is, at);
  });
}
