import { readFile } from "node:fs/promises";
import { type AllocatorSettings, type EffectiveFile, overrideFile } from "../../options/allocator-options.ts";
import type { Environment } from "../../options/sources.ts";
import { readTargetAllocatorFile } from "../../options/target-allocator-file.ts";
import { UnreadableFileError } from "../unreadable-file-error.ts";

/** A configuration file as it was read. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** What beats the file, wherever it says the same. */
export interface Overrides {
  readonly settings: AllocatorSettings;
  readonly env: Environment;
}

/** Reads the text. Throws UnreadableFileError. */
export async function readConfigFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The error of a configuration file that cannot be read. */
export function unreadable(path: string, cause: unknown): UnreadableFileError {
  return new UnreadableFileError(`configuration file ${path} (--config-file)`, cause);
}

/** What a text says for one process. Throws ConfigError with all problems at once. */
export function toEffectiveFile(text: string, { settings, env }: Overrides): EffectiveFile {
  return overrideFile(readTargetAllocatorFile(text), settings, env);
}

/** Names the file in what is wrong with it. */
export function usingFile<T>({ path, text }: ConfigFile, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    // An empty file is allowed: flags can say all that is needed. So it is no problem of its own.
    throw new Error(`configuration file ${path}${isBlank(text) ? ", which is empty" : ""}`, { cause });
  }
}

/** Whether there is nothing but comments. */
export function isBlank(yaml: string): boolean {
  return !/^(?![^\S\n]*(?:#.*|---[^\S\n]*)?$)/m.test(yaml);
}
