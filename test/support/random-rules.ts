import * as fc from "fast-check";
import type { RelabelAction, RelabelConfig } from "../../src/allocator/relabel/relabel-config.ts";
import { rule } from "./allocations.ts";
import { anyPattern, anyText } from "./random-regexp.ts";

const name = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "ab",
    "env",
    "job",
    "__address__",
    "__scheme__",
    "__meta_pod",
    "__meta_x",
    "é",
    "k:1",
    "\u{1F600}",
  ),
  anyText.filter((text) => text !== ""),
);

const value = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom("", "a", "b:80", "foo", "x;y", "aB\u212a", "İßΣ", "a\nb", "10.0.0.1:9100", "x"),
  },
  { weight: 1, arbitrary: anyText },
);

/** A label set, empty values included. */
export const anyLabelRecord: fc.Arbitrary<Readonly<Record<string, string>>> = fc.dictionary(name, value, {
  maxKeys: 7,
});

const pattern = fc.oneof(
  { weight: 2, arbitrary: anyPattern },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      ".+",
      "(.*)",
      "a|b",
      "([^:]+)(?::\\d+)?",
      "__meta_(.+)",
      "(.*):(\\d+)",
      "x.*",
      ".*o.*",
    ),
  },
);

/** Texts with references of every form, good and bad. */
const template = fc
  .array(
    fc.constantFrom(
      "$1",
      "${1}",
      "${2}",
      "$n",
      "${m}",
      "${n}x",
      "$$",
      "$",
      "${",
      "${}",
      "$1x",
      "$0",
      "$01",
      "x",
      "_",
      "é",
      "$é",
      "-",
    ),
    {
      maxLength: 3,
    },
  )
  .map((parts) => parts.join(""));

const actions: readonly RelabelAction[] = [
  "replace",
  "keep",
  "drop",
  "keepequal",
  "dropequal",
  "hashmod",
  "labelmap",
  "labeldrop",
  "labelkeep",
  "lowercase",
  "uppercase",
];
/** Rules that drop end most runs early, so that there are fewer of them. */
const action = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...actions) },
  { weight: 3, arbitrary: fc.constant<RelabelAction>("replace") },
  { weight: 1, arbitrary: fc.constantFrom<RelabelAction>("labelmap", "labeldrop") },
);

/** A rule of any action with anything in it; about two of three are valid. */
export const anyRule: fc.Arbitrary<RelabelConfig> = fc
  .record({
    sourceLabels: fc.array(name, { maxLength: 3 }),
    separator: fc.constantFrom(";", ";", "", "--", "\n"),
    regex: fc.option(pattern, { nil: undefined }),
    modulus: fc.constantFrom(1n, 7n, 18446744073709551615n),
    targetLabel: fc.oneof(name, template),
    replacement: fc.oneof({ weight: 2, arbitrary: fc.constant("$1") }, { weight: 2, arbitrary: template }),
    action,
  })
  .map(({ regex, ...given }) => fitting(rule(regex === undefined ? given : { ...given, regex })));

/** What has to be taken out of a rule because its action does not allow it. */
const ALLOWED: Partial<Readonly<Record<RelabelAction, Partial<RelabelConfig>>>> = {
  lowercase: { replacement: "$1" },
  uppercase: { replacement: "$1" },
  keepequal: { replacement: "$1", separator: ";", modulus: 0n, regex: "(.*)", defaultRegex: true },
  dropequal: { replacement: "$1", separator: ";", modulus: 0n, regex: "(.*)", defaultRegex: true },
  labeldrop: { replacement: "$1", separator: ";", modulus: 0n, sourceLabels: [], targetLabel: "" },
  labelkeep: { replacement: "$1", separator: ";", modulus: 0n, sourceLabels: [], targetLabel: "" },
};

function fitting(each: RelabelConfig): RelabelConfig {
  return { ...each, ...ALLOWED[each.action] };
}
