import { readFile, readlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import {
  DirectoryWatches,
  type UnwatchedDirectory,
  type WatchDirectory,
} from "../../discovery/file/directory-watches.ts";
import { Wakeup } from "../../discovery/wakeup.ts";
import { type Clock, delay } from "../../observability/clock.ts";
import { isBlank } from "./config-file.ts";

/** Which file is followed, and who is told. */
export interface FollowedFileOptions {
  readonly path: string;
  /** Its content when it was read last. */
  readonly text: string;
  readonly watchDirectory: WatchDirectory;
  readonly clock: Clock;
  /** The file has another content than was told last, and it is complete as far as can be known. */
  readonly onText: (text: string) => void;
  /** The file cannot be read any more. What follows is a new text, be it the one before. */
  readonly onUnreadable: (error: NodeJS.ErrnoException) => void;
  /** A directory on the path cannot be watched, so that changes are seen late; called once. @default nobody is told */
  readonly onUnwatched?: (directory: UnwatchedDirectory) => void;
}

/** Changes that come together are one look. */
const JOIN_MS = 50;
/** How long a content must stay as it is before it counts. */
const SETTLED_MS = 250;
/** The same for a content that may well be half of one, or the moment between two. */
const DUBIOUS_MS = 2_000;
/** How often to look without a sign of a change: not every file system gives one, nor does every path to a file. */
const POLL_MS = 10_000;
/** As many symbolic links as Linux follows. */
const MOST_LINKS = 40;

/** What a look found. */
type Content = { readonly text: string } | { readonly error: NodeJS.ErrnoException };

/**
 * Follows the content of one file until the signal is aborted: through rewriting in place, renaming over it, deletion
 * and return, and through the swap of a symbolic link on its path, as a mounted ConfigMap has it.
 *
 * A writer may be in the middle of it. So a content counts only once it has not changed for a quarter of a second; and
 * for two seconds when it is empty, ends in the middle of a line, is the beginning of what was there before, or when
 * there is no file.
 */
export async function followFile(options: FollowedFileOptions, signal: AbortSignal): Promise<void> {
  const { path, clock, watchDirectory, onUnwatched } = options;
  let told = false;
  const wakeup = new Wakeup();
  const watches = new DirectoryWatches(watchDirectory, () => wakeup.notify());
  const patience = new Patience(options);
  try {
    while (!signal.aborted) {
      // Watched before it is read: a change in between would go unnoticed the other way round.
      const unwatched = (await watches.renew(await directoriesTo(path))).find(isThere);
      if (unwatched !== undefined && !told) onUnwatched?.(unwatched);
      told ||= unwatched !== undefined;
      const content = await read(path, signal);
      if (signal.aborted) return;
      const waitMs = patience.take(content);
      const cancel = clock.after(Math.min(waitMs, POLL_MS), () => wakeup.notify());
      await wakeup.wait(signal);
      cancel();
      await delay(clock, JOIN_MS, signal).catch(() => undefined);
    }
  } finally {
    watches.close();
  }
}

/** That a directory is gone is told by the file that cannot be read. */
function isThere({ error }: UnwatchedDirectory): boolean {
  return error.code !== "ENOENT";
}

/** Tells of a content once it has stayed as it is for long enough. */
class Patience {
  readonly #options: FollowedFileOptions;
  #told: Content;
  #seen: Content;
  #since = 0;

  constructor(options: FollowedFileOptions) {
    this.#options = options;
    this.#told = { text: options.text };
    this.#seen = this.#told;
  }

  /** Takes what is there now. Returns after how many milliseconds to look again though nothing seems to have changed. */
  take(content: Content): number {
    const now = this.#options.clock.monotonic();
    if (!same(content, this.#seen)) {
      this.#seen = content;
      this.#since = now;
    }
    if (same(content, this.#told)) return POLL_MS;
    const leftMs = this.#since + (isDubious(content, this.#told) ? DUBIOUS_MS : SETTLED_MS) - now;
    if (leftMs > 0) return leftMs;
    this.#told = content;
    if ("text" in content) this.#options.onText(content.text);
    else this.#options.onUnreadable(content.error);
    return POLL_MS;
  }
}

function same(a: Content, b: Content): boolean {
  if ("text" in a) return "text" in b && a.text === b.text;
  return "error" in b && a.error.code === b.error.code;
}

function isDubious(content: Content, before: Content): boolean {
  if ("error" in content) return true;
  const { text } = content;
  return isBlank(text) || !text.endsWith("\n") || ("text" in before && before.text.startsWith(text));
}

async function read(path: string, signal: AbortSignal): Promise<Content> {
  try {
    return { text: await readFile(path, { encoding: "utf8", signal }) };
  } catch (error) {
    return { error: error as NodeJS.ErrnoException };
  }
}

/** The directory of the file, and of everything that a symbolic link in its place leads to. */
async function directoriesTo(path: string): Promise<readonly string[]> {
  const found = new Set<string>();
  let at: string | undefined = resolve(path);
  for (let links = 0; at !== undefined && links < MOST_LINKS; links += 1) {
    const directory = dirname(at);
    found.add(directory);
    const target: string | undefined = await readlink(at).catch(() => undefined);
    at = target === undefined ? undefined : resolve(directory, target);
  }
  return [...found];
}
