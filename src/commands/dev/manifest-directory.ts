import { watch } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { objectKey } from "../../api/meta.ts";
import type { KubeClient } from "../../kube/client.ts";
import { explainFailure } from "../failure.ts";
import { followChanges } from "./follow-changes.ts";
import { type Manifest, type ManifestFile, readManifests } from "../manifests.ts";
import { UnreadableFileError } from "../unreadable-file-error.ts";

/** What one look at the directory has led to. */
export interface DirectoryChange {
  /** `Kind namespace/name`, in the order it was done. */
  readonly applied: readonly string[];
  readonly deleted: readonly string[];
  /** `FILE:LINE: what is wrong`, all there are now. What such a file held before stays in force. */
  readonly problems: readonly string[];
  /** Objects of kinds that nobody here reads, those that are new. */
  readonly ignored: readonly string[];
}

/** Editors write in several steps: what comes within this time is one save. */
const SETTLE_MS = 60;
/** How often to look where the system cannot tell of changes. */
const POLL_MS = 1_000;

interface KnownFile {
  readonly text: string | UnreadableFileError;
  /** Of the last text without problems. */
  readonly manifests: readonly Manifest[];
  readonly read: ManifestFile;
}

/**
 * A directory of manifests whose files are what would be applied: saving a file is `kubectl apply`, and what is no
 * longer in any file is deleted. Names that begin with a dot are left alone.
 */
export class ManifestDirectory {
  readonly #dir: string;
  readonly #client: KubeClient;
  #files: ReadonlyMap<string, KnownFile> = new Map();
  #applied: ReadonlyMap<string, Manifest> = new Map();
  #ignored: ReadonlySet<string> = new Set();

  constructor(dir: string, client: KubeClient) {
    this.#dir = dir;
    this.#client = client;
  }

  /** Objects that are in the directory now, files with problems as they last were without. */
  get manifests(): readonly Manifest[] {
    return [...this.#applied.values()];
  }

  /** Looks once and makes the cluster what the files say. Rejects when the directory itself cannot be read. */
  async sync(): Promise<DirectoryChange> {
    this.#files = await this.#read();
    const problems = [...this.#files.values()].flatMap(({ read }) => read.problems);
    const wanted = this.#wanted(problems);
    const done = new Map<string, Manifest>();
    const [applied, deleted]: [string[], string[]] = [[], []];
    for (const [id, manifest] of wanted) {
      const before = this.#applied.get(id);
      if (isDeepStrictEqual(before?.object, manifest.object)) done.set(id, manifest);
      else if (await this.#apply(manifest, problems)) {
        done.set(id, manifest);
        applied.push(id);
      } else if (before !== undefined) done.set(id, before);
    }
    for (const [id, { type, object }] of this.#applied) {
      if (wanted.has(id)) continue;
      await this.#client.delete(type, { namespace: object.metadata.namespace ?? "", name: object.metadata.name });
      deleted.push(id);
    }
    this.#applied = done;
    return { applied, deleted, problems, ignored: this.#newlyIgnored() };
  }

  /** Follows the directory until the signal is aborted, and reports each look that found something else than before. */
  async run(report: (change: DirectoryChange) => void, signal: AbortSignal): Promise<void> {
    let told: readonly string[] | undefined;
    const work = async (): Promise<void> => {
      const change = await this.sync();
      const { applied, deleted, problems, ignored } = change;
      const isNews = applied.length + deleted.length + ignored.length > 0 || !isDeepStrictEqual(told, problems);
      told = problems;
      if (isNews) report(change);
    };
    const subscribe = (changed: () => void): (() => void) => watchTree(this.#dir, changed);
    await followChanges({ subscribe, settleMs: SETTLE_MS, work }, signal);
  }

  async #read(): Promise<ReadonlyMap<string, KnownFile>> {
    const files = new Map<string, KnownFile>();
    for (const name of await manifestFiles(this.#dir)) {
      const path = join(this.#dir, name);
      const text = await readIfThere(path);
      if (text === undefined) continue;
      const known = this.#files.get(name);
      if (known?.text === text) {
        files.set(name, known);
        continue;
      }
      const read = typeof text === "string" ? readManifests(text, path) : unread(text);
      const manifests = read.problems.length === 0 ? read.manifests : (known?.manifests ?? []);
      files.set(name, { text, manifests, read });
    }
    return files;
  }

  #newlyIgnored(): readonly string[] {
    const ignored = [...this.#files.values()].flatMap(({ read }) => read.ignored);
    const fresh = ignored.filter((note) => !this.#ignored.has(note));
    this.#ignored = new Set(ignored);
    return fresh;
  }

  #wanted(problems: string[]): ReadonlyMap<string, Manifest> {
    const wanted = new Map<string, Manifest>();
    for (const manifest of [...this.#files.values()].flatMap(({ manifests }) => manifests)) {
      const id = `${manifest.type.kind} ${objectKey(manifest.object)}`;
      const first = wanted.get(id);
      if (first === undefined) wanted.set(id, manifest);
      else problems.push(`${manifest.at}: ${id} is also at ${first.at}, and that one counts`);
    }
    return wanted;
  }

  async #apply({ type, object, at }: Manifest, problems: string[]): Promise<boolean> {
    try {
      await this.#client.apply(type, object);
      if ("status" in object) await this.#client.applyStatus(type, object);
      return true;
    } catch (error) {
      problems.push(`${at}: ${explainFailure(error)}`);
      return false;
    }
  }
}

/** Undefined when the file is gone again: editors replace files by new ones. */
async function readIfThere(path: string): Promise<string | UnreadableFileError | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : new UnreadableFileError(path, error);
  }
}

function unread({ message }: UnreadableFileError): ManifestFile {
  return { manifests: [], problems: [message], ignored: [] };
}

async function manifestFiles(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir, { recursive: true });
  return names
    .filter((name) => /\.(ya?ml|json)$/.test(name) && !/(^|\/)\./.test(name))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

/** Calls back after changes, by the system's word or, where it has none left, by looking. Returns the end of it. */
function watchTree(dir: string, changed: () => void): () => void {
  try {
    const watcher = watch(dir, { recursive: true, persistent: false }, (_event, name) => {
      if (name === null || !/(^|\/)\./.test(name)) changed();
    });
    watcher.on("error", () => undefined);
    return () => watcher.close();
  } catch {
    const timer = setInterval(changed, POLL_MS).unref();
    return () => clearInterval(timer);
  }
}
