import type { Flag, FlagSet } from "./flags.ts";
import type { FlagWithoutEffect } from "./flags-without-effect.ts";
import { nearNames } from "./near-names.ts";

/** The command line cannot be understood. The reader is shown the usage; the exit code is 2. */
export class UsageError extends Error {
  readonly code = "USAGE";
  override readonly name = "UsageError";
}

/** A command line, taken apart. */
export interface CommandLine {
  /** What was given, by the key of the flag set; read, not merely text. */
  readonly given: ReadonlyMap<string, unknown>;
  /** Everything that is no flag, in order. */
  readonly positionals: readonly string[];
  /** Those without effect among what was given, by name. */
  readonly withoutEffect: ReadonlySet<string>;
  /** -h or --help was given. */
  readonly help: boolean;
}

/**
 * Takes a command line apart as Go's pflag does: `--name value`, `--name=value`, `--switch`, `--switch=false`, flags
 * and other arguments in any order, `--` ends the flags. The last of a repeated flag wins, unless it is a list.
 * Throws {@link UsageError}.
 *
 * @param idle - Flags that are accepted and mean nothing.
 */
export function parseCommandLine(
  flags: FlagSet,
  argv: readonly string[],
  idle: readonly FlagWithoutEffect[] = [],
): CommandLine {
  const known = knownFlags(flags, idle);
  const given = new Map<string, unknown>();
  const withoutEffect = new Set<string>();
  const positionals: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const argument = argv[i] as string;
    if (argument === "--") {
      return { given, withoutEffect, positionals: [...positionals, ...argv.slice(i + 1)], help: false };
    }
    if (HELP.has(argument)) return { given, withoutEffect, positionals, help: true };
    if (!argument.startsWith("-") || argument === "-") {
      positionals.push(argument);
      continue;
    }
    const { name, written } = splitFlag(argument);
    const { isSwitch, meaning } = known.get(name) ?? refuseFlag(argument, name, known.keys());
    let text = isSwitch ? (written ?? "true") : written;
    if (text === undefined) {
      i += 1;
      text = valueAfter(name, argv[i]);
    }
    if (meaning === undefined) withoutEffect.add(name);
    else given.set(meaning.key, readValue(meaning.flag, text, given.get(meaning.key)));
  }
  return { given, withoutEffect, positionals, help: false };
}

function valueAfter(name: string, following: string | undefined): string {
  if (following === undefined) throw new UsageError(`flag needs an argument: --${name}`);
  return following;
}

function knownFlags(flags: FlagSet, idle: readonly FlagWithoutEffect[]): ReadonlyMap<string, KnownFlag> {
  const meaningful = Object.entries(flags).map(
    ([key, flag]) => [flag.name, { isSwitch: flag.placeholder === "", meaning: { key, flag } }] as const,
  );
  return new Map<string, KnownFlag>([
    ...idle.map(({ name, isSwitch }) => [name, { isSwitch }] as const),
    ...meaningful,
  ]);
}

interface KnownFlag {
  readonly isSwitch: boolean;
  /** Absent: it has none. */
  readonly meaning?: { readonly key: string; readonly flag: Flag<unknown> };
}

const HELP: ReadonlySet<string> = new Set(["-h", "--help"]);

/** For commands without arguments. Throws {@link UsageError} when there is one. */
export function refuseArguments([first]: readonly string[]): void {
  if (first === undefined) return;
  throw new UsageError(`unexpected argument ${JSON.stringify(first)}; a switch is set with =true or =false`);
}

function splitFlag(argument: string): { name: string; written: string | undefined } {
  if (!argument.startsWith("--"))
    throw new UsageError(`unknown shorthand flag: ${argument}; flags start with two dashes`);
  const equals = argument.indexOf("=");
  if (equals === -1) return { name: argument.slice(2), written: undefined };
  return { name: argument.slice(2, equals), written: argument.slice(equals + 1) };
}

function readValue(flag: Flag<unknown>, text: string, before: unknown): unknown {
  try {
    return flag.read(text, before);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new UsageError(`invalid argument ${JSON.stringify(text)} for --${flag.name}: ${why}`, { cause });
  }
}

function refuseFlag(argument: string, name: string, known: Iterable<string>): never {
  const [near] = nearNames(name, [...known]);
  throw new UsageError(`unknown flag: ${argument}${near === undefined ? "" : ` (did you mean --${near}?)`}`);
}

const HELP_COLUMNS = 110;

/** The flags as a help text lists them, by name. */
export function describeFlags(flags: FlagSet): string {
  const rows = Object.values(flags)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      (flag) => [`  --${flag.name}${flag.placeholder === "" ? "" : ` ${flag.placeholder}`}`, explain(flag)] as const,
    );
  const width = Math.min(40, Math.max(...rows.map(([left]) => left.length))) + 2;
  const indent = `\n${" ".repeat(width)}`;
  return rows
    .map(([left, right]) => {
      const lines = wrap(right, HELP_COLUMNS - width).join(indent);
      return left.length >= width ? `${left}${indent}${lines}` : left.padEnd(width) + lines;
    })
    .join("\n");
}

/** Lines of whole words, no longer than the width unless a word is. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function explain(flag: Flag<unknown>): string {
  const { env, fallback, help, shown = describeValue(fallback) } = flag;
  const notes = [
    ...(isUnset(fallback) ? [] : [`default ${shown}`]),
    ...(env === undefined ? [] : [`environment ${env}`]),
  ];
  return notes.length === 0 ? help : `${help} (${notes.join("; ")})`;
}

function describeValue(value: unknown): string {
  if (value instanceof RegExp) return value.source;
  return Array.isArray(value) ? value.map(describeValue).join(",") : JSON.stringify(value);
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === "" || value === false || (Array.isArray(value) && value.length === 0);
}
