import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeRootDirectory } from "../../../tools/image/root-directory.ts";
import { type ImageFile, toTar } from "../../../tools/image/tar.ts";

const FILES: readonly ImageFile[] = [
  { kind: "file", path: "usr/bin/program", content: Buffer.from("#!/bin/sh\n"), executable: true },
  { kind: "file", path: "etc/empty", content: Buffer.alloc(0) },
  { kind: "file", path: "etc/block", content: Buffer.alloc(512, "x") },
  { kind: "link", path: "usr/bin/link", target: "/usr/bin/program" },
  { kind: "directory", path: "tmp", mode: 0o1777 },
];

/** A list as `tar -tv` and `find` print it, without what a directory of this machine has of its own. */
const LISTED = [
  "drwxr-xr-x 0 etc",
  "drwxr-xr-x 0 usr",
  "drwxr-xr-x 0 usr/bin",
  "drwxrwxrwt 0 tmp",
  "-rw-r--r-- 0 etc/empty",
  "-rw-r--r-- 512 etc/block",
  "-rwxr-xr-x 10 usr/bin/program",
  "lrwxrwxrwx 0 usr/bin/link -> /usr/bin/program",
].toSorted();

describe("the files of an image", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tar-"));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it("are an archive that tar reads: modes, links, directories, root's, of 1970", () => {
    writeFileSync(join(dir, "a.tar"), toTar(FILES));
    const args = ["--utc", "--numeric-owner", "-tvf", join(dir, "a.tar")];
    const lines = execFileSync("tar", args, { encoding: "utf8" }).trim().split("\n");
    const seen = lines.map((line) => {
      const [mode = "", owner, size = "", day, time, ...name] = line.split(/ +/);
      expect([owner, day, time]).toEqual(["0/0", "1970-01-01", "00:00"]);
      return [mode, size, name.join(" ").replace(/\/$/, "")].join(" ");
    });
    expect(seen.toSorted()).toEqual(LISTED);
  });

  it("are the same bytes in any order", () => {
    expect(toTar(FILES.toReversed()).equals(toTar(FILES))).toBe(true);
  });

  it("are a directory with the same modes and links", () => {
    writeRootDirectory(join(dir, "root"), FILES);
    const print = ["-mindepth", "1", "-type", "d", "-printf", "%M 0 %P\n", "-o", "-type", "f", "-printf", "%M %s %P\n"];
    const links = ["-o", "-type", "l", "-printf", "%M 0 %P -> %l\n"];
    const out = execFileSync("find", [join(dir, "root"), ...print, ...links], { encoding: "utf8" });
    expect(out.trim().split("\n").toSorted()).toEqual(LISTED);
  });

  it("have paths that fit", () => {
    const path = "a".repeat(101);
    expect(() => toTar([{ kind: "file", path, content: Buffer.alloc(0) }])).toThrow(path);
  });
});
