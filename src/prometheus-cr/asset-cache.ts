import type { KubeObject } from "../api/meta.ts";
import { RESOURCES } from "../api/resource-type.ts";
import type { KubeClient } from "../kube/client.ts";
import type { InformerFactory } from "../kube/informer.ts";
import type { Clock } from "../observability/clock.ts";
import { type AssetId, type AssetKey, AssetMissingError, type AssetReader, WITHHELD } from "./asset-reader.ts";
import { WatchedAsset } from "./watched-asset.ts";

export interface AssetCacheOptions {
  readonly informers: InformerFactory;
  readonly client: Pick<KubeClient, "get">;
  readonly clock: Clock;
  /** Whether to try and watch the object; one that is not watched is read again now and then. */
  readonly mayWatch: (id: AssetId) => boolean;
  /** Secrets are not read at all; WITHHELD stands for each of their values. */
  readonly withholdSecrets: boolean;
  /** What these users have read has changed, or is known for the first time. */
  readonly onChange: (users: ReadonlySet<string>) => void;
}

interface Entry {
  readonly asset: WatchedAsset;
  readonly users: Set<string>;
}

const NO_ASSETS: readonly AssetId[] = [];

/**
 * The Secrets and ConfigMaps that monitors refer to, and no others: each is watched by its name for as long as anybody uses
 * it, so that a change of a password is known at once and the memory is that of the referenced objects.
 */
export class AssetCache implements AssetReader {
  readonly #options: AssetCacheOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #used = new Map<string, readonly AssetId[]>();

  constructor(options: AssetCacheOptions) {
    this.#options = options;
  }

  secret(namespace: string, ref: AssetKey): string {
    if (this.#options.withholdSecrets) return WITHHELD;
    const id = { kind: "Secret", namespace, name: ref.name ?? "" } as const;
    return Buffer.from(this.#read(id, ref.key ?? ""), "base64").toString();
  }

  configMap(namespace: string, ref: AssetKey): string {
    return this.#read({ kind: "ConfigMap", namespace, name: ref.name ?? "" }, ref.key ?? "");
  }

  /** From now on the user uses exactly these objects. Those that nobody uses any more are let go. */
  use(user: string, ids: readonly AssetId[]): void {
    const before = this.#used.get(user) ?? NO_ASSETS;
    const named = ids.filter((id) => this.#isRead(id));
    if (named.length === 0) this.#used.delete(user);
    else this.#used.set(user, named);
    for (const id of named) this.#entryOf(id).users.add(user);
    const kept = new Set(named.map(keyOfAsset));
    for (const id of before) if (!kept.has(keyOfAsset(id))) this.#release(user, id);
  }

  /** Whether it is known of all these objects what is in them, or that they cannot be read. */
  knows(ids: readonly AssetId[]): boolean {
    return ids.every((id) => this.#entries.get(keyOfAsset(id))?.asset.known ?? !this.#isRead(id));
  }

  /** How many objects are held. */
  get size(): number {
    return this.#entries.size;
  }

  /** Objects whose changes are not told by the server but looked for now and then. */
  get reread(): readonly AssetId[] {
    return [...this.#entries.values()].flatMap(({ asset }) => (asset.rereads ? [asset.id] : []));
  }

  stop(): void {
    for (const { asset } of this.#entries.values()) asset.stop();
    this.#entries.clear();
    this.#used.clear();
  }

  #read(id: AssetId, key: string): string {
    const what = `${id.kind} ${id.namespace}/${id.name}`;
    const asset = this.#entries.get(keyOfAsset(id))?.asset;
    if (asset?.failure !== undefined) throw new AssetMissingError(`${what} cannot be read: ${asset.failure}`);
    const data = asset?.object === undefined ? undefined : dataOf(asset.object);
    if (data === undefined) throw new AssetMissingError(`${what} does not exist`);
    if (!Object.hasOwn(data, key)) throw new AssetMissingError(`${what} has no key ${JSON.stringify(key)}`);
    return data[key] ?? "";
  }

  #isRead({ kind, name }: AssetId): boolean {
    return name !== "" && !(kind === "Secret" && this.#options.withholdSecrets);
  }

  #entryOf(id: AssetId): Entry {
    const key = keyOfAsset(id);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const users = new Set<string>();
    const { onChange, mayWatch, withholdSecrets: _own, ...surroundings } = this.#options;
    const asset = new WatchedAsset({ ...surroundings, id, type: RESOURCES[id.kind], onChange: () => onChange(users) });
    const entry = { asset, users };
    this.#entries.set(key, entry);
    asset.start({ watching: mayWatch(id) });
    return entry;
  }

  #release(user: string, id: AssetId): void {
    const key = keyOfAsset(id);
    const entry = this.#entries.get(key);
    entry?.users.delete(user);
    if (entry?.users.size !== 0) return;
    entry.asset.stop();
    this.#entries.delete(key);
  }
}

function dataOf(object: KubeObject): Readonly<Record<string, string>> {
  return (object as KubeObject & { readonly data?: Readonly<Record<string, string>> }).data ?? {};
}

function keyOfAsset({ kind, namespace, name }: AssetId): string {
  return `${kind} ${namespace}/${name}`;
}
