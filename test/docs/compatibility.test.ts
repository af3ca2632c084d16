import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { DISCOVERY_KEYS, STATIC_KEY } from "../../src/allocator/config/discovery-settings.ts";
import { GLOBAL } from "../../src/allocator/config/global-settings.ts";
import { HTTP_CLIENT_FIELDS } from "../../src/allocator/config/http-client-settings.ts";
import { ACTIONS } from "../../src/allocator/config/relabel-settings.ts";
import { SCRAPE } from "../../src/allocator/config/scrape-settings.ts";
import { STRATEGY_NAMES } from "../../src/allocator/index.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { KNOWN_DIFFERENCES } from "../support/known-differences.ts";

const PAGE = readFileSync(join(ROOT, "docs", "compatibility.md"), "utf8");

/** The cells of the first table under a heading, row by row. */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const section = PAGE.split(/^(?=##)/m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  const table = section.split("\n\n").find((block) => block.startsWith("|")) ?? "";
  return table
    .trim()
    .split("\n")
    .slice(2)
    .map((row) =>
      row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** What stands as code in the first cells. */
function keysUnder(heading: string): readonly string[] {
  const cells = tableUnder(heading).map(([first = ""]) => first);
  return cells.flatMap((cell) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, key = ""]) => key)).toSorted();
}

describe("docs/compatibility.md", () => {
  const discovery = DISCOVERY_KEYS.map(({ key }) => key);
  const http = HTTP_CLIENT_FIELDS.map(({ key }) => key);
  const job = SCRAPE.fields.map(({ key }) => key).filter((key) => !discovery.includes(key) && !http.includes(key));

  it.each<{ heading: string; known: readonly string[] }>([
    { heading: "## Strategies", known: STRATEGY_NAMES },
    { heading: "### `global`", known: GLOBAL.fields.map(({ key }) => key) },
    { heading: "### A job", known: job },
    { heading: "### Reaching a server", known: http },
    { heading: "## Service discovery", known: [...discovery, STATIC_KEY, "_sd_configs"] },
    { heading: "## Relabelling", known: ACTIONS },
  ])("has a row with a state for everything that there is: $heading", ({ heading, known }) => {
    expect(keysUnder(heading)).toEqual(known.toSorted());
    for (const row of tableUnder(heading)) for (const cell of row) expect(cell).not.toBe("");
  });

  it("has the list of what the comparison with Go leaves out, with the reasons", () => {
    const listed = KNOWN_DIFFERENCES.map(({ what, why }) => [what, why]);
    expect(tableUnder("## What is left out of the comparison")).toEqual(listed);
  });
});
