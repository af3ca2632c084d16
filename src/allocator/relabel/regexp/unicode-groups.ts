import { RE2JS } from "re2js";

/** The long names of general categories, as Go spells them after taking out `_`, `-`, spaces and case. */
const CATEGORY_ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Casedletter: "LC",
    Closepunctuation: "Pe",
    Cntrl: "Cc",
    Combiningmark: "M",
    Connectorpunctuation: "Pc",
    Control: "Cc",
    Currencysymbol: "Sc",
    Dashpunctuation: "Pd",
    Decimalnumber: "Nd",
    Digit: "Nd",
    Enclosingmark: "Me",
    Finalpunctuation: "Pf",
    Format: "Cf",
    Initialpunctuation: "Pi",
    Letter: "L",
    Letternumber: "Nl",
    Lineseparator: "Zl",
    Lowercaseletter: "Ll",
    Mark: "M",
    Mathsymbol: "Sm",
    Modifierletter: "Lm",
    Modifiersymbol: "Sk",
    Nonspacingmark: "Mn",
    Number: "N",
    Openpunctuation: "Ps",
    Other: "C",
    Otherletter: "Lo",
    Othernumber: "No",
    Otherpunctuation: "Po",
    Othersymbol: "So",
    Paragraphseparator: "Zp",
    Privateuse: "Co",
    Punct: "P",
    Punctuation: "P",
    Separator: "Z",
    Spaceseparator: "Zs",
    Spacingmark: "Mc",
    Surrogate: "Cs",
    Symbol: "S",
    Titlecaseletter: "Lt",
    Unassigned: "Cn",
    Uppercaseletter: "Lu",
    Lc: "LC",
  }),
);

/**
 * The RE2 name of the group that a pattern calls by any of its names; undefined when there is none. As in Go 1.25 and
 * later, case, `_`, `-` and spaces in names do not matter, and scripts whose name has an underscore are unknown.
 * https://pkg.go.dev/regexp/syntax
 */
export function unicodeGroupName(written: string): string | undefined {
  const letters = written.replaceAll(/[_\- ]/g, "");
  const canonical = letters.charAt(0).toUpperCase() + letters.slice(1).toLowerCase();
  const name = CATEGORY_ALIASES.get(canonical) ?? canonical;
  try {
    RE2JS.compile(`\\p{${name}}`);
    return name;
  } catch {
    return undefined;
  }
}
