import type { KubeObject, NamespacedName } from "../api/meta.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { ListOptions } from "./client.ts";

/** What is watched. Two scopes with equal fields share one watch. */
export interface WatchScope extends ListOptions {
  readonly type: ResourceType;
  /**
   * What is kept of each object, by name. "full" keeps all but managedFields; the others are strip transforms that the
   * adapter knows (strip-transforms.ts). A watch is shared only by equal shapes. @default "full"
   */
  readonly shape?: ObjectShape;
}

/** Which part of the objects the cache keeps; see {@link WatchScope.shape}. */
export type ObjectShape = "full" | "discovery";

/** One change of one object. `previous` is what the cache held before; the objects must not be modified. */
export type ChangeEvent<T extends KubeObject = KubeObject> =
  | { readonly type: "added"; readonly object: T }
  | { readonly type: "updated"; readonly object: T; readonly previous: T }
  | { readonly type: "deleted"; readonly object: T };

/** Reads from a cache that a watch keeps current. Objects are shared: never modify them. */
interface Lister<T extends KubeObject = KubeObject> {
  get(key: NamespacedName): T | undefined;
  /** In no particular order. */
  list(): Iterable<T>;
  readonly size: number;
}

/**
 * A use of a shared watch. The watch lists, follows changes, lists again after an expiry or a lost connection with
 * jittered back-off, and never gives up; differences found by a new list arrive as ordinary changes.
 */
export interface Informer<T extends KubeObject = KubeObject> extends Lister<T> {
  /** True once the first complete list is in the cache; stays true. */
  readonly synced: boolean;
  /** Resolves when synced; rejects with the signal's reason. */
  whenSynced(signal: AbortSignal): Promise<void>;
  /**
   * Calls the handler for everything in the cache now (as "added", before this returns) and for every later change.
   * An exception of the handler is logged and harms neither the watch nor other handlers. Returns the unsubscription.
   */
  onChange(handler: (event: ChangeEvent<T>) => void): () => void;
  /**
   * Calls the handler when the watch starts to fail (with what was tried on what) and with undefined when it has
   * recovered. The current state is reported at once if it is a failure. Returns the unsubscription.
   */
  onHealth(handler: (error: Error | undefined) => void): () => void;
  /** Ends this use: its handlers are dropped, and the watch stops when nobody uses it any more. Idempotent. */
  release(): void;
}

/** Hands out uses of shared watches. */
export interface InformerFactory {
  /** Starts the watch if no equal scope is in use. */
  informer<T extends KubeObject>(scope: WatchScope): Informer<T>;
}
