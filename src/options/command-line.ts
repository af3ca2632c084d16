import type { Flag, FlagSet } from "./flags.ts";
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
  /** -h or --help was given. */
  readonly help: boolean;
}

/**
 * Takes a command line apart as Go's pflag does: `--name value`, `--name=value`, `--switch`, `--switch=false`, flags
 * and other arguments in any order, `--` ends the flags. The last of a repeated flag wins, unless it is a list.
 * Throws {@link UsageError}.
 */
export function parseCommandLine(flags: FlagSet, argv: readonly string[]): CommandLine {
  const byName = new Map(Object.entries(flags).map(([key, flag]) => [flag.name, { key, flag }]));
  const given = new Map<string, unknown>();
  const positionals: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const argument = argv[i] as string;
    if (argument === "--") return { given, positionals: [...positionals, ...argv.slice(i + 1)], help: false };
    if (argument === "-h" || argument === "--help") return { given, positionals, help: true };
    if (!argument.startsWith("-") || argument === "-") {
      positionals.push(argument);
      continue;
    }
    const { name, written } = splitFlag(argument);
    const known = byName.get(name);
    if (known === undefined) throw new UsageError(`unknown flag: ${argument}${suggestion(name, byName.keys())}`);
    let text = written;
    if (text === undefined && known.flag.placeholder === "") text = "true";
    if (text === undefined) {
      i += 1;
      text = argv[i];
    }
    if (text === undefined) throw new UsageError(`flag needs an argument: --${name}`);
    given.set(known.key, readValue(known.flag, text, given.get(known.key)));
  }
  return { given, positionals, help: false };
}

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

/** The flag that was probably meant. */
function suggestion(name: string, known: Iterable<string>): string {
  const [near] = nearNames(name, [...known]);
  return near === undefined ? "" : ` (did you mean --${near}?)`;
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
