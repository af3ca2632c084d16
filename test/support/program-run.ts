import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { ROOT } from "../../tools/real-parts/parts.ts";

/** One run of the executable, from its start to its end. */
export interface ProgramRun {
  /** The exit code; -1 when a signal ended it. */
  readonly code: number;
  readonly out: string;
  /** Messages and log. */
  readonly err: string;
}

export interface ProgramRunOptions {
  /** The working directory, and the home: nothing of the user who runs the tests is read. */
  readonly dir: string;
  readonly env?: Readonly<Record<string, string>>;
  /** After this time it is killed. @default 60_000 */
  readonly withinMs?: number;
}

/** Runs `bin/otel-allocator` as a user does, and waits until it ends by itself. */
export async function runProgramToEnd(args: readonly string[], options: ProgramRunOptions): Promise<ProgramRun> {
  const { dir, env = {}, withinMs = 60_000 } = options;
  const child = spawn(join(ROOT, "bin", "otel-allocator"), args, {
    cwd: dir,
    env: { PATH: process.env["PATH"], HOME: dir, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: withinMs,
    killSignal: "SIGKILL",
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? -1));
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}
