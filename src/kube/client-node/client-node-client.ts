import type { KubeObject, NamespacedName } from "../../api/meta.ts";
import { type ResourceType, apiVersionOf } from "../../api/resource-type.ts";
import type { DeleteOptions, KubeClient, ListOptions } from "../client.ts";
import { ExpiredError, NotFoundError, attemptOn, namespaceMissing } from "../errors.ts";
import type { ApiCall, ApiTransport } from "./api-transport.ts";
import { listPages } from "./list-pages.ts";
import { resourcePath } from "./resource-path.ts";

const APPLY_PATCH = "application/apply-patch+yaml";
const MERGE_PATCH = "application/merge-patch+json";
const LIST_ATTEMPTS = 3;

/** KubeClient over raw JSON; every write carries the field manager. */
export class ClientNodeClient implements KubeClient {
  readonly #transport: ApiTransport;
  readonly #fieldManager: string;

  constructor(transport: ApiTransport, fieldManager: string) {
    this.#transport = transport;
    this.#fieldManager = fieldManager;
  }

  async get<T extends KubeObject>(
    type: ResourceType,
    key: NamespacedName,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    return undefinedIfAbsent(this.#transport.send<T>({ ...addressed("reading", type, key), method: "GET" }, signal));
  }

  async list<T extends KubeObject>(
    type: ResourceType,
    options: ListOptions = {},
    signal?: AbortSignal,
  ): Promise<readonly T[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#listOnce<T>(type, options, signal);
      } catch (error) {
        // The pages were compacted away between two of them; a new list has new pages.
        if (!(error instanceof ExpiredError) || attempt === LIST_ATTEMPTS) throw error;
      }
    }
  }

  async create<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T> {
    const key = keyOfObject(object);
    return this.#transport.send<T>(
      {
        ...addressed("creating", type, key),
        path: resourcePath(type, { namespace: key.namespace }),
        method: "POST",
        query: { fieldManager: this.#fieldManager },
        body: object,
      },
      signal,
    );
  }

  async replace<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T> {
    return this.#transport.send<T>(
      {
        ...addressed("replacing", type, keyOfObject(object)),
        method: "PUT",
        query: { fieldManager: this.#fieldManager },
        body: object,
      },
      signal,
    );
  }

  async apply<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T> {
    const { managedFields: _refused, ...metadata } = object.metadata;
    return this.#apply<T>("applying", type, { ...object, metadata }, signal);
  }

  async applyStatus<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T> {
    const { name, namespace } = object.metadata;
    const metadata = namespace === undefined ? { name } : { name, namespace };
    const { status } = object as KubeObject & { readonly status?: unknown };
    const body = { apiVersion: apiVersionOf(type), kind: type.kind, metadata, status };
    return this.#apply<T>("applying status of", type, body, signal);
  }

  async mergePatch<T extends KubeObject>(
    type: ResourceType,
    key: NamespacedName,
    patch: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#transport.send<T>(
      {
        ...addressed("patching", type, key),
        method: "PATCH",
        query: { fieldManager: this.#fieldManager },
        contentType: MERGE_PATCH,
        body: patch,
      },
      signal,
    );
  }

  async delete(
    type: ResourceType,
    key: NamespacedName,
    { uid, propagation = "Background" }: DeleteOptions = {},
    signal?: AbortSignal,
  ): Promise<void> {
    const deletion = this.#transport.send(
      {
        ...addressed("deleting", type, key),
        method: "DELETE",
        body: {
          apiVersion: "v1",
          kind: "DeleteOptions",
          propagationPolicy: propagation,
          ...(uid === undefined ? {} : { preconditions: { uid } }),
        },
      },
      signal,
    );
    await undefinedIfAbsent(deletion);
  }

  async #listOnce<T extends KubeObject>(
    type: ResourceType,
    options: ListOptions,
    signal: AbortSignal | undefined,
  ): Promise<readonly T[]> {
    const identity = { apiVersion: apiVersionOf(type), kind: type.kind };
    const objects: T[] = [];
    for await (const { items } of listPages(this.#transport, type, options, signal)) {
      for (const item of items) objects.push({ ...(item as T), ...identity });
    }
    return objects;
  }

  async #apply<T extends KubeObject>(
    verb: "applying" | "applying status of",
    type: ResourceType,
    object: KubeObject,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const key = keyOfObject(object);
    const { attempt, path } = addressed(verb, type, key);
    return this.#transport.send<T>(
      {
        attempt,
        path: verb === "applying" ? path : `${path}/status`,
        method: "PATCH",
        query: { fieldManager: this.#fieldManager, force: true },
        contentType: APPLY_PATCH,
        body: object,
      },
      signal,
    );
  }
}

/** Without its namespace the path of an object would be one that no server knows. */
function addressed(verb: string, type: ResourceType, key: NamespacedName): Pick<ApiCall, "attempt" | "path"> {
  const attempt = attemptOn(verb, type, key);
  if (type.namespaced && key.namespace === "") throw namespaceMissing(attempt, type);
  return { attempt, path: resourcePath(type, key) };
}

function keyOfObject({ metadata: { namespace = "", name } }: KubeObject): NamespacedName {
  return { namespace, name };
}

/** A path that the server does not know, such as that of a kind without CRD, is 404 without this reason. */
async function undefinedIfAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NotFoundError && error.reason === "NotFound") return undefined;
    throw error;
  }
}
