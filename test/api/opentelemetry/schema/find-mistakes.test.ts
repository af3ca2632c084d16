import { describe, expect, it } from "@jest/globals";
import {
  boolean,
  type Field,
  freeForm,
  integer,
  intOrString,
  list,
  object,
  text,
  textMap,
  texts,
} from "../../../../src/api/opentelemetry/schema/field.ts";
import { findMistakes } from "../../../../src/api/opentelemetry/schema/find-mistakes.ts";

const POINT = object("", {
  name: "Point",
  required: ["x", "unit"],
  fields: { x: integer(""), unit: text("", { default: "m" }), note: text("") },
});

describe("findMistakes", () => {
  it.each<{ name: string; field: Field; good: readonly unknown[]; bad: readonly unknown[]; message: string }>([
    {
      name: "texts",
      field: text(""),
      good: ["", "a"],
      bad: [1, true, {}, []],
      message: "must be a text; put it into quotes",
    },
    {
      name: "choices",
      field: text("", { enum: ["a", "b"] }),
      good: ["a"],
      bad: ["c", ""],
      message: "must be one of a, b",
    },
    {
      name: "short texts",
      field: text("", { minLength: 2 }),
      good: ["ab"],
      bad: ["", "é"],
      message: "must have at least 2 characters",
    },
    {
      name: "long texts",
      field: text("", { maxLength: 2 }),
      good: ["😀😀"],
      bad: ["abc"],
      message: "must have at most 2 characters",
    },
    { name: "patterns", field: text("", { pattern: "^a+$" }), good: ["aa"], bad: ["ab"], message: "must match ^a+$" },
    {
      name: "whole numbers",
      field: integer(""),
      good: [0, -1],
      bad: [1.5, "1", NaN, null],
      message: "must be a whole number",
    },
    { name: "small numbers", field: integer("", { minimum: 1 }), good: [1], bad: [0], message: "must be at least 1" },
    { name: "large numbers", field: integer("", { maximum: 9 }), good: [9], bad: [10], message: "must be at most 9" },
    { name: "switches", field: boolean(""), good: [true, false], bad: ["true", 0], message: "must be true or false" },
    {
      name: "numbers or texts",
      field: intOrString(""),
      good: [8080, "web"],
      bad: [1.5, []],
      message: "must be a whole number or a text",
    },
    { name: "lists", field: texts(""), good: [[], ["a"]], bad: ["a", {}], message: "must be a list" },
    {
      name: "short lists",
      field: texts("", { minItems: 1 }),
      good: [["a"]],
      bad: [[]],
      message: "must have at least 1 items",
    },
    { name: "maps", field: textMap(""), good: [{}, { a: "b", c: null }], bad: [[], "a"], message: "must be an object" },
    {
      name: "objects",
      field: POINT,
      good: [{ x: 1 }, { x: 1, note: null }],
      bad: [[], 1],
      message: "must be an object",
    },
    { name: "free forms", field: freeForm(""), good: [{ any: [1] }], bad: [[], "a"], message: "must be an object" },
  ])("knows good $name from bad ones", ({ field, good, bad, message }) => {
    expect(good.flatMap((value) => findMistakes(field, value))).toEqual([]);
    expect(bad.map((value) => findMistakes(field, value))).toEqual(bad.map(() => [{ path: [], message }]));
  });

  it("finds all of them, with the way to each", () => {
    const value = { points: [{ x: 1 }, { x: "1", z: 1 }, {}], labels: { a: 1 }, other: 1, toString: 1 };
    const field = object("", { name: "All", fields: { points: list("", POINT), labels: textMap("") } });
    expect(findMistakes(field, value, ["spec"]).map(({ path, message }) => `${path.join(" ")}: ${message}`)).toEqual([
      "spec points 1 x: must be a whole number",
      "spec points 1 z: is not a known field",
      "spec points 2 x: must be given",
      "spec labels a: must be a text; put it into quotes",
      "spec other: is not a known field",
      "spec toString: is not a known field",
    ]);
  });

  it("lets fields of open objects pass, and checks those that it knows", () => {
    const field = object("", { name: "Open", open: true, fields: { x: integer("") } });
    expect(findMistakes(field, { any: 1, x: "a" })).toEqual([{ path: ["x"], message: "must be a whole number" }]);
  });
});
