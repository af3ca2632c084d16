import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { applyMergePatch, mergePatchBetween } from "../../src/kube/merge-patch.ts";

describe("a merge patch", () => {
  // The examples of RFC 7386, appendix A.
  it.each<{ target: unknown; patch: unknown; want: unknown }>([
    { target: { a: "b" }, patch: { a: "c" }, want: { a: "c" } },
    { target: { a: "b" }, patch: { b: "c" }, want: { a: "b", b: "c" } },
    { target: { a: "b" }, patch: { a: null }, want: {} },
    { target: { a: "b", b: "c" }, patch: { a: null }, want: { b: "c" } },
    { target: { a: ["b"] }, patch: { a: "c" }, want: { a: "c" } },
    { target: { a: "c" }, patch: { a: ["b"] }, want: { a: ["b"] } },
    { target: { a: { b: "c" } }, patch: { a: { b: "d", c: null } }, want: { a: { b: "d" } } },
    { target: { a: [{ b: "c" }] }, patch: { a: [1] }, want: { a: [1] } },
    { target: ["a", "b"], patch: ["c", "d"], want: ["c", "d"] },
    { target: { a: "b" }, patch: ["c"], want: ["c"] },
    { target: { a: "foo" }, patch: null, want: null },
    { target: { a: "foo" }, patch: "bar", want: "bar" },
    { target: { e: null }, patch: { a: 1 }, want: { e: null, a: 1 } },
    { target: [1, 2], patch: { a: "b", c: null }, want: { a: "b" } },
    { target: {}, patch: { a: { bb: { ccc: null } } }, want: { a: { bb: {} } } },
  ])("$patch on $target gives $want", ({ target, patch, want }) => {
    expect(applyMergePatch(target, patch)).toEqual(want);
  });

  it.each<{ name: string; from: unknown; to: unknown; want: unknown }>([
    {
      name: "is undefined between equal values",
      from: { a: [1], b: { c: 1 } },
      to: { b: { c: 1 }, a: [1] },
      want: undefined,
    },
    {
      name: "says what is new, other and gone",
      from: { a: 1, b: 2, c: 3 },
      to: { a: 1, b: 4, d: 5 },
      want: { b: 4, c: null, d: 5 },
    },
    {
      name: "says so at any depth",
      from: { a: { b: { c: 1, d: 2 } } },
      to: { a: { b: { d: 2 } } },
      want: { a: { b: { c: null } } },
    },
    { name: "gives lists as a whole", from: { a: [1, 2] }, to: { a: [1] }, want: { a: [1] } },
    { name: "takes undefined for absent", from: { a: 1 }, to: { a: undefined, b: undefined }, want: { a: null } },
  ])("$name", ({ from, to, want }) => {
    expect(mergePatchBetween(from, to)).toEqual(want);
  });

  // Null means "remove" in a patch, so no value of a target may be null.
  const { tree: value } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.boolean(),
      fc.integer(),
      fc.string({ maxLength: 3 }),
      fc.array(fc.integer(), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "c"), tie("tree"), { noNullPrototype: true }),
    ),
  }));
  const object = fc.dictionary(fc.constantFrom("a", "b", "c"), value, { noNullPrototype: true });

  it("between two objects makes the second of the first", () => {
    fc.assert(
      fc.property(object, object, (from, to) => {
        const patch = mergePatchBetween(from, to);
        expect(patch === undefined ? from : applyMergePatch(from, patch)).toEqual(to);
      }),
    );
  });
});
