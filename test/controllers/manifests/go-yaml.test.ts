import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

import { toAllocatorYaml } from "../../../src/controllers/manifests/allocator-yaml.ts";
import { toConfigYaml } from "../../../src/controllers/manifests/config-yaml.ts";

interface Recorded {
  readonly cases: readonly {
    readonly value: unknown;
    readonly config2?: string;
    readonly config4?: string;
    readonly allocator?: string;
  }[];
}

const { cases } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../testdata/go-yaml.json"), "utf8"),
) as unknown as Recorded;

/** Texts as configurations have them, and as nobody would write them. */
const hardText = fc.oneof(
  fc.string(),
  fc.string({ unit: "grapheme" }),
  fc
    .array(fc.constantFrom(...Array.from("abc :-#\\'\"$[]{}&*!|>%@`?~\n\t=,.0159eEx_/\u00a0é☃")), { maxLength: 30 })
    .map((c) => c.join("")),
  fc.constantFrom(
    "yes",
    "1e3",
    "0x1",
    "12:30",
    "2020-01-02",
    ".inf",
    "null",
    "~",
    "<<",
    "? a",
    "- a",
    "089",
    "\n",
    "a\n\n",
  ),
  fc.lorem({ maxCount: 40 }),
);
const value = fc.letrec<{ tree: unknown; map: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    hardText,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("tree"), { maxLength: 4 }),
    tie("map"),
  ),
  map: fc.dictionary(
    hardText.filter((key) => !key.includes("\n") && key !== "__proto__"),
    tie("tree"),
    { maxKeys: 5 },
  ),
}));

/** As JSON would carry it: no -0, no undefined. */
const plain = (given: unknown): unknown => JSON.parse(JSON.stringify(given)) as unknown;

describe("toConfigYaml", () => {
  it.each(cases.filter(({ config2 }) => config2 !== undefined))("writes as goccy/go-yaml does: %j", (recorded) => {
    expect(toConfigYaml(recorded.value, { indent: 2 })).toBe(recorded.config2);
    expect(toConfigYaml(recorded.value, { indent: 4 })).toBe(recorded.config4);
  });

  it("writes what reads back as the value", () => {
    fc.assert(
      fc.property(value.map, fc.constantFrom<2 | 4>(2, 4), (map, indent) => {
        expect(parse(toConfigYaml(map, { indent }))).toEqual(plain(map));
      }),
    );
  });

  it.each(["1e3", "? a", ".inf", "\u0007"])("quotes %j, which would read back as something else", (text) => {
    expect(toConfigYaml({ text }, { indent: 2 })).toMatch(/^text: ".*"\n$/);
  });

  it("keeps the order of a Map", () => {
    const ordered = new Map([
      ["b", 1],
      ["a", 2],
    ]);
    expect(toConfigYaml(ordered, { indent: 2 })).toBe("b: 1\na: 2\n");
  });
});

describe("toAllocatorYaml", () => {
  it.each(cases.filter(({ allocator }) => allocator !== undefined))("writes as yaml.v2 does: %j", (recorded) => {
    expect(toAllocatorYaml(recorded.value)).toBe(recorded.allocator);
  });

  it("writes what reads back as the value", () => {
    fc.assert(
      fc.property(value.map, (map) => {
        expect(parse(toAllocatorYaml(map))).toEqual(plain(map));
      }),
    );
  });

  it("folds a long text at the first space behind column 80", () => {
    const words = Array.from({ length: 40 }, () => "word").join(" ");
    const [first = "", second = ""] = toAllocatorYaml({ words }).split("\n");
    expect(first).toHaveLength(81);
    expect(second).toMatch(/^ {2}word/);
  });

  it("keeps the order of a Map", () => {
    const ordered = new Map([
      ["matchlabels", {}],
      ["matchexpressions", []],
    ]);
    expect(toAllocatorYaml({ ordered })).toBe("ordered:\n  matchlabels: {}\n  matchexpressions: []\n");
  });
});
