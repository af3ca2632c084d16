import { readFile } from "node:fs/promises";
import type { CommandContext } from "./command.ts";
import { type Manifest, type ManifestFile, readManifests } from "./manifests.ts";
import { readStandardInput } from "./standard-input.ts";
import { UnreadableFileError } from "./unreadable-file-error.ts";

/** Standard input in the place of a file. */
const STANDARD_INPUT = "-";

/** What the files hold together. */
export interface ManifestFiles extends ManifestFile {
  /** Of what was piped in: how many objects were left out, for nobody has chosen them one by one. */
  readonly passedOver: readonly string[];
}

/** Reads manifest files one after the other; "-" is standard input. A file that cannot be read is a problem like others. */
export async function readManifestFiles(
  paths: readonly string[],
  { input, signal }: Pick<CommandContext, "input" | "signal">,
): Promise<ManifestFiles> {
  const manifests: Manifest[] = [];
  const problems: string[] = [];
  const ignored: string[] = [];
  const passedOver: string[] = [];
  for (const path of paths) {
    try {
      const content = path === STANDARD_INPUT ? await readStandardInput(input, signal) : await readFile(path, "utf8");
      const file = readManifests(content, path === STANDARD_INPUT ? "standard input" : path);
      manifests.push(...file.manifests);
      problems.push(...file.problems);
      ignored.push(...file.ignored);
      if (path === STANDARD_INPUT) passedOver.push(...tellCount(file.ignored.length));
    } catch (error) {
      problems.push(new UnreadableFileError(path, error).message);
    }
  }
  return { manifests, problems, ignored, passedOver };
}

function tellCount(count: number): readonly string[] {
  if (count === 0) return [];
  return [`standard input: ${String(count)} ${count === 1 ? "object" : "objects"} of other kinds passed over`];
}
