import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { FEATURE_GATES } from "../../src/options/feature-gates.ts";
import { GO_OPERATOR_FLAGS_WITHOUT_EFFECT } from "../../src/options/flags-without-effect.ts";
import type { Flag } from "../../src/options/flags.ts";
import { OPERATOR_FLAGS } from "../../src/options/operator-options.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";

const PAGE = readFileSync(join(ROOT, "docs", "operator.md"), "utf8");

/** Rows of the table under a heading, with their cells. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const section = PAGE.split(/^(?=## )/m).find((each) => each.startsWith(`## ${heading}\n`)) ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("docs/operator.md", () => {
  it("has every flag of the operator, with its variable and its key in a file", () => {
    const flags: readonly Flag<unknown>[] = Object.values(OPERATOR_FLAGS);
    const want = flags
      .map(({ name, env, fileKey = name }) => [
        `\`--${name}\``,
        env === undefined ? "" : `\`${env}\``,
        fileKey === "" ? "" : `\`${fileKey}\``,
      ])
      .toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
    expect(rowsUnder("Settings").map((cells) => cells.slice(0, 3))).toEqual(want);
  });

  it("says of every flag without effect why it has none", () => {
    const want = GO_OPERATOR_FLAGS_WITHOUT_EFFECT.map(({ name, why }) => [`\`${name}\``, why]);
    expect(rowsUnder("Settings of the Go operator without effect")).toEqual(want);
  });

  it("has every feature gate", () => {
    expect(rowsUnder("Feature gates").map(([gate]) => gate)).toEqual(FEATURE_GATES.map((gate) => `\`${gate}\``));
  });
});
