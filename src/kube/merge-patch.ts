import { isDeepStrictEqual } from "node:util";

type Fields = Readonly<Record<string, unknown>>;

/** The target after the patch; neither is changed. https://www.rfc-editor.org/rfc/rfc7386 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged: Record<string, unknown> = isFields(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = applyMergePatch(merged[name], value);
  }
  return merged;
}

/** The smallest patch that makes `to` of `from`; undefined when they are equal. Nulls in `to` cannot be kept. */
export function mergePatchBetween(from: unknown, to: unknown): unknown {
  if (!isFields(from) || !isFields(to)) return isDeepStrictEqual(from, to) ? undefined : to;
  const patch: Record<string, unknown> = {};
  for (const name of Object.keys(from)) {
    if (to[name] === undefined) patch[name] = null;
  }
  for (const [name, value] of Object.entries(to)) {
    const part = value === undefined ? undefined : mergePatchBetween(from[name], value);
    if (part !== undefined) patch[name] = part;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
