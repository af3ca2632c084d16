import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { compareLabels, EMPTY_LABELS, equalLabels, getLabel, toRecord } from "../../../src/allocator/labels/labels.ts";
import { LabelsBuilder, labelsOf } from "../../../src/allocator/labels/labels-builder.ts";

/** Few names, so that sets share and repeat them. */
const anyPairs = fc.array(fc.tuple(fc.constantFrom("b", "a", "Z", "__m", "\u{1F600}", "\uFF5E", ""), fc.string()));

describe("labelsOf", () => {
  it("keeps names sorted bytewise, whatever the order they come in", () => {
    const labels = labelsOf({ zone: "eu", __address__: "a:1", Team: "x" });
    expect(labels.layout.names).toEqual(["Team", "__address__", "zone"]);
    expect(labels.values).toEqual(["x", "a:1", "eu"]);
  });

  it("keeps empty values", () => {
    expect(toRecord(labelsOf({ a: "", b: "1" }))).toEqual({ a: "", b: "1" });
  });

  it("lets the last of several pairs with one name win", () => {
    const pairs: [string, string][] = [
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
    ];
    expect(toRecord(labelsOf(pairs))).toEqual({ a: "3", b: "2" });
  });

  it("gives sets with equal names the identical layout, whatever the order they were set in", () => {
    expect(labelsOf({ b: "1", a: "2" }).layout).toBe(labelsOf({ a: "", b: "x" }).layout);
    expect(labelsOf({}).layout).toBe(EMPTY_LABELS.layout);
  });

  it("takes names that objects treat specially", () => {
    const labels = labelsOf([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    expect(Object.entries(toRecord(labels))).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  });

  it("holds exactly what a map of the pairs holds", () => {
    fc.assert(
      fc.property(anyPairs, (pairs) => {
        const labels = labelsOf(pairs);
        expect(new Map(Object.entries(toRecord(labels)))).toEqual(new Map(Object.entries(Object.fromEntries(pairs))));
        for (const [name, value] of new Map(pairs)) expect(getLabel(labels, name)).toBe(value);
      }),
    );
  });
});

describe("LabelsBuilder", () => {
  it("can go on after a build, without touching what was built", () => {
    const builder = new LabelsBuilder().set("b", "1");
    const first = builder.build();
    const second = builder.set("a", "2").set("b", "3").build();
    expect(toRecord(first)).toEqual({ b: "1" });
    expect(toRecord(second)).toEqual({ a: "2", b: "3" });
  });

  it.each([255, 256, 257, 1000])(
    "holds a set of %i labels, whatever is set again, before and after a build",
    (count) => {
      const names = Array.from({ length: count }, (_, i) => `label_${(i * 7919) % count}`);
      const builder = new LabelsBuilder();
      for (const name of names) builder.set(name, "old");
      const before = builder.build();
      for (const name of names) builder.set(name, `of ${name}`);
      builder.set("one_more", "1");
      const after = new Map([...names.map((name) => [name, `of ${name}`] as const), ["one_more", "1"]]);
      expect(new Set(before.values)).toEqual(new Set(["old"]));
      expect(new Map(Object.entries(toRecord(builder.build())))).toEqual(after);
      expect(builder.build().layout).toBe(labelsOf(Object.fromEntries(after)).layout);
      expect(builder.build().layout.names).toEqual([...after.keys()].toSorted());
    },
  );

  it("keeps working when more different names arrive than it remembers paths for", () => {
    const before = labelsOf({ x: "1", y: "2" });
    for (let i = 0; i < 60_000; i++) new LabelsBuilder().set(`churn_${i}`, "").build();
    const after = labelsOf({ y: "2", x: "1" });
    expect(equalLabels(before, after)).toBe(true);
  });
});

describe("getLabel", () => {
  it("is undefined for a name that is not there", () => {
    expect(getLabel(labelsOf({ a: "" }), "a")).toBe("");
    expect(getLabel(labelsOf({ a: "" }), "b")).toBeUndefined();
  });
});

describe("equalLabels and compareLabels", () => {
  it("agree on what is equal, and order totally", () => {
    fc.assert(
      fc.property(anyPairs, anyPairs, (a, b) => {
        const [x, y] = [labelsOf(a), labelsOf(b)];
        expect(compareLabels(x, y) === 0).toBe(equalLabels(x, y));
        expect(Math.sign(compareLabels(x, y))).toBe(0 - Math.sign(compareLabels(y, x)));
        expect(compareLabels(x, labelsOf(a))).toBe(0);
      }),
    );
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ["by the first name", { a: "9" }, { b: "1" }],
    ["by the first value", { a: "1", z: "9" }, { a: "2" }],
    ["the shorter of equal beginnings first", { a: "1" }, { a: "1", b: "" }],
  ])("%s", (_name, smaller, greater) => {
    expect(compareLabels(labelsOf(smaller), labelsOf(greater))).toBeLessThan(0);
  });
});
