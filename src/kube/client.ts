import type { KubeObject, NamespacedName } from "../api/meta.ts";
import type { ResourceType } from "../api/resource-type.ts";

/** Restricts a list or watch on the server. */
export interface ListOptions {
  /** One namespace; absent means all. Ignored for cluster-scoped kinds. */
  readonly namespace?: string;
  /** In the syntax of kubectl -l. */
  readonly labelSelector?: string;
  /** In the syntax of kubectl --field-selector. */
  readonly fieldSelector?: string;
}

/** Preconditions and reach of a delete. */
export interface DeleteOptions {
  /** Refuses with ConflictError when the live object is another one of the same name. */
  readonly uid?: string;
  /** What becomes of dependents. @default "Background" */
  readonly propagation?: "Background" | "Foreground" | "Orphan";
}

/**
 * Everything this program asks of an API server, except watching (see informer.ts). Objects are plain JSON in both
 * directions; what comes back is what the server stored.
 *
 * Every method rejects with a class of errors.ts, and with the signal's reason when it is aborted. Requests that the
 * server turned away with Retry-After (429, 503) are repeated a few times before they reject.
 */
export interface KubeClient {
  /** The live object, or undefined when there is none. */
  get<T extends KubeObject>(type: ResourceType, key: NamespacedName, signal?: AbortSignal): Promise<T | undefined>;

  /** All objects of the kind in scope, read page by page. */
  list<T extends KubeObject>(type: ResourceType, options?: ListOptions, signal?: AbortSignal): Promise<readonly T[]>;

  /** Creates; ConflictError when the name is taken. */
  create<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T>;

  /** PUT. With metadata.resourceVersion set, ConflictError when the live object has moved on. */
  replace<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T>;

  /**
   * Server-side apply with our field manager: creates, or makes the live object hold exactly the fields given, taking
   * fields over from other managers, and drops fields that we applied earlier and no longer give.
   */
  apply<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T>;

  /** Server-side apply to the status subresource: `object.status` becomes what we own of the status. */
  applyStatus<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T>;

  /** JSON merge patch. Set metadata.resourceVersion in the patch for an optimistic lock. */
  mergePatch<T extends KubeObject>(
    type: ResourceType,
    key: NamespacedName,
    patch: unknown,
    signal?: AbortSignal,
  ): Promise<T>;

  /** Deletes. Resolves when the object is already gone. */
  delete(type: ResourceType, key: NamespacedName, options?: DeleteOptions, signal?: AbortSignal): Promise<void>;
}
