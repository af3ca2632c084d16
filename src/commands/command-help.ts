import { describeFlags } from "../options/command-line.ts";
import type { FlagSet } from "../options/flags.ts";

export interface CommandHelp {
  /** What follows `otel-allocator`, such as `dev DIR [FLAGS]`. */
  readonly usage: string;
  /** A few lines: what it does and what it needs. */
  readonly about: string;
  readonly flags: FlagSet;
}

/** The text of `otel-allocator COMMAND --help`. */
export function commandHelp({ usage, about, flags }: CommandHelp): string {
  return `${about}\n\nUsage: otel-allocator ${usage}\n\nFlags:\n${describeFlags(flags)}\n  -h, --help\n`;
}
