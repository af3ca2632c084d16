import { isDeepStrictEqual } from "node:util";
import { type KubeObject, type NamespacedName, keyOf } from "../../api/meta.ts";
import { type ResourceType, apiVersionOf } from "../../api/resource-type.ts";
import type { DeleteOptions, KubeClient, ListOptions } from "../client.ts";
import { attemptOn, namespaceMissing, toKubeError } from "../errors.ts";
import { applyMergePatch } from "../merge-patch.ts";
import { namespaceOf } from "../watch-scope.ts";
import { type ManagedObject, applyFields, updateFields } from "./field-managers.ts";
import type { GarbageCollector } from "./garbage-collector.ts";
import { traitsOf } from "./kind-traits.ts";
import type { ObjectStore, Stored } from "./object-store.ts";
import { selectorOf } from "./selectors.ts";

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

type Content = KubeObject & { readonly status?: unknown; readonly spec?: Readonly<Record<string, unknown>> };

export interface InMemoryClientOptions {
  readonly store: ObjectStore;
  readonly collector: GarbageCollector;
  readonly fieldManager: string;
  /** Called before an object is created in a namespace; throws when that may not be. */
  readonly enterNamespace: (namespace: string, attempt: string) => void;
}

/** KubeClient on the store. Answers are frozen; everything is done when a call returns, before its promise resolves. */
export class InMemoryClient implements KubeClient {
  readonly #options: InMemoryClientOptions;

  constructor(options: InMemoryClientOptions) {
    this.#options = options;
  }

  async get<T extends KubeObject>(
    type: ResourceType,
    key: NamespacedName,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    begin("reading", type, key, signal);
    return this.#options.store.get(type, key)?.object as T | undefined;
  }

  async list<T extends KubeObject>(
    type: ResourceType,
    options: ListOptions = {},
    signal?: AbortSignal,
  ): Promise<readonly T[]> {
    signal?.throwIfAborted();
    const selects = selectorOf(type, options);
    const namespace = namespaceOf({ type, ...options });
    const all = [...this.#options.store.ofKind(type)].map(({ object }) => object);
    return all.filter(
      (object) => (namespace === undefined || object.metadata.namespace === namespace) && selects(object),
    ) as unknown as readonly T[];
  }

  async create<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T> {
    const attempt = begin("creating", type, keyOfObject(object), signal);
    // Whoever is here may do everything.
    if (type.kind === "SelfSubjectAccessReview") return Object.assign({ ...object }, { status: { allowed: true } });
    const given = this.#accept(type, object, attempt);
    if (this.#options.store.get(type, keyOfObject(given)) !== undefined) {
      throw toKubeError(`${attempt}: it already exists`, { status: 409, reason: "AlreadyExists" });
    }
    const created = updateFields(blank(given), this.#manager("Update"), withoutStatus(type, given));
    return this.#insert(type, created, attempt) as T;
  }

  async replace<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T> {
    const attempt = begin("replacing", type, keyOfObject(object), signal);
    const given = this.#accept(type, object, attempt);
    const live = this.#mustExist(type, keyOfObject(given), attempt);
    if (given.metadata.resourceVersion === undefined && !traitsOf(type).unconditionalUpdate) {
      const message = "metadata.resourceVersion: must be specified for an update";
      throw toKubeError(`${attempt}: ${message}`, { status: 422, reason: "Invalid" });
    }
    checkPreconditions(live, given, attempt);
    return this.#update(live, updateFields(live, this.#manager("Update"), withStatusOf(live, given)), attempt) as T;
  }

  async apply<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T> {
    const attempt = begin("applying", type, keyOfObject(object), signal);
    const given = withoutStatus(type, this.#accept(type, object, attempt));
    const live = this.#options.store.get(type, keyOfObject(given));
    const manager = this.#manager("Apply");
    if (live === undefined) return this.#insert(type, applyFields(blank(given), manager, given), attempt) as T;
    checkPreconditions(live, given, attempt);
    return this.#update(live, applyFields(live, manager, given), attempt) as T;
  }

  async applyStatus<T extends KubeObject>(type: ResourceType, object: T, signal?: AbortSignal): Promise<T> {
    const attempt = begin("applying status of", type, keyOfObject(object), signal);
    const { apiVersion, kind, metadata, status } = this.#accept(type, object, attempt) as Content;
    const live = this.#mustExist(type, keyOfObject(object), attempt);
    if (!traitsOf(type).statusSubresource) throw notFound(attempt, "it has no status subresource");
    const { name, namespace } = metadata;
    const given = { apiVersion, kind, metadata: namespace === undefined ? { name } : { name, namespace } };
    const applied = status === undefined ? given : { ...given, status };
    return this.#update(live, applyFields(live, this.#manager("Apply/status"), applied), attempt) as T;
  }

  async mergePatch<T extends KubeObject>(
    type: ResourceType,
    key: NamespacedName,
    patch: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    const attempt = begin("patching", type, key, signal);
    const live = this.#mustExist(type, key, attempt);
    const patched = this.#accept(type, applyMergePatch(live.object, patch) as KubeObject, attempt);
    checkPreconditions(live, patched, attempt);
    return this.#update(live, updateFields(live, this.#manager("Update"), withStatusOf(live, patched)), attempt) as T;
  }

  async delete(
    type: ResourceType,
    key: NamespacedName,
    { uid, propagation = "Background" }: DeleteOptions = {},
    signal?: AbortSignal,
  ): Promise<void> {
    const attempt = begin("deleting", type, key, signal);
    const live = this.#options.store.get(type, key);
    if (live === undefined) return;
    if (uid !== undefined) checkUid(live, uid, attempt);
    this.#options.collector.delete(live, propagation);
    this.#options.collector.collect();
  }

  #manager(operation: "Apply" | "Update" | "Apply/status"): string {
    return `${this.#options.fieldManager}/${operation}`;
  }

  /** Checks what is sent, as far as a server does for every kind, and makes it our own. */
  #accept<T extends KubeObject>(type: ResourceType, object: T, attempt: string): T {
    const { apiVersion, kind, metadata } = object;
    if (apiVersion !== apiVersionOf(type) || kind !== type.kind) {
      throw invalid(attempt, `the object is a ${apiVersion} ${kind}, not a ${apiVersionOf(type)} ${type.kind}`);
    }
    if (type.group !== "rbac.authorization.k8s.io" && !NAME.test(metadata.name)) {
      throw invalid(attempt, "metadata.name must be lower-case letters, digits, '-' and '.'");
    }
    return JSON.parse(JSON.stringify(object)) as T;
  }

  #mustExist(type: ResourceType, key: NamespacedName, attempt: string): Stored {
    const live = this.#options.store.get(type, key);
    if (live === undefined) throw notFound(attempt, `${type.plural} "${keyOf(key)}" not found`);
    return live;
  }

