import { keyOf, objectKey, type KubeObject, type NamespacedName } from "../../src/api/meta.ts";
import type { ResourceType } from "../../src/api/resource-type.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { ConflictError } from "../../src/kube/errors.ts";

type Written = Pick<KubeClient, "get" | "create" | "replace" | "delete">;

/** As much of an API server as a Lease needs: optimistic locking by resource version. */
class Store implements Written {
  readonly #objects = new Map<string, KubeObject>();
  #version = 0;

  async get<T extends KubeObject>(_type: ResourceType, key: NamespacedName): Promise<T | undefined> {
    return this.#objects.get(keyOf(key)) as T | undefined;
  }

  async create<T extends KubeObject>(_type: ResourceType, object: T): Promise<T> {
    if (this.#objects.has(objectKey(object))) throw conflict("creating", object);
    return this.#write(object);
  }

  async replace<T extends KubeObject>(_type: ResourceType, object: T): Promise<T> {
    const live = this.#objects.get(objectKey(object));
    if (live?.metadata.resourceVersion !== object.metadata.resourceVersion) throw conflict("replacing", object);
    return this.#write(object);
  }

  async delete(_type: ResourceType, key: NamespacedName): Promise<void> {
    this.#objects.delete(keyOf(key));
  }

  #write<T extends KubeObject>(object: T): T {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const stored = structuredClone({ ...object, metadata });
    this.#objects.set(objectKey(object), stored);
    return stored;
  }
}

function conflict(what: string, object: KubeObject): ConflictError {
  return new ConflictError(`${what} Lease ${objectKey(object)}: conflict`, { status: 409, reason: "Conflict" });
}

export const LeaseStore = Store as unknown as new () => KubeClient;
