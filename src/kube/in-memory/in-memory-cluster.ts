import { randomUUID } from "node:crypto";
import { type KubeObject, objectKey } from "../../api/meta.ts";
import { RESOURCES, type ResourceType } from "../../api/resource-type.ts";
import type { KubeClient } from "../client.ts";
import { toKubeError } from "../errors.ts";
import type { WatchScope } from "../informer.ts";
import { SharedInformers } from "../shared-informers.ts";
import { GarbageCollector } from "./garbage-collector.ts";
import { InMemoryClient } from "./in-memory-client.ts";
import { ObjectStore, type StoreChange } from "./object-store.ts";
import { storeSource } from "./store-source.ts";

const FIRST_NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];

export interface InMemoryClusterOptions {
  /** Milliseconds since the epoch, for timestamps of objects. @default Date.now */
  readonly now?: () => number;
  /** Give one that counts where the objects shown must not differ from run to run. @default randomUUID */
  readonly newUid?: () => string;
  /**
   * What happens to an object whose namespace does not exist: refused as by a server, or let in together with its
   * namespace. @default "refuse"
   */
  readonly missingNamespaces?: "refuse" | "create";
  /** An exception of a change handler of an informer. @default ignored */
  readonly onHandlerError?: (error: unknown, scope: WatchScope) => void;
}

/** An object and where it stands in the API. */
export interface PlacedObject {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

/**
 * The KubeClient and informer ports on a store in this process: what a server does with any object, without schemas,
 * defaults, admission or controllers. Informers hear of a write after the call that made it has returned, and before
 * its promise resolves.
 */
export class InMemoryCluster {
  readonly #store: ObjectStore;
  readonly #collector: GarbageCollector;
  readonly #missingNamespaces: "refuse" | "create";
  /** Watches of the store. close() ends them. */
  readonly informers: SharedInformers;

  constructor(options: InMemoryClusterOptions = {}) {
    this.#store = new ObjectStore({ now: options.now ?? Date.now, newUid: options.newUid ?? randomUUID });
    this.#collector = new GarbageCollector(this.#store);
    this.#missingNamespaces = options.missingNamespaces ?? "refuse";
    this.informers = new SharedInformers({
      source: storeSource(this.#store),
      onHandlerError: options.onHandlerError ?? (() => undefined),
    });
    for (const name of FIRST_NAMESPACES) this.#createNamespace(name);
  }

  /** A client whose writes are those of the field manager. */
  client(fieldManager: string): KubeClient {
    return new InMemoryClient({
      store: this.#store,
      collector: this.#collector,
      fieldManager,
      enterNamespace: (namespace, attempt) => this.#enterNamespace(namespace, attempt),
    });
  }

  /** Everything there is, in no particular order. */
  *objects(): IterableIterator<PlacedObject> {
    for (const { type, object } of this.#store.all()) yield { type, object };
  }

  /** Stores the object as it is, status included, in place of one of the same name. For worlds that are made up. */
  put<T extends KubeObject>(type: ResourceType, object: T): T {
    const copy = JSON.parse(JSON.stringify(object)) as T;
    const { namespace = "", name } = copy.metadata;
    if (type.namespaced) this.#enterNamespace(namespace, `storing ${type.kind} ${objectKey(copy)}`);
    const live = this.#store.get(type, { namespace, name });
    const stored =
      live === undefined ? this.#store.insert(type, copy, new Map()) : this.#store.update(live, copy, live.managers);
    this.#collector.collect();
    return stored.object as T;
  }

  /** Calls back after each change of any object, in order, in a turn of its own. Returns the unsubscription. */
  onChange(handler: (change: StoreChange) => void): () => void {
    return this.#store.onChange((change) => queueMicrotask(() => handler(change)));
  }

  #enterNamespace(namespace: string, attempt: string): void {
    const stored = this.#store.get(RESOURCES.Namespace, { namespace: "", name: namespace });
    if (stored === undefined && this.#missingNamespaces === "create") this.#createNamespace(namespace);
    else if (stored === undefined) {
      throw toKubeError(`${attempt}: namespaces "${namespace}" not found`, { status: 404, reason: "NotFound" });
    } else if (stored.object.metadata.deletionTimestamp !== undefined) {
      const message = `namespace ${namespace} is being terminated`;
      throw toKubeError(`${attempt}: ${message}`, { status: 403, reason: "Forbidden" });
    }
  }

  #createNamespace(name: string): void {
    // The label is what a server sets on every namespace.
    const metadata = { name, labels: { "kubernetes.io/metadata.name": name } };
    this.#store.insert(RESOURCES.Namespace, { apiVersion: "v1", kind: "Namespace", metadata }, new Map());
  }
}
