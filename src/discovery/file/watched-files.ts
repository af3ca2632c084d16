import { hash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";

import type { TargetGroup } from "../../allocator/index.ts";
import { emptyGroups, type ListedGroup, parseJsonGroups, toTargetGroups } from "../group-list.ts";
import { parseYamlGroups } from "./yaml-groups.ts";

/** Far more than a list of targets has; reading takes several times as much memory. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const PATH_LABEL = "__meta_filepath";

/** A file whose content cannot be used now. */
export interface FileProblem {
  readonly path: string;
  readonly error: Error;
}

/** What reading all files gave. */
export interface FilesRead {
  /** Groups that changed; those of lists that became shorter, and of files that are gone, without targets. */
  readonly groups: readonly TargetGroup[];
  /** Files whose earlier groups stay, because they cannot be used now. */
  readonly problems: readonly FileProblem[];
  /** How many files could be used. */
  readonly usable: number;
}

/** Counts what is read. */
export interface FileReadObserver {
  readFailed(): void;
  /** @param epochSeconds - When the file that was just read was modified. */
  modified(path: string, epochSeconds: number): void;
  vanished(path: string): void;
}

interface KnownFile {
  /** Of the content that was seen last; undefined when it could not be read. */
  readonly digest: string | undefined;
  /** Length of the list in the last content that could be used. */
  readonly groupCount: number;
  readonly problem: FileProblem | undefined;
}

/** The target groups of some files, and what has changed in them since they were read before. */
export class WatchedFiles {
  readonly #observer: FileReadObserver;
  #known: ReadonlyMap<string, KnownFile> = new Map();

  constructor(observer: FileReadObserver) {
    this.#observer = observer;
  }

  /** Reads exactly these files; one that is not among them any more is gone. One call at a time. */
  async read(paths: readonly string[]): Promise<FilesRead> {
    const groups: TargetGroup[] = [];
    const known = new Map<string, KnownFile>();
    for (const path of new Set(paths)) {
      const file = await this.#readOne(path, groups);
      known.set(path, file);
    }
    for (const [path, { groupCount }] of this.#known) {
      if (known.has(path)) continue;
      groups.push(...emptyGroups(path, 0, groupCount));
      this.#observer.vanished(path);
    }
    this.#known = known;
    const problems = [...known.values()].flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
    for (const _ of problems) this.#observer.readFailed();
    return { groups, problems, usable: known.size - problems.length };
  }

  /** Shows none of the files any more. */
  close(): void {
    for (const path of this.#known.keys()) this.#observer.vanished(path);
  }

  /** Adds what has changed to `groups`. */
  async #readOne(path: string, groups: TargetGroup[]): Promise<KnownFile> {
    const previous = this.#known.get(path);
    const groupCount = previous?.groupCount ?? 0;
    let digest: string | undefined;
    try {
      const { content, modifiedAt } = await readLimited(path);
      digest = hash("sha1", content);
      // The same content again says nothing new, whether it can be used or not.
      if (digest !== previous?.digest) {
        const listed = parse(path, content.toString("utf8"));
        groups.push(...(await toTargetGroups(listed, { source: path, label: [PATH_LABEL, path] }, groupCount)));
        this.#observer.modified(path, modifiedAt);
        return { digest, groupCount: listed.length, problem: undefined };
      }
      if (previous.problem === undefined) this.#observer.modified(path, modifiedAt);
      return previous;
    } catch (error) {
      return { digest, groupCount, problem: { path, error: error as Error } };
    }
  }
}

async function readLimited(path: string): Promise<{ readonly content: Buffer; readonly modifiedAt: number }> {
  const before = await stat(path);
  // A pipe or device could make the read wait for ever.
  if (!before.isFile()) throw new Error("it is no regular file");
  if (before.size > MAX_FILE_BYTES) throw new Error(`it is larger than ${String(MAX_FILE_BYTES)} bytes`);
  return { content: await readFile(path), modifiedAt: Math.floor(before.mtimeMs / 1_000) };
}

function parse(path: string, text: string): readonly ListedGroup[] {
  return /\.json$/i.test(path) ? parseJsonGroups(text) : parseYamlGroups(text);
}
