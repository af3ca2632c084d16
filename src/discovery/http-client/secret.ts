import { readFile } from "node:fs/promises";

import type { DataObject } from "../../allocator/index.ts";
import { textOf } from "../decoded-settings.ts";

/** A value that stands in the configuration itself, or in a file that can change at any time. */
export type Secret = { readonly key: string } & ({ readonly text: string } | { readonly file: string });

/** Reads files that the configuration names. */
export interface SecretFiles {
  /** The content as text. Rejects when it cannot be read, or must not be. */
  read(path: string): Promise<string>;
}

/** The files of this machine. */
export const localSecretFiles: SecretFiles = Object.freeze({ read: async (path: string) => readFile(path, "utf8") });

/**
 * The secret that a key, the same key with `_file`, or the one with `_ref` gives; undefined when none of them does.
 * Throws for a reference: there is no secret manager that it could be asked for.
 *
 * @param section - Where the keys stand, for error messages.
 */
export function secretOf(settings: DataObject, key: string, section: string): Secret | undefined {
  const name = `${section}.${key}`;
  const text = textOf(settings, key);
  if (text !== "") return { key: name, text };
  const file = textOf(settings, `${key}_file`);
  if (file !== "") return { key: `${name}_file`, file };
  if (textOf(settings, `${key}_ref`) === "") return undefined;
  throw new Error(`${name}_ref names a secret of a secret manager, which there is not; use ${key} or ${key}_file`);
}

/** The value as it is now, without white space around it when it comes from a file. No secret is the empty text. */
export async function valueOf(secret: Secret | undefined, files: SecretFiles): Promise<string> {
  if (secret === undefined) return "";
  if ("text" in secret) return secret.text;
  try {
    return (await files.read(secret.file)).trim();
  } catch (error) {
    throw new Error(`reading ${secret.key} ${secret.file}`, { cause: error });
  }
}
