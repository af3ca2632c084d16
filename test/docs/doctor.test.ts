import { expect, it } from "@jest/globals";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FINDING_SEVERITIES } from "../../src/commands/doctor/finding.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";

const ROW = /^\| `(\w+)` \| (error|warning|info) \| \S.* \| \S.* \|$/gm;

it("docs/doctor.md has every code of doctor with its severity, meaning and mending, and no other", () => {
  const page = readFileSync(join(ROOT, "docs", "doctor.md"), "utf8");
  const listed = Array.from(page.matchAll(ROW), ([, code = "", severity = ""]) => [code, severity]);
  expect(Object.fromEntries(listed)).toEqual(FINDING_SEVERITIES);
  expect(listed).toHaveLength(Object.keys(FINDING_SEVERITIES).length);
});

it("every code is found by some test", () => {
  const files = globSync("test/{commands/doctor,integration}/*.test.ts", { cwd: ROOT });
  const text = files.map((file) => readFileSync(join(ROOT, file), "utf8")).join("\n");
  expect(Object.keys(FINDING_SEVERITIES).filter((code) => !text.includes(`"${code}"`))).toEqual([]);
});
