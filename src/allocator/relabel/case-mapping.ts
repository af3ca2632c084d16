/** Greek letters with iota subscript: their simple upper case is one letter, the full one is two. */
const IOTA_SUBSCRIPT_BY_8: readonly (readonly [number, number])[] = [
  [0x1f_80, 0x1f_87],
  [0x1f_90, 0x1f_97],
  [0x1f_a0, 0x1f_a7],
];
const IOTA_SUBSCRIPT_BY_9: ReadonlySet<number> = new Set([0x1f_b3, 0x1f_c3, 0x1f_f3]);

/**
 * Lower case as Go's strings.ToLower makes it: each code point by itself, one for one. So `İ` becomes `i`, and `Σ` is
 * `σ` also at the end of a word. The case pairs are those of this runtime's Unicode version.
 */
export function toSimpleLowerCase(text: string): string {
  return isAscii(text) ? text.toLowerCase() : mapped(text, lowerOf);
}

/** Upper case as Go's strings.ToUpper makes it: `ß`, `ﬁ` and other letters without a single capital stay. */
export function toSimpleUpperCase(text: string): string {
  return isAscii(text) ? text.toUpperCase() : mapped(text, upperOf);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function mapped(text: string, map: (character: string) => string): string {
  let result = "";
  for (const character of text) result += map(character);
  return result;
}

function lowerOf(character: string): string {
  return character === "İ" ? "i" : singleOr(character.toLowerCase(), character);
}

function upperOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (IOTA_SUBSCRIPT_BY_8.some(([low, high]) => low <= code && code <= high)) return String.fromCodePoint(code + 8);
  if (IOTA_SUBSCRIPT_BY_9.has(code)) return String.fromCodePoint(code + 9);
  return singleOr(character.toUpperCase(), character);
}

/** The mapping when it is one code point, else the character itself. */
function singleOr(mapping: string, character: string): string {
  const code = mapping.codePointAt(0) ?? 0;
  return mapping.length === (code > 0xff_ff ? 2 : 1) ? mapping : character;
}
