import type { Discoverer, DiscoverySink } from "../../allocator/index.ts";
import { type Clock, delay } from "../../observability/clock.ts";
import { Wakeup } from "../wakeup.ts";
import { DirectoryWatches, type UnwatchedDirectory, type WatchDirectory } from "./directory-watches.ts";
import { directoriesOf, expandGlob, isWellFormed } from "./glob.ts";
import type { FileSettings } from "./settings.ts";
import { type FileReadObserver, type FilesRead, WatchedFiles } from "./watched-files.ts";

/** What file discoverers report for metrics. */
export interface FileObserver extends FileReadObserver {
  /** All files were read, which took so many seconds. */
  scanned(seconds: number): void;
  watchFailed(): void;
}

/** What the file mechanism needs of its surroundings. */
export interface FileDiscovererOptions {
  readonly settings: FileSettings;
  readonly watchDirectory: WatchDirectory;
  readonly clock: Clock;
  readonly observer: FileObserver;
}

/** A writer makes several changes in a row; one that is caught in the middle has written half a list. */
const QUIET_MS = 100;
/** How often a directory is looked for that does not exist. */
const MISSING_RETRY_MS = 5_000;
const MOST_PROBLEMS = 10;

/**
 * `file_sd_configs`: target groups in JSON and YAML files. Files are read again as soon as anything happens in their
 * directories (also when a mounted ConfigMap is swapped), and after each refresh interval in any case.
 *
 * The groups of a file that cannot be used stay as they were; the others are updated. Discovery has not settled while
 * no file could be used and one of them, or its directory, has a problem: there are targets, but nobody knows which.
 */
export class FileDiscoverer implements Discoverer {
  readonly #options: FileDiscovererOptions;

  constructor(options: FileDiscovererOptions) {
    this.#options = options;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    const { watchDirectory, observer } = this.#options;
    const wakeup = new Wakeup();
    const watches = new DirectoryWatches(watchDirectory, () => wakeup.notify());
    const files = new WatchedFiles(observer);
    const delivery = new Delivery(sink);
    try {
      while (!signal.aborted) {
        const look = await this.#look(watches, files);
        if (!signal.aborted) delivery.deliver(look);
        const missing = look.unwatched.some(isMissing);
        await this.#pause(missing ? MISSING_RETRY_MS : Infinity, wakeup, signal);
      }
    } finally {
      watches.close();
      files.close();
    }
  }

  async #look(watches: DirectoryWatches, files: WatchedFiles): Promise<Look> {
    const { settings, clock, observer } = this.#options;
    const started = clock.monotonic();
    const patterns = settings.files.filter(isWellFormed);
    const malformed = settings.files.filter((pattern) => !isWellFormed(pattern));
    const directories = await Promise.all(patterns.map(directoriesOf));
    // Watched before they are read: a change in between would go unnoticed the other way round.
    const unwatched = await watches.renew([...new Set(directories.flat())]);
    const paths = await Promise.all(patterns.map(expandGlob));
    const read = await files.read(paths.flat());
    observer.scanned((clock.monotonic() - started) / 1_000);
    for (const _ of unwatched) observer.watchFailed();
    return { ...read, malformed, unwatched };
  }

  /** Until something has changed and is quiet again, or it is time to look anyway. */
  async #pause(longestMs: number, wakeup: Wakeup, signal: AbortSignal): Promise<void> {
    const { settings, clock } = this.#options;
    const cancel = clock.after(Math.min(settings.refreshIntervalMs, longestMs), () => wakeup.notify());
    await wakeup.wait(signal);
    cancel();
    await delay(clock, QUIET_MS, signal).catch(() => undefined);
  }
}

interface Look extends FilesRead {
  readonly malformed: readonly string[];
  readonly unwatched: readonly UnwatchedDirectory[];
}

/** Carries what was found to the sink. Lives for one run. */
class Delivery {
  readonly #sink: DiscoverySink;
  #settled = false;
  #failing = false;

  constructor(sink: DiscoverySink) {
    this.#sink = sink;
  }

  deliver(look: Look): void {
    const error = errorOf(look);
    if (this.#settled) {
      // An update clears the failure, so that a lasting one would look as if it came anew each time.
      if (look.groups.length > 0 || (this.#failing && error === undefined)) this.#sink.update(look.groups);
    } else if (look.usable > 0 || !isUnknown(look)) {
      this.#settled = true;
      this.#sink.update(look.groups);
    }
    if (error !== undefined) this.#sink.failed(error);
    this.#failing = error !== undefined;
  }
}

/** Whether there may be targets that nobody knows: a file that cannot be used, a directory that is not there (yet). */
function isUnknown({ problems, malformed, unwatched }: Look): boolean {
  return problems.length > 0 || malformed.length > 0 || unwatched.some(isMissing);
}

function isMissing({ error }: UnwatchedDirectory): boolean {
  return error.code === "ENOENT";
}

function errorOf({ problems, malformed, unwatched }: Look): Error | undefined {
  const texts = [
    ...malformed.map((pattern) => `${JSON.stringify(pattern)} is no path pattern: a bracket or backslash has no end`),
    ...problems.map(({ path, error }) => `reading ${path}: ${error.message}; its targets stay as they were`),
    ...unwatched.map(explainUnwatched),
  ];
  if (texts.length === 0) return undefined;
  const told = texts.slice(0, MOST_PROBLEMS);
  if (texts.length > told.length) told.push(`and ${String(texts.length - told.length)} more`);
  const cause = problems[0]?.error ?? unwatched[0]?.error;
  return new Error(`file_sd_configs: ${told.join("; ")}`, cause === undefined ? {} : { cause });
}

function explainUnwatched(directory: UnwatchedDirectory): string {
  const { path, error } = directory;
  if (isMissing(directory)) return `directory ${path} does not exist`;
  const limit = ["ENOSPC", "EMFILE"].includes(error.code ?? "");
  const advice = limit ? "; raise fs.inotify.max_user_watches and max_user_instances" : "";
  return `directory ${path} cannot be watched, so changes are seen at the refresh interval: ${error.message}${advice}`;
}
