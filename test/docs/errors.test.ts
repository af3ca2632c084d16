import { expect, it } from "@jest/globals";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/real-parts/parts.ts";

const CODE_IN_SOURCE = /readonly code(?:: string)? = "([A-Z_]+)"/g;
const CODE_ON_PAGE = /^\| `([A-Z_]+)` \| \S.* \| \S.* \|$/gm;

function findAll(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, code = ""]) => code);
}

it("docs/errors.md has every error code of the program, with meaning and reaction, and no other", () => {
  const files = globSync("src/**/*.ts", { cwd: ROOT });
  const inSource = files.flatMap((file) => findAll(readFileSync(join(ROOT, file), "utf8"), CODE_IN_SOURCE));
  const onPage = findAll(readFileSync(join(ROOT, "docs", "errors.md"), "utf8"), CODE_ON_PAGE);
  expect(onPage.toSorted()).toEqual([...new Set(inSource)].toSorted());
});
