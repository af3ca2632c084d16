import { Session } from "node:inspector/promises";
import { setTimeout as delay } from "node:timers/promises";

/** A profile is being taken: one at a time, because each slows the process. */
export class ProfilerBusyError extends Error {
  readonly code = "PROFILER_BUSY";
  override readonly name = "ProfilerBusyError";
}

/** Profiles of this process, in the formats that the developer tools of Chromium open. */
export class Profiler {
  #busy = false;

  /** What the process spends its time on, as a `.cpuprofile`; aborted early it holds what was seen until then. */
  async cpuProfile(durationMs: number, signal: AbortSignal): Promise<string> {
    return this.#inSession(async (session) => {
      await session.post("Profiler.enable");
      await session.post("Profiler.start");
      await delay(durationMs, undefined, { signal }).catch(() => undefined);
      const { profile } = await session.post("Profiler.stop");
      return JSON.stringify(profile);
    });
  }

  /** What is in memory, as a `.heapsnapshot`, piece by piece. Nothing else runs while it is taken. */
  async heapSnapshot(write: (chunk: string) => void): Promise<void> {
    await this.#inSession(async (session) => {
      session.on("HeapProfiler.addHeapSnapshotChunk", ({ params }) => write(params.chunk));
      await session.post("HeapProfiler.takeHeapSnapshot");
    });
  }

  async #inSession<T>(use: (session: Session) => Promise<T>): Promise<T> {
    if (this.#busy) throw new ProfilerBusyError("another profile is being taken; ask again when it is complete");
    this.#busy = true;
    const session = new Session();
    try {
      session.connect();
      return await use(session);
    } finally {
      session.disconnect();
      this.#busy = false;
    }
  }
}