  #insert(type: ResourceType, { object, managers }: ManagedObject, attempt: string): KubeObject {
    if (type.namespaced) this.#options.enterNamespace(object.metadata.namespace ?? "", attempt);
    const stored = this.#options.store.insert(type, object, managers);
    this.#options.collector.collect();
    return stored.object;
  }

  #update(live: Stored, { object, managers }: ManagedObject, attempt: string): KubeObject {
    checkImmutable(live, object, attempt);
    checkFinalizers(live, object, attempt);
    const stored = this.#options.store.update(live, object, managers);
    this.#options.collector.collect();
    return stored.object;
  }
}

function begin(verb: string, type: ResourceType, key: NamespacedName, signal: AbortSignal | undefined): string {
  signal?.throwIfAborted();
  const attempt = attemptOn(verb, type, key);
  if (type.namespaced && key.namespace === "") throw namespaceMissing(attempt, type);
  return attempt;
}

function keyOfObject({ metadata: { namespace = "", name } }: KubeObject): NamespacedName {
  return { namespace, name };
}

/** What there is of an object before its first write. */
function blank({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): ManagedObject {
  const metadata = namespace === undefined ? { name } : { name, namespace };
  return { object: { apiVersion, kind, metadata }, managers: new Map() };
}

function withoutStatus<T extends KubeObject>(type: ResourceType, object: T): T {
  if (!traitsOf(type).statusSubresource) return object;
  const { status: _status, ...rest } = object as T & Content;
  return rest as unknown as T;
}

function withStatusOf(live: Stored, object: KubeObject): KubeObject {
  if (!traitsOf(live.type).statusSubresource) return object;
  const { status } = live.object as Content;
  const rest = withoutStatus(live.type, object);
  return status === undefined ? rest : Object.assign({}, rest, { status });
}

function checkPreconditions(live: Stored, { metadata }: KubeObject, attempt: string): void {
  if (metadata.uid !== undefined) checkUid(live, metadata.uid, attempt);
  if (metadata.resourceVersion === undefined || metadata.resourceVersion === "") return;
  if (metadata.resourceVersion === live.object.metadata.resourceVersion) return;
  const message = "the object has been modified; apply your changes to the latest version and try again";
  throw toKubeError(`${attempt}: ${message}`, { status: 409, reason: "Conflict" });
}

function checkUid(live: Stored, uid: string, attempt: string): void {
  if (uid === live.object.metadata.uid) return;
  const message = `the uid in the precondition (${uid}) is not the live object's (${live.object.metadata.uid})`;
  throw toKubeError(`${attempt}: ${message}`, { status: 409, reason: "Conflict" });
}

function checkImmutable(live: Stored, next: Content, attempt: string): void {
  const before = (live.object as Content).spec ?? {};
  for (const name of traitsOf(live.type).immutable) {
    const isChanged = before[name] !== undefined && !isDeepStrictEqual(before[name], next.spec?.[name]);
    if (isChanged) throw invalid(attempt, `spec.${name}: field is immutable`);
  }
}

function checkFinalizers(live: Stored, next: KubeObject, attempt: string): void {
  if (live.object.metadata.deletionTimestamp === undefined) return;
  const before = new Set(live.object.metadata.finalizers);
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer));
  if (added.length === 0) return;
  throw invalid(attempt, "metadata.finalizers: no new finalizers can be added if the object is being deleted");
}

function invalid(attempt: string, message: string): Error {
  return toKubeError(`${attempt}: ${message}`, { status: 422, reason: "Invalid" });
}

function notFound(attempt: string, message: string): Error {
  return toKubeError(`${attempt}: ${message}`, { status: 404, reason: "NotFound" });
}
