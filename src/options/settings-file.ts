import type { DataObject, DataValue } from "../allocator/index.ts";
import { ConfigError } from "./config-error.ts";
import type { Flag, FlagSet } from "./flags.ts";
import type { FlagWithoutEffect } from "./flags-without-effect.ts";
import { readGoYaml } from "./go-yaml.ts";
import { nearNames } from "./near-names.ts";

/** What a file of settings says. */
export interface FileSettings {
  /** By the key of the flag set. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Keys of it that mean nothing, by the name of their flag. */
  readonly withoutEffect: ReadonlySet<string>;
}

type FileKey = { readonly key: string; readonly flag: Flag<unknown> } | { readonly idle: string };

/**
 * Reads settings from YAML: keys are the flags' names without dashes in front, sections are one level deep (`zap:`,
 * `tls:`), null leaves the default. Throws ConfigError with every key that is unknown and every value that cannot be read.
 */
export function readSettingsFile(
  flags: FlagSet,
  idle: readonly FlagWithoutEffect[],
  { path, text }: { readonly path: string; readonly text: string },
): FileSettings {
  const known = knownKeys(flags, idle);
  const values = new Map<string, unknown>();
  const withoutEffect = new Set<string>();
  const problems: string[] = [];
  for (const [name, value] of leavesOf(documentOf(path, text), known)) {
    const meaning = known.get(name);
    if (meaning === undefined) problems.push(`${path}: unknown key ${JSON.stringify(name)}${suggestion(name, known)}`);
    else if ("idle" in meaning) withoutEffect.add(meaning.idle);
    else readInto(values, meaning, value, (problem) => problems.push(`${path}: ${name} ${problem}`));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { values, withoutEffect };
}

function knownKeys(flags: FlagSet, idle: readonly FlagWithoutEffect[]): ReadonlyMap<string, FileKey> {
  return new Map<string, FileKey>([
    ...idle.flatMap(({ name, fileKeys = [] }) => [name, ...fileKeys].map((key) => [key, { idle: name }] as const)),
    ...Object.entries(flags).flatMap(([key, flag]) => {
      // The flag's own name is understood too where the Go operator's file has another.
      const names = flag.fileKey === "" ? [] : new Set([flag.name, flag.fileKey ?? flag.name]);
      return Array.from(names, (name) => [name, { key, flag }] as const);
    }),
  ]);
}

function documentOf(path: string, text: string): DataObject {
  let document: DataValue;
  try {
    document = readGoYaml(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.problems.map((problem) => `${path}: ${problem}`));
  }
  if (document === null) return {};
  if (isObject(document)) return document;
  throw new ConfigError([`${path}: must be a mapping of settings, such as "metrics-addr: :8443"`]);
}

/** Keys and values, those of sections with the section's name before them; what is no section is handed on as it is. */
function leavesOf(
  document: DataObject,
  known: ReadonlyMap<string, FileKey>,
): readonly (readonly [string, DataValue])[] {
  return Object.entries(document).flatMap(([name, value = null]) => {
    if (known.has(name) || !isObject(value)) return [[name, value] as const];
    return Object.entries(value).map(([inner, leaf = null]) => [`${name}.${inner}`, leaf] as const);
  });
}

function readInto(
  values: Map<string, unknown>,
  { key, flag }: { readonly key: string; readonly flag: Flag<unknown> },
  value: DataValue,
  refuse: (problem: string) => void,
): void {
  if (value === null) return;
  for (const each of Array.isArray(value) ? value : [value]) {
    if (typeof each === "object") return refuse("must be one value or a list of values");
    try {
      values.set(key, flag.read(String(each), values.get(key)));
    } catch (error) {
      refuse(`${JSON.stringify(each)} ${(error as Error).message}`);
    }
  }
}

function suggestion(name: string, known: ReadonlyMap<string, FileKey>): string {
  const [near] = nearNames(name, [...known.keys()]);
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}

function isObject(value: DataValue): value is DataObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
