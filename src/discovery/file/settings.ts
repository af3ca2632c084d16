import type { DataObject } from "../../allocator/index.ts";
import { refreshIntervalOf, textsOf } from "../decoded-settings.ts";

/** One `file_sd_configs` entry. */
export interface FileSettings {
  /** Path patterns; relative ones start at the working directory. */
  readonly files: readonly string[];
  readonly refreshIntervalMs: number;
}

/** Reads a validated entry. Throws for an interval of 0. */
export function readFileSettings(raw: DataObject): FileSettings {
  return { files: textsOf(raw, "files"), refreshIntervalMs: refreshIntervalOf(raw, "file") };
}
