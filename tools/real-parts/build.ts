import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cachedPath, locate, type Part, type PartName, PARTS, ROOT } from "./parts.ts";

const PROGRESS_EVERY_MS = 15_000;
const STALE_LOCK_MS = 20 * 60_000;

/** Go is not installed, or a build failed. The message says what to do. */
class BuildError extends Error {
  readonly code = "REAL_PART_BUILD";
  override readonly name = "BuildError";
}

/**
 * The binary of a part, built first when it is not there yet. Progress goes to `say` at least every 15 seconds.
 * Several processes may ask at once: one builds, the others wait for it.
 *
 * @throws BuildError when Go is missing or the build fails.
 */
export async function ensurePart(name: PartName, say: (line: string) => void): Promise<string> {
  const part: Part = PARTS[name];
  const output = cachedPath(part);
  mkdirSync(dirname(output), { recursive: true });
  for (;;) {
    const found = locate(name);
    if (found !== undefined) return found;
    if (takeLock(dirname(output))) break;
    say(`${name}: waiting for another build of it to end`);
    await delay(5_000);
  }
  try {
    await build(part, output, say);
  } finally {
    rmSync(lockOf(dirname(output)), { force: true });
  }
  return output;
}

async function build(part: Part, output: string, say: (line: string) => void): Promise<void> {
  const started = Date.now();
  const seconds = (): string => `${Math.round((Date.now() - started) / 1000)} s`;
  say(`${part.name}: building from tools/${part.source} (the first time this takes about ${part.takes} on 2 cores)`);
  const progress = setInterval(() => say(`${part.name}: still building, ${seconds()}`), PROGRESS_EVERY_MS);
  const partial = `${output}.${String(process.pid)}.partial`;
  try {
    for (const [command, ...args] of part.steps(partial)) {
      await runStep(part, command ?? "", args);
    }
    renameSync(partial, output);
    say(`${part.name}: built in ${seconds()}`);
  } finally {
    clearInterval(progress);
    rmSync(partial, { force: true });
  }
}

async function runStep(part: Part, command: string, args: readonly string[]): Promise<void> {
  const tail: string[] = [];
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: join(ROOT, "tools", part.source),
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const keep = (chunk: Buffer): void => {
      tail.push(chunk.toString());
      if (tail.length > 40) tail.shift();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", (cause: NodeJS.ErrnoException) => {
      reject(
        new BuildError(
          cause.code === "ENOENT"
            ? `${part.name} is built with Go, and there is no "${command}" on PATH. Install Go 1.26 or newer ` +
                "(https://go.dev/doc/install), or set KUBEBUILDER_ASSETS to a folder that holds the binaries."
            : `starting ${command} for ${part.name}: ${cause.message}`,
          { cause },
        ),
      );
    });
    child.once("exit", (status, signal) => resolve(status ?? (signal === null ? 1 : 128)));
  });
  if (code !== 0) {
    throw new BuildError(
      `building ${part.name}: ${command} ended with code ${code}. Its last output:\n${tail.join("")}`,
    );
  }
}

const lockOf = (folder: string): string => join(folder, "lock");

function takeLock(folder: string): boolean {
  const lock = lockOf(folder);
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    const { mtimeMs } = statSync(lock, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
    // A build that was interrupted leaves its lock behind.
    if (Date.now() - mtimeMs > STALE_LOCK_MS || !isRunning(lock)) rmSync(lock, { force: true });
    return false;
  }
}

/** Whether the process that took a lock is still there; true when that cannot be told. */
function isRunning(lock: string): boolean {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    // Empty for the moment between creation and writing.
    return pid === 0 || process.kill(pid, 0);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== "ESRCH";
  }
}
