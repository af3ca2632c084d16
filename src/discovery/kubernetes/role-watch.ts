import { EMPTY_LABELS, type TargetGroup } from "../../allocator/index.ts";
import { type KubeObject, objectKey, parseKey } from "../../api/meta.ts";
import type { ResourceType } from "../../api/resource-type.ts";
import { ForbiddenError, InvalidError, NotFoundError } from "../../kube/errors.ts";
import type { ChangeEvent, Informer, InformerFactory, WatchScope } from "../../kube/informer.ts";
import type { KubernetesObserver } from "./kubernetes-observer.ts";
import { ObjectIndex } from "./object-index.ts";
import type { Namespace, Node, Pod, Service } from "./objects.ts";
import { type CacheName, concernsLabels, referenceTo, RELATED_CACHES } from "./related-caches.ts";
import type { RelatedObjects } from "./related-objects.ts";
import { podReferences, type RoleDefinition, ROLES } from "./roles.ts";
import type { KubernetesRole, KubernetesSettings } from "./settings.ts";

/** What is known of one namespace: everything, nothing yet, or that the API server will not tell. */
export type WatchState = "synced" | "pending" | "refused";

/** What is watched, and who is told. */
export interface RoleWatchOptions {
  readonly settings: KubernetesSettings;
  /** undefined: all namespaces, or a cluster-scoped role. */
  readonly namespace: string | undefined;
  readonly informers: InformerFactory;
  /** Something is to be read again: {@link RoleWatch.state}, {@link RoleWatch.failures} or {@link RoleWatch.build}. */
  readonly changed: () => void;
  /** @default nobody counts */
  readonly observer?: KubernetesObserver | undefined;
}

/**
 * One role in one namespace: watches what the role reads and keeps a set of the objects that must be built (again).
 * An object that changes ten times before it is built is built once.
 */
export class RoleWatch {
  readonly #options: RoleWatchOptions;
  readonly #role: RoleDefinition;
  readonly #required: ReadonlySet<CacheName>;
  /** The role's objects by what they refer to. */
  readonly #index: ObjectIndex;
  /** Pods by their owners, where the role's objects are not pods themselves and owners count. */
  readonly #podIndex: ObjectIndex | undefined;
  /** Keys of objects that are to be built; insertion order is the order of building. */
  readonly #dirty = new Set<string>();
  /** By kind, or by source for an object that cannot be built. */
  readonly #failures = new Map<string, Error>();
  readonly #related = new Map<CacheName, Informer>();
  readonly #releases: (() => void)[] = [];
  readonly #lookups: RelatedObjects;
  #main: Informer | undefined;
  #synced = false;

