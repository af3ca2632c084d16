import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";

/** A watch that can be closed. */
export interface DirectoryWatch {
  close(): void;
}

/**
 * Watches one directory, not what lies below it. Throws when that is not possible.
 *
 * @param onChange - Something was created, changed, renamed or deleted in it, or the directory itself was.
 * @param onError - The watch has ended by itself.
 */
export type WatchDirectory = (path: string, onChange: () => void, onError: (error: Error) => void) => DirectoryWatch;

/** Watches by the operating system. Does not keep the process alive. */
export const watchDirectory: WatchDirectory = (path, onChange, onError) => {
  const watcher: FSWatcher = watch(path, { persistent: false }, () => onChange());
  watcher.on("error", onError);
  return watcher;
};

/** A directory that is not watched now. */
export interface UnwatchedDirectory {
  readonly path: string;
  readonly error: NodeJS.ErrnoException;
}

interface OpenWatch extends DirectoryWatch {
  /** Which directory the path led to when the watch began. */
  readonly identity: string;
}

/**
 * Watches of some directories, which may come, go and be replaced. A watch holds on to the directory that its path led
 * to; {@link renew} finds out where the path leads now.
 */
export class DirectoryWatches {
  readonly #watchDirectory: WatchDirectory;
  readonly #onChange: () => void;
  readonly #open = new Map<string, OpenWatch>();

  constructor(watchDirectoryBy: WatchDirectory, onChange: () => void) {
    this.#watchDirectory = watchDirectoryBy;
    this.#onChange = onChange;
  }

  /** Watches exactly these directories, and returns the ones that cannot be watched. */
  async renew(paths: readonly string[]): Promise<readonly UnwatchedDirectory[]> {
    for (const path of this.#open.keys()) if (!paths.includes(path)) this.#close(path);
    const unwatched: UnwatchedDirectory[] = [];
    for (const path of paths) {
      try {
        await this.#renewOne(path);
      } catch (error) {
        this.#close(path);
        unwatched.push({ path, error: error as NodeJS.ErrnoException });
      }
    }
    return unwatched;
  }

  close(): void {
    for (const path of this.#open.keys()) this.#close(path);
  }

  async #renewOne(path: string): Promise<void> {
    const { dev, ino, birthtimeMs } = await stat(path);
    const identity = [dev, ino, birthtimeMs].join();
    if (this.#open.get(path)?.identity === identity) return;
    this.#close(path);
    const ended = (): void => {
      this.#close(path);
      this.#onChange();
    };
    const opened = this.#watchDirectory(path, this.#onChange, ended);
    this.#open.set(path, { identity, close: () => opened.close() });
  }

  #close(path: string): void {
    this.#open.get(path)?.close();
    this.#open.delete(path);
  }
}
