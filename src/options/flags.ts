import { compileSearch, type Search } from "../allocator/index.ts";
import { parseGoDuration } from "./go-duration.ts";

/** One setting that can be given on the command line and, if `env` is set, in the environment. */
export interface Flag<T> {
  /** Without the dashes. */
  readonly name: string;
  /** What the help shows in the place of the value; "" for a switch, which needs none. */
  readonly placeholder: string;
  /** One sentence for the help. */
  readonly help: string;
  readonly fallback: T;
  /** The fallback as the help writes it, where that is not its JSON form. */
  readonly shown?: string;
  readonly env?: string;
  /** Where a file of settings has it, dots between nested keys; "" for nowhere. @default the name */
  readonly fileKey?: string;
  /** Reads one written value, after `before` from the same source. Throws an Error that says what is expected. */
  read(text: string, before: T | undefined): T;
}

/** The flags of one command, by the names of its settings. */
export type FlagSet = Readonly<Record<string, Flag<unknown>>>;
/** What a set is read to. */
export type FlagValues<F extends FlagSet> = { readonly [K in keyof F]: F[K]["fallback"] };

type Described<T> = Pick<Flag<T>, "help" | "fallback" | "shown" | "env" | "fileKey"> & {
  readonly placeholder?: string;
};

export function stringFlag<T extends string | undefined = string>(name: string, described: Described<T>): Flag<T> {
  return { placeholder: "string", ...described, name, read: (text) => text as T };
}

/** A switch: `--name`, `--name=true`, `--name=false`. */
export function switchFlag(name: string, described: Described<boolean>): Flag<boolean> {
  return { ...described, name, placeholder: "", read: readBoolean };
}

/** A list: repeatable, and split at commas. */
export function listFlag(name: string, described: Described<readonly string[]>): Flag<readonly string[]> {
  return {
    placeholder: "strings",
    ...described,
    name,
    read: (text, before = []) => [...before, ...splitList(text)],
  };
}

/** A list of regular expressions in Go's syntax, repeatable, and split at commas. */
export function patternsFlag(name: string, described: Described<readonly Search[]>): Flag<readonly Search[]> {
  return {
    placeholder: "patterns",
    ...described,
    name,
    read: (text, before = []) => [...before, ...splitList(text).map(readPattern)],
  };
}

function readPattern(text: string): Search {
  try {
    return compileSearch(text);
  } catch (cause) {
    throw new Error(`must be regular expressions as Go has them: ${(cause as Error).message}`, { cause });
  }
}

function splitList(text: string): readonly string[] {
  return text.split(",").filter((part) => part !== "");
}

/** One of a few words. */
export function choiceFlag<T extends string>(name: string, choices: readonly T[], described: Described<T>): Flag<T> {
  const read = (text: string): T => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice === undefined) throw new Error(`must be one of ${choices.join(", ")}`);
    return choice;
  };
  return { placeholder: choices.join("|"), ...described, name, read };
}

/** A duration as Go writes it (`300ms`, `1m30s`), in milliseconds. */
export function durationFlag(name: string, described: Described<number>): Flag<number> {
  return { placeholder: "duration", ...described, name, read: readDuration };
}

/** A flag whose values have a syntax of their own. */
export function parsedFlag<T>(name: string, read: (text: string) => T, described: Described<T>): Flag<T> {
  return { placeholder: "string", ...described, name, read };
}

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** Go's strconv.ParseBool. */
function readBoolean(text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new Error("must be true or false");
}

/** The non-negative ones of Go's time.ParseDuration. */
function readDuration(text: string): number {
  const durationMs = parseGoDuration(text);
  if (durationMs !== undefined && durationMs >= 0) return durationMs;
  throw new Error("must be a duration such as 300ms, 15s or 1m30s");
}