  constructor(options: RoleWatchOptions) {
    const { attach, role } = options.settings;
    this.#options = options;
    this.#role = ROLES[role];
    this.#required = new Set(this.#role.required(attach));
    const optional = this.#role.optional(attach);
    const watched = new Set([...this.#required, ...optional]);
    this.#index = new ObjectIndex((object) =>
      this.#role.references(object).filter((reference) => watched.has(cacheOf(reference))),
    );
    // Endpoints know their pods, and only these know their owners.
    this.#podIndex = optional.length === 0 ? undefined : new ObjectIndex((pod) => podReferences(pod));
    this.#lookups = this.#createLookups();
  }

  /** Starts the watches. The informers of one process are shared, so an equal watch elsewhere costs nothing more. */
  start(signal: AbortSignal): void {
    const { attach, role } = this.#options.settings;
    for (const cache of [...this.#role.required(attach), ...this.#role.optional(attach)]) {
      const { type, selectorRole } = RELATED_CACHES[cache];
      const informer = this.#watch(type, selectorRole, signal);
      this.#related.set(cache, informer);
      this.#releases.push(informer.onChange((event) => this.#relatedChanged(cache, event)));
    }
    this.#main = this.#watch(this.#role.type, role, signal);
    this.#releases.push(this.#main.onChange((event) => this.#mainChanged(event)));
  }

  /** Ends all uses of informers. Idempotent. */
  stop(): void {
    for (const release of this.#releases.splice(0)) release();
    for (const informer of [...this.#related.values(), this.#main]) informer?.release();
  }

  /** See {@link WatchState}. Becomes "synced" once, when everything that is required has been read, and stays so. */
  get state(): WatchState {
    if (this.#synced) return "synced";
    if (this.#main === undefined) return "pending";
    const needed: [string, Informer][] = [[this.#role.type.plural, this.#main]];
    for (const [cache, informer] of this.#related) {
      const { plural } = RELATED_CACHES[cache].type;
      if (this.#required.has(cache)) needed.push([plural, informer]);
      else if (!informer.synced && !this.#isRefused(plural)) return "pending";
    }
    const missing = needed.filter(([, informer]) => !informer.synced);
    if (missing.some(([plural]) => this.#isRefused(plural))) return "refused";
    this.#synced = missing.length === 0;
    return this.#synced ? "synced" : "pending";
  }

  /** What fails now, one error for each kind, and one for each object that cannot be built. */
  get failures(): readonly Error[] {
    return [...this.#failures.values()];
  }

  /** There are objects to build. */
  get hasWork(): boolean {
    return this.#dirty.size > 0;
  }

  /** Builds up to `limit` of the objects that changed. Call it only when synced. */
  build(limit: number): readonly TargetGroup[] {
    const groups: TargetGroup[] = [];
    for (const key of this.#dirty) {
      if (groups.length === limit) break;
      this.#dirty.delete(key);
      const source = this.#role.sourcePrefix + key;
      if (this.#failures.size > 0) this.#failures.delete(source);
      const object = this.#main?.get(parseKey(key));
      const group = object === undefined ? gone(source) : this.#built(object, source);
      if (group !== undefined) groups.push(group);
    }
    return groups;
  }

  /** An object that no API server would have stored must not take the others with it; what was known of it stays. */
  #built(object: KubeObject, source: string): TargetGroup | undefined {
    try {
      return this.#role.build(object, source, this.#lookups);
    } catch (cause) {
      this.#failures.set(source, new Error(`making targets of ${source}: the object is malformed`, { cause }));
      return undefined;
    }
  }

  #watch(type: ResourceType, selectorRole: KubernetesRole | undefined, signal: AbortSignal): Informer {
    const informer = this.#options.informers.informer(this.#scope(type, selectorRole));
    this.#releases.push(
      informer.onHealth((error) => {
        if (error === undefined) this.#failures.delete(type.plural);
        else this.#failed(type, error);
        this.#options.changed();
      }),
    );
    void informer.whenSynced(signal).then(this.#options.changed, () => undefined);
    return informer;
  }

  #failed({ plural }: ResourceType, error: Error): void {
    this.#failures.set(plural, error);
    this.#options.observer?.failed();
  }

  #scope(type: ResourceType, selectorRole: KubernetesRole | undefined): WatchScope {
    const { settings, namespace } = this.#options;
    const selector = settings.selectors.find(({ role }) => role === selectorRole);
    return {
      type,
      shape: "discovery",
      ...(type.namespaced && namespace !== undefined ? { namespace } : {}),
      ...(selector !== undefined && selector.label !== "" ? { labelSelector: selector.label } : {}),
      ...(selector !== undefined && selector.field !== "" ? { fieldSelector: selector.field } : {}),
    };
  }

  #mainChanged(event: ChangeEvent): void {
    this.#options.observer?.changed(this.#options.settings.role, event.type);
    // Without related caches nobody asks the index, and it would cost memory for every object.
    if (this.#related.size > 0) this.#index.apply(event);
    this.#enqueue([objectKey(event.object)]);
  }

  /** The objects that refer to it must be built again. What it says itself is read when they are. */
  #relatedChanged(cache: CacheName, event: ChangeEvent): void {
    const { selectorRole } = RELATED_CACHES[cache];
    if (selectorRole !== undefined) this.#options.observer?.changed(selectorRole, event.type);
    if (cache === "pod") this.#podIndex?.apply(event);
    if (event.type === "updated" && !concernsLabels(cache, event.previous, event.object)) return;
    const reference = referenceTo(cache, objectKey(event.object));
    this.#enqueue(this.#index.keys(reference));
    if (this.#podIndex === undefined) return;
    for (const pod of this.#podIndex.keys(reference)) this.#enqueue(this.#index.keys(referenceTo("pod", pod)));
  }

  #enqueue(keys: Iterable<string>): void {
    const before = this.#dirty.size;
    for (const key of keys) this.#dirty.add(key);
    if (before === 0 && this.#dirty.size > 0) this.#options.changed();
  }

  /** An answer that only a change of permissions or of the API server can alter; a lost connection says nothing. */
  #isRefused(plural: string): boolean {
    const error = this.#failures.get(plural);
    return error instanceof ForbiddenError || error instanceof NotFoundError || error instanceof InvalidError;
  }

  #createLookups(): RelatedObjects {
    const find =
      <T extends KubeObject>(cache: CacheName) =>
      (namespace: string, name: string): T | undefined =>
        this.#related.get(cache)?.get({ namespace, name }) as T | undefined;
    const [node, namespace] = [find<Node>("node"), find<Namespace>("namespace")];
    return {
      attach: this.#options.settings.attach,
      node: (name) => node("", name),
      namespace: (name) => namespace("", name),
      service: find<Service>("service"),
      pod: find<Pod>("pod"),
      replicaSet: find<KubeObject>("replicaset"),
      job: find<KubeObject>("job"),
    };
  }
}

function gone(source: string): TargetGroup {
  return { source, labels: EMPTY_LABELS, targets: [] };
}

function cacheOf(reference: string): CacheName {
  return reference.slice(0, reference.indexOf("/")) as CacheName;
}
