import { describe, expect, it } from "@jest/globals";
import { array, assert, constantFrom, property } from "fast-check";
import { unifiedDiff } from "../../../src/commands/render/unified-diff.ts";

const diff = (before: readonly string[], after: readonly string[]): string =>
  unifiedDiff({
    beforeName: "a",
    before: before.map((line) => `${line}\n`).join(""),
    afterName: "b",
    after: after.map((line) => `${line}\n`).join(""),
  });

/** What `patch` makes of the lines; throws where they are not those that the difference is to. */
function patched(before: readonly string[], text: string): readonly string[] {
  const after: string[] = [];
  let at = 0;
  for (const line of text.split("\n").slice(2, -1)) {
    const { from, count } = /^@@ -(?<from>\d+),(?<count>\d+) /.exec(line)?.groups ?? {};
    if (from !== undefined) {
      const start = Number(from) - (count === "0" ? 0 : 1);
      after.push(...before.slice(at, start));
      at = start;
      continue;
    }
    if (!line.startsWith("-")) after.push(line.slice(1));
    if (line.startsWith("+")) continue;
    if (before[at] !== line.slice(1)) throw new Error(`line ${String(at)} is not ${line}`);
    at += 1;
  }
  return [...after, ...before.slice(at)];
}

describe("unifiedDiff", () => {
  it("says nothing of texts that are the same", () => {
    expect(diff(["a"], ["a"])).toBe("");
  });

  it("shows a change with three lines around it", () => {
    expect(diff(["1", "2", "3", "4", "5", "6", "7", "8", "9"], ["1", "2", "3", "4", "x", "6", "7", "8", "9"])).toBe(
      "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n",
    );
  });

  it("makes hunks of changes that are far from each other", () => {
    const before = Array.from({ length: 20 }, (_each, line) => String(line));
    const after = before.with(1, "x").with(18, "y");
    expect(diff(before, after).match(/^@@/gm)).toHaveLength(2);
  });

  it("shows what is new, and what goes, as a whole", () => {
    expect(diff([], ["a", "b"])).toBe("--- a\n+++ b\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    expect(diff(["a"], [])).toBe("--- a\n+++ b\n@@ -1,1 +0,0 @@\n-a\n");
  });

  const lines = array(constantFrom("a", "b", "c", "d"), { maxLength: 30 });

  it("leads from the one text to the other", () => {
    assert(
      property(lines, lines, (before, after) => {
        expect(patched(before, diff(before, after))).toEqual(after);
      }),
    );
  });
});
