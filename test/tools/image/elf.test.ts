import { describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { readElfNeeds } from "../../../tools/image/elf.ts";
import { copyrightsOf, sharedLibrariesOf } from "../../../tools/image/shared-libraries.ts";

describe("what a program needs of the system", () => {
  it("is what the system's own loader says", () => {
    const listed = execFileSync("ldd", [process.execPath], { encoding: "utf8" })
      .split("\n")
      .flatMap((line) => /(\S+) (?:=> \S+ )?\(/.exec(line)?.[1] ?? [])
      .filter((name) => !name.includes("vdso"))
      .map((name) => basename(name));
    expect(
      sharedLibrariesOf(process.execPath)
        .map(({ path }) => basename(path))
        .toSorted(),
    ).toEqual(listed.toSorted());
  });

  it("has the loader at the path that the program names", () => {
    const { interpreter } = readElfNeeds(readFileSync(process.execPath), "node");
    expect(sharedLibrariesOf(process.execPath).map(({ path }) => path)).toContain(interpreter);
  });

  it("comes with its licences", () => {
    const texts = copyrightsOf(sharedLibrariesOf(process.execPath));
    expect([...texts.keys()]).toEqual(expect.arrayContaining(["libatomic1", "libc6"]));
    expect(texts.get("libc6")).toContain("Lesser General Public");
  });

  it.each([
    { name: "a script", content: Buffer.from("#!/bin/sh\n".padEnd(100)) },
    { name: "an empty file", content: Buffer.alloc(0) },
  ])("$name is refused by name", ({ content }) => {
    expect(() => readElfNeeds(content, "/bin/thing")).toThrow("/bin/thing is not a 64-bit little-endian ELF file");
  });
});
