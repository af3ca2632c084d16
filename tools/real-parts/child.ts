import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

/** A long-running program that a test or tool started, with its output in a file. */
export interface Child {
  readonly pid: number;
  readonly logPath: string;
  /** Resolves with what the program ended with, whenever that is. */
  readonly exited: Promise<number>;
  /** Sends the signal and waits for the end; SIGKILL after five seconds. Idempotent. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly logPath: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Goes on when this process ends. @default false: it is killed with us, even by SIGKILL */
  readonly detached?: boolean;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a program. */
export function startChild({ command, args, logPath, env, cwd, detached = false }: ChildOptions): Child {
  const log = openSync(logPath, "a");
  // pdeathsig ends the program even when this process is killed and cannot clean up.
  const [file, argv] =
    detached || process.platform !== "linux"
      ? [command, args]
      : ["setpriv", ["--pdeathsig", "SIGKILL", "--", command, ...args]];
  const child = spawn(file, argv, {
    stdio: ["ignore", log, log],
    env: { ...process.env, ...env },
    detached,
    ...(cwd === undefined ? {} : { cwd }),
  });
  closeSync(log);
  // A program that nobody stopped, because a set-up failed half way, must not keep this process from ending.
  child.unref();
  if (!detached) running.add(child);
  const exited = new Promise<number>((resolve) => {
    child.once("error", () => resolve(127));
    child.once("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
  void exited.then(() => running.delete(child));
  return {
    pid: child.pid ?? -1,
    logPath,
    exited,
    async stop(signal = "SIGTERM"): Promise<void> {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      const killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await exited;
      clearTimeout(killer);
    },
  };
}

/** The last lines of a log, for error messages. */
export function tailOf(logPath: string, lines = 15): string {
  return readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}

/** Ports on loopback that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
