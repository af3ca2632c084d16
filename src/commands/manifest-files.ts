import { readFile } from "node:fs/promises";
import type { CommandContext } from "./command.ts";
import { type Manifest, type ManifestFile, readManifests } from "./manifests.ts";
import { readStandardInput } from "./standard-input.ts";
import { UnreadableFileError } from "./unreadable-file-error.ts";

/** Standard input in the place of a file. */
const STANDARD_INPUT = "-";

/** Reads manifest files one after the other; "-" is standard input. A file that cannot be read is a problem like others. */
export async function readManifestFiles(
  paths: readonly string[],
  { input, signal }: Pick<CommandContext, "input" | "signal">,
): Promise<ManifestFile> {
  const manifests: Manifest[] = [];
  const problems: string[] = [];
  const ignored: string[] = [];
  for (const path of paths) {
    try {
      const content = path === STANDARD_INPUT ? await readStandardInput(input, signal) : await readFile(path, "utf8");
      const file = readManifests(content, path === STANDARD_INPUT ? "standard input" : path);
      manifests.push(...file.manifests);
      problems.push(...file.problems);
      ignored.push(...file.ignored);
    } catch (error) {
      problems.push(new UnreadableFileError(path, error).message);
    }
  }
  return { manifests, problems, ignored };
}
