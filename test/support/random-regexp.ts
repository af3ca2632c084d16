import * as fc from "fast-check";

/** Characters of which patterns and texts are made: few, so that they meet. */
const CHARACTERS = ["a", "b", "c", "0", "_", ":", "-", "\n", " ", "K", "k", "\u212a", "é", "\u{1F600}"] as const;

const literal = fc.constantFrom(
  ...CHARACTERS,
  "ab",
  String.raw`\.`,
  String.raw`\-`,
  String.raw`\x61`,
  String.raw`\x{1F600}`,
  String.raw`\141`,
  String.raw`\Qa.b\E`,
  String.raw`\n`,
  "{",
  "a{,5}",
);

const set = fc.constantFrom(
  ".",
  "[ab]",
  "[^ab]",
  "[a-c0-9]",
  "[^:]",
  "[]a]",
  "[^]a]",
  "[a-]",
  "[[:alpha:]_]",
  "[[:^digit:]]",
  "[\\d\\-k]",
  "[^\\W]",
  "[\\x00-\\x{10FFFF}]",
  "[é-\u{1F600}]",
  String.raw`\d`,
  String.raw`\D`,
  String.raw`\w`,
  String.raw`\W`,
  String.raw`\s`,
  String.raw`\S`,
  String.raw`\pL`,
  String.raw`\PL`,
  String.raw`\p{Greek}`,
  String.raw`\p{^Lu}`,
  String.raw`[\pN\p{Ll}]`,
);

const assertion = fc.constantFrom("^", "$", String.raw`\b`, String.raw`\B`, String.raw`\A`, String.raw`\z`);

const quantifier = fc.tuple(
  fc.constantFrom("*", "+", "?", "{2}", "{0}", "{0,2}", "{1,3}", "{2,}", "{0,}"),
  fc.constantFrom("", "", "?"),
);

const opening = fc.constantFrom(
  "(",
  "(",
  "(",
  "(?:",
  "(?P<n>",
  "(?<m>",
  "(?i:",
  "(?U:",
  "(?s:",
  "(?-s:",
  "(?m:",
  "(?im:",
);

const flags = fc.constantFrom("(?i)", "(?U)", "(?-s)", "(?m)", "(?i-s)");

const nestedPattern = fc.letrec<{ pattern: string; branch: string; piece: string; atom: string }>((tie) => ({
  pattern: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("branch"),
    fc.array(tie("branch"), { minLength: 2, maxLength: 3 }).map((branches) => branches.join("|")),
  ),
  branch: fc.array(tie("piece"), { maxLength: 4 }).map((pieces) => pieces.join("")),
  piece: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("atom"),
    fc.tuple(tie("atom"), quantifier).map(([atom, [count, lazy]]) => atom + count + lazy),
    assertion,
    flags,
  ),
  atom: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    literal,
    set,
    fc.tuple(opening, tie("pattern")).map(([open, inner]) => `${open}${inner})`),
  ),
}));

/** A pattern with every construct of RE2, nested; mostly valid. */
export const anyPattern: fc.Arbitrary<string> = nestedPattern.pattern;

/** Any text at all as a pattern, with many characters that mean something. */
export const anyPatternText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Array.from("()[]{}|*+?.^$\\-,:<>=!PpiUmsQEdwbxz019ak"), "(?", "[^", "[:", "{1001}"),
      fc.string({ unit: "grapheme", maxLength: 1 }),
    ),
    {
      maxLength: 14,
    },
  )
  .map((parts) => parts.join(""));

/** A short text of the characters that patterns have. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...CHARACTERS), { maxLength: 7 })
  .map((characters) => characters.join(""));

/** A pattern that sends a backtracking engine on every possible way through a text, and such a text. */
export interface HostileCase {
  readonly pattern: string;
  readonly text: string;
}

const unit = fc.constantFrom("a", "[ab]", String.raw`\w`, ".", "(?:a|b)", "(?i:a)", String.raw`\pL`, "[^b]");
const repetition = fc.constantFrom("+", "*", "{1,20}", "{2,}", "+?", "*?");

/** Repetitions of repetitions, as deep as it goes. */
const nested = fc
  .tuple(unit, fc.array(repetition, { minLength: 2, maxLength: 5 }))
  .filter(([, repetitions]) => repetitions.filter((each) => each.startsWith("{")).length < 3)
  .map(([inner, repetitions]) => repetitions.reduce((body, each) => `(?:${body})${each}`, inner));

/** Alternatives that take the same text in different pieces. */
const ambiguous = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 40 }), repetition)
  .map(
    ([lengths, each]) => `(${lengths.map((length) => "a".repeat(length)).join("|")})${each.replace("{1,20}", "{1,5}")}`,
  );

/** Optional or repeated pieces in a row. */
const inARow = fc
  .tuple(fc.constantFrom("a?", "a*", ".*", ".*?a", "[ab]{0,9}", "(a|b)?", "(.*)"), fc.integer({ min: 5, max: 60 }))
  .map(([piece, count]) => piece.repeat(count));

/** Long lists of words with a common beginning. */
const words = fc
  .tuple(fc.integer({ min: 50, max: 800 }), repetition)
  .map(
    ([count, each]) =>
      `(?:${Array.from({ length: count }, (_, i) => `aaa${String(i)}?`).join("|")}|a)${each.replace("{1,20}", "+")}`,
  );

/** Classes with hundreds of ranges. */
const hugeClass = fc.tuple(fc.integer({ min: 100, max: 600 }), fc.boolean()).map(([count, folded]) => {
  const ranges = Array.from({ length: count }, (_, i) => `\\x{${(0x100 + i * 3).toString(16)}}`).join("");
  return `(?:(${folded ? "(?i)" : ""}[a${ranges}]+)+)+`;
});

/** Texts that nearly match: it is the last character that decides. */
export const hostileCase: fc.Arbitrary<HostileCase> = fc
  .tuple(fc.oneof(nested, ambiguous, inARow, words, hugeClass), fc.constantFrom("!", "[!?]", "(!)"), fc.boolean())
  .map(([pattern, end, matches]) => ({ pattern: pattern + end, text: "a".repeat(3000) + (matches ? "!" : "") }));
