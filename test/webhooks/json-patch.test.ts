import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import { jsonPatch, type PatchOperation } from "../../src/webhooks/json-patch.ts";

describe("jsonPatch", () => {
  it.each([
    { name: "is empty for equal values", before: { a: [1, { b: null }] }, after: { a: [1, { b: null }] }, want: [] },
    {
      name: "adds, replaces and removes members, and nothing besides",
      before: { a: 1, b: { c: 1, d: 2 }, same: { x: 1 } },
      after: { b: { c: 3 }, same: { x: 1 }, e: [] },
      want: [
        { op: "remove", path: "/a" },
        { op: "replace", path: "/b/c", value: 3 },
        { op: "remove", path: "/b/d" },
        { op: "add", path: "/e", value: [] },
      ],
    },
    {
      name: "escapes keys",
      before: { "a/b~c": 1 },
      after: { "a/b~c": 2 },
      want: [{ op: "replace", path: "/a~1b~0c", value: 2 }],
    },
    {
      name: "puts a value in the place of null",
      before: { otlp: null },
      after: { otlp: { endpoint: "x" } },
      want: [{ op: "replace", path: "/otlp", value: { endpoint: "x" } }],
    },
    {
      name: "replaces lists as a whole",
      before: { a: [1, 2] },
      after: { a: [1] },
      want: [{ op: "replace", path: "/a", value: [1] }],
    },
  ])("$name", ({ before, after, want }) => expect(jsonPatch(before, after)).toEqual(want));

  it("leads from any object to any other", () => {
    const object = fc
      .dictionary(fc.string(), fc.jsonValue())
      .map((value) => JSON.parse(JSON.stringify(value)) as object);
    fc.assert(
      fc.property(object, object, (before, after) => {
        expect(jsonPatch(before, after).reduce<unknown>(applied, structuredClone(before))).toEqual(after);
      }),
    );
  });
});

/** RFC 6902, as far as objects go. */
function applied(document: unknown, { op, path, value }: PatchOperation): unknown {
  if (path === "") return value;
  const keys = path
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = keys.pop() ?? "";
  const parent = keys.reduce((node, key) => (node as Record<string, unknown>)[key] as object, document as object);
  const members = parent as Record<string, unknown>;
  if (op !== "add" && !Object.hasOwn(members, last)) throw new Error(`nothing at ${path}`);
  if (op === "remove") delete members[last];
  else Object.defineProperty(members, last, { value, enumerable: true, configurable: true, writable: true });
  return document;
}
