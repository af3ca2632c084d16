import { type CommandLine, parseCommandLine } from "./command-line.ts";
import { ConfigError } from "./config-error.ts";
import type { FlagSet, FlagValues } from "./flags.ts";

/** The environment as the process got it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings and where they came from. */
export interface Settings<F extends FlagSet> {
  /** Every flag of the set: default, overridden by the environment, overridden by the command line. */
  readonly values: FlagValues<F>;
  /** The keys that the environment or the command line gave: they beat a file. */
  readonly given: ReadonlySet<keyof F>;
  readonly positionals: readonly string[];
  /** Help was asked for: nothing else counts. */
  readonly help: boolean;
}

/**
 * Reads flags and environment. A command line that cannot be understood is a UsageError; environment variables that
 * cannot be read are one ConfigError together.
 */
export function readSettings<F extends FlagSet>(flags: F, argv: readonly string[], env: Environment): Settings<F> {
  const line = parseCommandLine(flags, argv);
  const { values, problems } = readEnvironment(flags, env);
  if (problems.length > 0 && !line.help) throw new ConfigError(problems);
  return merge(flags, values, line);
}

function readEnvironment(flags: FlagSet, env: Environment): { values: Map<string, unknown>; problems: string[] } {
  const values = new Map<string, unknown>();
  const problems: string[] = [];
  for (const [key, flag] of Object.entries(flags)) {
    const text = flag.env === undefined ? undefined : env[flag.env];
    if (text === undefined || text === "") continue;
    try {
      values.set(key, flag.read(text, undefined));
    } catch (error) {
      problems.push(`environment variable ${String(flag.env)}=${JSON.stringify(text)} ${(error as Error).message}`);
    }
  }
  return { values, problems };
}

function merge<F extends FlagSet>(flags: F, fromEnv: ReadonlyMap<string, unknown>, line: CommandLine): Settings<F> {
  const values = Object.entries(flags).map(([key, { fallback }]) => [
    key,
    line.given.has(key) ? line.given.get(key) : fromEnv.has(key) ? fromEnv.get(key) : fallback,
  ]);
  return {
    values: Object.freeze(Object.fromEntries(values)) as FlagValues<F>,
    given: new Set([...fromEnv.keys(), ...line.given.keys()]),
    positionals: line.positionals,
    help: line.help,
  };
}
