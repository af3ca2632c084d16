import { lstat, readdir } from "node:fs/promises";
import { posix } from "node:path";

import { compareBytewise } from "../../allocator/index.ts";
import { compileSegment, type NameMatcher } from "./glob-segment.ts";

/**
 * The files that a pattern means now, as Go's filepath.Glob finds them: what has no wildcard stands for itself when it
 * exists; what a wildcard finds is a cleaned path, so that `./sd/*.yml` gives `sd/a.yml`; sorted within each
 * directory. What cannot be read counts as not there. Undefined for a malformed pattern.
 * https://pkg.go.dev/path/filepath#Glob
 */
export async function expandGlob(pattern: string): Promise<readonly string[] | undefined> {
  if (pattern.split("/").some((segment) => compileSegment(segment) === undefined)) return undefined;
  return expand(pattern);
}

async function expand(pattern: string): Promise<readonly string[]> {
  if (!hasWildcard(pattern)) return (await exists(pattern)) ? [pattern] : [];
  const matcher = compileSegment(pattern.slice(pattern.lastIndexOf("/") + 1));
  if (matcher === undefined) return [];
  const directories = await directoriesOf(pattern);
  const found = await Promise.all(directories.map(async (directory) => filesIn(directory, matcher)));
  return found.flat();
}

/** The directories in which files of a well-formed pattern can be; one without wildcards whether it exists or not. */
export async function directoriesOf(pattern: string): Promise<readonly string[]> {
  const slash = pattern.lastIndexOf("/");
  const directory = slash < 0 ? "." : slash === 0 ? "/" : pattern.slice(0, slash);
  return hasWildcard(directory) ? expand(directory) : [directory];
}

async function filesIn(directory: string, matcher: NameMatcher): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter(matcher)
    .toSorted(compareBytewise)
    .map((name) => posix.join(directory, name));
}

function hasWildcard(pattern: string): boolean {
  return /[*?[\\]/.test(pattern);
}

/** A symbolic link exists, even one to nothing: reading it tells what is wrong. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
