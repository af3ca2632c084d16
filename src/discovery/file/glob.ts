import { lstat, readdir } from "node:fs/promises";
import { posix } from "node:path";

import { compareBytewise } from "../../allocator/index.ts";
import { compileSegment, type NameMatcher } from "./glob-segment.ts";

/** Whether a pattern can be understood: every bracket is closed, every backslash escapes something. */
export function isWellFormed(pattern: string): boolean {
  return pattern.split("/").every((segment) => compileSegment(segment) !== undefined);
}

/**
 * The files that a well-formed pattern means now, as Go's filepath.Glob finds them: what has no wildcard stands for
 * itself when it exists; what a wildcard finds is a cleaned path, so that `./sd/*.yml` gives `sd/a.yml`; sorted within
 * each directory. What cannot be read counts as not there. https://pkg.go.dev/path/filepath#Glob
 */
export async function expandGlob(pattern: string): Promise<readonly string[]> {
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
  return hasWildcard(directory) ? expandGlob(directory) : [directory];
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
