import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ImageFile, modeOf, withDirectories } from "./tar.ts";

/** Writes the files of an image below an empty or new directory, as a container sees them. */
export function writeRootDirectory(folder: string, files: readonly ImageFile[]): void {
  mkdirSync(folder, { recursive: true });
  for (const file of withDirectories(files).toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const path = join(folder, file.path);
    if (file.kind === "directory") mkdirSync(path, { recursive: true });
    else if (file.kind === "link") symlinkSync(file.target, path);
    else writeFileSync(path, file.content);
    if (file.kind !== "link") chmodSync(path, modeOf(file));
  }
}
