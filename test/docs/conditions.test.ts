import { describe, expect, it } from "@jest/globals";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CONDITIONS, EVENTS } from "../../src/controllers/conditions.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";

const SOURCES = globSync("src/controllers/**/*.ts", { cwd: ROOT }).filter((file) => !file.endsWith("/conditions.ts"));
const TEXT = SOURCES.map((file) => readFileSync(join(ROOT, file), "utf8")).join("\n");
const EVENT_REASON = /\breason: "([A-Z][A-Za-z]+)"/g;
const PAGE = readFileSync(join(ROOT, "docs", "reference", "conditions.md"), "utf8");

/** Everything that a condition or an Event can say why. */
const REASONS = [...Object.values(CONDITIONS).flatMap(({ reasons }) => Object.keys(reasons)), ...Object.keys(EVENTS)];

describe("docs/reference/conditions.md", () => {
  it("has every reason of an Event that the controllers record", () => {
    const recorded = [...TEXT.matchAll(EVENT_REASON)].map(([, reason = ""]) => reason);
    const known = new Set([...Object.keys(EVENTS), ...Object.keys(CONDITIONS.Degraded.reasons)]);
    expect(recorded.length).toBeGreaterThan(10);
    expect(recorded.filter((reason) => !known.has(reason))).toEqual([]);
  });

  it.each([...new Set(REASONS)])("%s is said somewhere, and explained on the page", (reason) => {
    expect(TEXT).toContain(`"${reason}"`);
    expect(PAGE).toMatch(new RegExp(`^\\| ${reason} \\| \\S.* \\|$`, "m"));
  });
});
