import { RE2JS } from "re2js";

import { parseRegexp } from "./parse.ts";
import { toRe2 } from "./to-re2.ts";

/** A compiled pattern that may match any part of a text. */
export interface Search {
  /** The pattern as it was given. */
  readonly source: string;
  /** Whether any part of the text matches. */
  test(text: string): boolean;
}

/**
 * Compiles a pattern in Go's RE2 syntax as Go's own regexp package takes it: anchored nowhere. Throws RegexpError for
 * what Go refuses. https://pkg.go.dev/regexp#MatchString
 */
export function compileSearch(pattern: string): Search {
  const compiled = RE2JS.compile(toRe2(parseRegexp(pattern).root));
  return { source: pattern, test: (text) => compiled.test(text) };
}
