import { type CommandLine, parseCommandLine } from "./command-line.ts";
import { ConfigError } from "./config-error.ts";
import type { FlagSet, FlagValues } from "./flags.ts";
import type { FlagWithoutEffect } from "./flags-without-effect.ts";
import { type FileSettings, readSettingsFile } from "./settings-file.ts";

/** The environment as the process got it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings and where they came from. */
export interface Settings<F extends FlagSet> {
  /** Every flag of the set: default, overridden by a file, by the environment, by the command line. */
  readonly values: FlagValues<F>;
  /** The keys that the environment or the command line gave: they beat a file. */
  readonly given: ReadonlySet<keyof F>;
  readonly positionals: readonly string[];
  /** What was given and means nothing, in the order of its table. */
  readonly withoutEffect: readonly FlagWithoutEffect[];
  /** Help was asked for: nothing else counts. */
  readonly help: boolean;
}

/** What some commands know besides flags and environment. */
export interface MoreSources<F extends FlagSet> {
  /** The flag that names a file of settings, and what reads it. */
  readonly file?: { readonly named: keyof F & string; readonly read: (path: string) => string };
  /** Accepted on the command line and in the file. @default none */
  readonly withoutEffect?: readonly FlagWithoutEffect[];
}

/**
 * Reads flags and environment, and the file of settings if there is one. A command line that cannot be understood is a
 * UsageError; everything else that cannot be read is one ConfigError.
 */
export function readSettings<F extends FlagSet>(
  flags: F,
  argv: readonly string[],
  env: Environment,
  { file, withoutEffect = [] }: MoreSources<F> = {},
): Settings<F> {
  const line = parseCommandLine(flags, argv, withoutEffect);
  const path = line.help || file === undefined ? undefined : line.given.get(file.named);
  const problems: string[] = [];
  const fromFile = collecting(problems, () =>
    typeof path === "string" && path !== "" && file !== undefined
      ? readSettingsFile(flags, withoutEffect, { path, text: file.read(path) })
      : NO_FILE,
  );
  const fromEnv = readEnvironment(flags, env, problems);
  if (problems.length > 0 && !line.help) throw new ConfigError(problems);
  return merge(flags, { file: fromFile ?? NO_FILE, env: fromEnv, line }, withoutEffect);
}

const NO_FILE: FileSettings = { values: new Map(), withoutEffect: new Set() };

function collecting<T>(problems: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function readEnvironment(flags: FlagSet, env: Environment, problems: string[]): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [key, flag] of Object.entries(flags)) {
    const text = flag.env === undefined ? undefined : env[flag.env];
    if (text === undefined || text === "") continue;
    try {
      values.set(key, flag.read(text, undefined));
    } catch (error) {
      problems.push(`environment variable ${String(flag.env)}=${JSON.stringify(text)} ${(error as Error).message}`);
    }
  }
  return values;
}

interface Read {
  readonly file: FileSettings;
  readonly env: ReadonlyMap<string, unknown>;
  readonly line: CommandLine;
}

function merge<F extends FlagSet>(
  flags: F,
  { file, env, line }: Read,
  idle: readonly FlagWithoutEffect[],
): Settings<F> {
  const values = Object.entries(flags).map(([key, { fallback }]) => {
    const source = [line.given, env, file.values].find((candidate) => candidate.has(key));
    return [key, source === undefined ? fallback : source.get(key)];
  });
  return {
    values: Object.freeze(Object.fromEntries(values)) as FlagValues<F>,
    given: new Set([...env.keys(), ...line.given.keys()]),
    positionals: line.positionals,
    withoutEffect: idle.filter(({ name }) => line.withoutEffect.has(name) || file.withoutEffect.has(name)),
    help: line.help,
  };
}
