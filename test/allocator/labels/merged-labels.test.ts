import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { toRecord } from "../../../src/allocator/labels/labels.ts";
import { labelsOf } from "../../../src/allocator/labels/labels-builder.ts";
import { mergedLabel, mergedLabels, mergePlan } from "../../../src/allocator/labels/merged-labels.ts";

const letters = "abcdefghijklmnopqrstuvwxyz".split("");
const anyRecord = fc.dictionary(fc.constantFrom("a", "b", "c", "__address__", "Z", "\uFF5E"), fc.string());

describe("mergedLabels", () => {
  it.each<[string, Record<string, string>, Record<string, string>, [string, string][]]>([
    ["is empty for two empty sets", {}, {}, []],
    ["is the group's alone", { env: "x" }, {}, [["env", "x"]]],
    ["is the target's alone", {}, { __address__: "a:1" }, [["__address__", "a:1"]]],
    [
      "sorts interleaved names",
      { b: "2", d: "4" },
      { a: "1", c: "3" },
      [
        ["a", "1"],
        ["b", "2"],
        ["c", "3"],
        ["d", "4"],
      ],
    ],
    [
      "puts a group label behind __address__ where it belongs",
      { vendor: "x" },
      { __address__: "a:1" },
      [
        ["__address__", "a:1"],
        ["vendor", "x"],
      ],
    ],
    ["lets the target win", { env: "group" }, { env: "own" }, [["env", "own"]]],
    ["lets an empty label of the target win", { env: "group" }, { env: "" }, [["env", ""]]],
  ])("%s", (_name, group, own, want) => {
    expect(Object.entries(toRecord(mergedLabels(labelsOf(group), labelsOf(own))))).toEqual(want);
  });

  it("is alphabetical for 13 group and 13 target letters", () => {
    const odd = labelsOf(letters.filter((_, i) => i % 2 === 1).map((name) => [name, "g"] as const));
    const even = labelsOf(letters.filter((_, i) => i % 2 === 0).map((name) => [name, "t"] as const));
    expect(mergedLabels(odd, even).layout.names).toEqual(letters);
  });

  it("is the union in which the target wins, for any two sets", () => {
    fc.assert(
      fc.property(anyRecord, anyRecord, (group, own) => {
        const [g, o] = [labelsOf(group), labelsOf(own)];
        const merged = mergedLabels(g, o);
        expect(toRecord(merged)).toEqual({ ...group, ...own });
        expect(merged.layout).toBe(labelsOf({ ...group, ...own }).layout);
        for (const name of ["a", "b", "Z", "absent"]) {
          expect(mergedLabel(g, o, name)).toBe({ ...group, ...own }[name]);
        }
      }),
    );
  });

  it("plans a pair of layouts once", () => {
    const [group, own] = [labelsOf({ a: "1" }), labelsOf({ b: "2" })];
    expect(mergePlan(group.layout, own.layout)).toBe(
      mergePlan(labelsOf({ a: "x" }).layout, labelsOf({ b: "y" }).layout),
    );
  });
});
