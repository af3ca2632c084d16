/** Reads nodes, and watches what it has read. */
export interface ZNodeReader {
  /** undefined when there is no such node. */
  data(path: string): Promise<Buffer | undefined>;
  /** Their names; undefined when there is no such node. */
  children(path: string): Promise<readonly string[] | undefined>;
  /** Watches for the node to come, too. */
  exists(path: string): Promise<boolean>;
}

/** What a node holds now, by path; undefined for one that is gone. */
export type ZNodeChanges = ReadonlyMap<string, Buffer | undefined>;

interface ZNode {
  readonly data: Buffer;
  readonly children: ReadonlySet<string>;
}

/**
 * A node and everything below it. After a rejection it may have missed something, and must not be used any more.
 */
export class ZNodeTree {
  readonly #reader: ZNodeReader;
  readonly #root: string;
  readonly #nodes = new Map<string, ZNode>();

  constructor(reader: ZNodeReader, root: string) {
    this.#reader = reader;
    this.#root = root;
  }

  /** There is no such node, as far as is known. */
  get missing(): boolean {
    return !this.#nodes.has(this.#root);
  }

  /** Reads everything for the first time. */
  async load(): Promise<ZNodeChanges> {
    return this.refresh([this.#root]);
  }

  /**
   * Reads anew what has changed; answers with what differs.
   *
   * @param paths - Where something has happened, whatever it was. Others than the tree's own are passed over.
   */
  async refresh(paths: readonly string[]): Promise<ZNodeChanges> {
    const changes = new Map<string, Buffer | undefined>();
    for (const path of paths) {
      if (path === this.#root || this.#nodes.has(path)) await this.#read(path, changes);
    }
    return changes;
  }

  async #read(path: string, changes: Map<string, Buffer | undefined>): Promise<void> {
    const [data, names] = await Promise.all([this.#reader.data(path), this.#reader.children(path)]);
    if (data === undefined || names === undefined) return this.#lose(path, changes);
    const known = this.#nodes.get(path);
    if (known?.data.equals(data) !== true) changes.set(path, data);
    const children = new Set(names.map((name) => `${path === "/" ? "" : path}/${name}`));
    for (const child of known?.children ?? []) if (!children.has(child)) this.#drop(child, changes);
    this.#nodes.set(path, { data, children });
    const unknown = [...children].filter((child) => !this.#nodes.has(child));
    await Promise.all(unknown.map(async (child) => this.#read(child, changes)));
  }

  /** Whoever is above it is told too, except for the root, whose coming back must be waited for. */
  async #lose(path: string, changes: Map<string, Buffer | undefined>): Promise<void> {
    this.#drop(path, changes);
    if (path === this.#root && (await this.#reader.exists(path))) await this.#read(path, changes);
  }

  #drop(path: string, changes: Map<string, Buffer | undefined>): void {
    const node = this.#nodes.get(path);
    if (node === undefined) return;
    this.#nodes.delete(path);
    changes.set(path, undefined);
    for (const child of node.children) this.#drop(child, changes);
  }
}
