import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import type { InMemoryCluster, PlacedObject } from "../../kube/in-memory/in-memory-cluster.ts";
import { followChanges } from "./follow-changes.ts";

/** Kinds that say nothing about what the operator did. */
const HIDDEN = new Set(["Namespace", "Node", "Lease"]);
/** A burst of changes is written once. */
const SETTLE_MS = 50;

/** Every object that is worth looking at, as the file that shows it: path below the directory to text. */
export function filesOf(objects: Iterable<PlacedObject>): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { type, object } of objects) {
    if (HIDDEN.has(type.kind)) continue;
    const { managedFields: _managedFields, ...metadata } = object.metadata;
    const path = join(metadata.namespace ?? "cluster", `${type.kind.toLowerCase()}-${metadata.name}.yaml`);
    files.set(path, stringify({ ...object, metadata }, { lineWidth: 0, aliasDuplicateObjects: false }));
  }
  return files;
}

/** Shows the objects of a cluster as YAML files, so that an editor is all one needs to look at them. */
export class GeneratedFiles {
  readonly #dir: string;
  readonly #cluster: InMemoryCluster;
  #written: ReadonlyMap<string, string> = new Map();

  /** @param dir - Everything in it is this object's: it is emptied at the start. */
  constructor(dir: string, cluster: InMemoryCluster) {
    this.#dir = dir;
    this.#cluster = cluster;
  }

  /** Writes until the signal is aborted; the files stay. */
  async run(signal: AbortSignal): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
    await mkdir(this.#dir, { recursive: true });
    await writeFile(join(this.#dir, ".gitignore"), "*\n");
    const subscribe = (changed: () => void): (() => void) => this.#cluster.onChange(changed);
    await followChanges({ subscribe, settleMs: SETTLE_MS, work: async () => this.#write() }, signal);
  }

  async #write(): Promise<void> {
    const files = filesOf(this.#cluster.objects());
    for (const [path, text] of files) {
      if (this.#written.get(path) === text) continue;
      await mkdir(dirname(join(this.#dir, path)), { recursive: true });
      await writeFile(join(this.#dir, path), text);
    }
    for (const path of this.#written.keys()) {
      if (!files.has(path)) await rm(join(this.#dir, path), { force: true });
    }
    this.#written = files;
  }
}
