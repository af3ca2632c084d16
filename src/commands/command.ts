import type { Environment } from "../options/sources.ts";

/** What a command may use of the process. */
export interface CommandContext {
  readonly env: Environment;
  /** Standard input. */
  readonly input: NodeJS.ReadableStream;
  /** Aborted when the command is to stop in good order. */
  readonly signal: AbortSignal;
  /** Writes to standard output: results. */
  out(text: string): void;
  /** Writes to standard error: everything else that is no log. */
  err(text: string): void;
}

/**
 * The exit codes of every command. Where 2 says what was found (`doctor`, `render`), a command line that cannot be
 * understood ends in 1: no pipeline must take the one for the other.
 */
export const EXIT = Object.freeze({ ok: 0, failure: 1, usage: 2, found: 2 });

/**
 * One subcommand. Resolves with the exit code once everything that it started has ended; a rejection is a failure that
 * is explained to the user by its message and causes.
 */
export type Command = (argv: readonly string[], context: CommandContext) => Promise<number>;
