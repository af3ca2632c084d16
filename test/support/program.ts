import { join } from "node:path";
import { type Child, freePorts, startChild, tailOf } from "../../tools/real-parts/child.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { eventually } from "./eventually.ts";

/** This project's own executable, run as a user runs it. */
export interface Program {
  readonly child: Child;
  readonly url: string;
  /** Waits for `GET /readyz` (of the given address) to answer 200. */
  whenReady(readyUrl?: string): Promise<void>;
}

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly dir: string;
  /** Names the log file. */
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where it will listen; must be what `args` say. */
  readonly url: string;
}

/** Starts `bin/otel-allocator`. */
export function startProgram({ args, dir, name, env = {}, url }: ProgramOptions): Program {
  const logPath = join(dir, `${name}.log`);
  const child = startChild({ command: join(ROOT, "bin", "otel-allocator"), args, logPath, env, cwd: dir });
  let ended: number | undefined;
  void child.exited.then((code) => (ended = code));
  return {
    child,
    url,
    async whenReady(readyUrl = `${url}/readyz`): Promise<void> {
      await eventually(
        async () => {
          if (ended !== undefined)
            throw new Error(`${name} ended with ${ended}. Its log ends with:\n${tailOf(logPath)}`);
          const response = await fetch(readyUrl).catch(() => undefined);
          if (response?.status !== 200) {
            throw new Error(`${name} is not ready: ${response?.status} ${await response?.text()}\n${tailOf(logPath)}`);
          }
        },
        { withinMs: 60_000 },
      );
    },
  };
}

/** A free address on loopback. */
export async function freeAddress(): Promise<string> {
  const [port] = await freePorts(1);
  return `127.0.0.1:${port}`;
}
