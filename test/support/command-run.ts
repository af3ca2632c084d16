import { Readable } from "node:stream";
import { runProgram } from "../../src/commands/program.ts";

/** One run of `otel-allocator` in this process. */
export interface CommandRun {
  /** The exit code. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandRunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Told what is written to standard output. */
  readonly onOut?: (text: string) => void;
}

/** Runs a command line to its end. Logs go to the process's standard error: keep them off by flags. */
export async function runCommand(argv: readonly string[], options: CommandRunOptions = {}): Promise<CommandRun> {
  const { env = {}, input = "", signal = new AbortController().signal, onOut } = options;
  const written = { out: "", err: "" };
  const code = await runProgram(argv, {
    env,
    input: Readable.from([input]),
    signal,
    out(text) {
      written.out += text;
      onOut?.(text);
    },
    err(text) {
      written.err += text;
    },
  });
  return { code, ...written };
}
