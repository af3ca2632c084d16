import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, it } from "@jest/globals";

import { directoriesOf, expandGlob, isWellFormed } from "../../../src/discovery/file/glob.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const makeDirectory = temporaryDirectories();

/** A directory with these files. */
function tree(...files: readonly string[]): string {
  const root = makeDirectory();
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), "");
  }
  return root;
}

describe("expandGlob", () => {
  it.each<{ name: string; pattern: string; found: readonly string[] }>([
    { name: "a plain path stands for itself", pattern: "/a.yml", found: ["/a.yml"] },
    { name: "a plain path that does not exist is nothing", pattern: "/z.yml", found: [] },
    { name: "a plain path stays as it is written", pattern: "/./sub/../a.yml", found: ["/./sub/../a.yml"] },
    {
      name: "a star finds files in the order of their names",
      pattern: "/*.yml",
      found: ["/.hidden.yml", "/B.yml", "/a.yml"],
    },
    {
      name: "what a wildcard finds is a clean path",
      pattern: "/./sub//../*.yml",
      found: ["/.hidden.yml", "/B.yml", "/a.yml"],
    },
    { name: "a star does not look into directories", pattern: "/*.json", found: ["/c.json"] },
    { name: "a directory can have wildcards", pattern: "/sub[12]/?.json", found: ["/sub1/d.json", "/sub2/d.json"] },
    { name: "a directory that does not exist has no files", pattern: "/none/*.json", found: [] },
    { name: "a file is no directory", pattern: "/a.yml/*.json", found: [] },
  ])("$name", async ({ pattern, found }) => {
    const root = tree(
      "a.yml",
      "B.yml",
      ".hidden.yml",
      "c.json",
      "sub/c.json",
      "sub1/d.json",
      "sub2/d.json",
      "sub3/d.json",
    );
    const paths = await expandGlob(root + pattern);
    expect(paths.map((path) => path.slice(root.length))).toEqual(found);
  });

  it("keeps a relative path relative, without the leading dot of a pattern", async () => {
    expect(await expandGlob("./package.json")).toEqual(["./package.json"]);
    expect(await expandGlob("./package.jso?")).toEqual(["package.json"]);
    expect(await expandGlob("package.jso?")).toEqual(["package.json"]);
  });

  it("finds a symbolic link that leads nowhere, so that reading it can say so", async () => {
    const root = tree();
    symlinkSync(join(root, "nowhere"), join(root, "link.yml"));
    expect(await expandGlob(join(root, "link.yml"))).toEqual([join(root, "link.yml")]);
    expect(await expandGlob(join(root, "*.yml"))).toEqual([join(root, "link.yml")]);
  });
});

describe("isWellFormed", () => {
  it.each([
    { pattern: "/sd/[ab]\\[*.yml", wellFormed: true },
    { pattern: "/sd/[a.json", wellFormed: false },
    { pattern: "/[sd/a.json", wellFormed: false },
    { pattern: "/sd\\/a.json", wellFormed: false },
  ])("says $wellFormed of $pattern", ({ pattern, wellFormed }) => {
    expect(isWellFormed(pattern)).toBe(wellFormed);
  });
});

describe("directoriesOf", () => {
  it.each([
    { pattern: "a.yml", directories: ["."] },
    { pattern: "/a.yml", directories: ["/"] },
    { pattern: "sd/*.yml", directories: ["sd"] },
    { pattern: "/none/a.yml", directories: ["/none"] },
  ])("$pattern lies in $directories", async ({ pattern, directories }) => {
    expect(await directoriesOf(pattern)).toEqual(directories);
  });

  it("are those that exist, when they have wildcards", async () => {
    const root = tree("sub1/a.yml", "sub2/a.yml");
    expect(await directoriesOf(`${root}/sub?/a.yml`)).toEqual([`${root}/sub1`, `${root}/sub2`]);
  });
});
