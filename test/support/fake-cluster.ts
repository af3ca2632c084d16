import { type KubeObject, objectKey } from "../../src/api/meta.ts";
import type { Informer, InformerFactory, WatchScope } from "../../src/kube/informer.ts";
import { FakeWatch } from "./fake-informers.ts";

interface OpenWatch {
  readonly scope: WatchScope;
  readonly watch: FakeWatch;
}

/**
 * Objects, and all watches on them: a change reaches every watch whose scope it is in, at once. Watches are in sync
 * from the start unless their kind is held back.
 */
export class FakeCluster implements InformerFactory {
  readonly #objects = new Map<string, KubeObject>();
  readonly #watches = new Map<string, OpenWatch>();
  readonly #held = new Set<string>();

  constructor(objects: readonly KubeObject[] = []) {
    for (const object of objects) this.put(object);
  }

  informer<T extends KubeObject>(scope: WatchScope): Informer<T> {
    const key = JSON.stringify([
      scope.type.kind,
      scope.namespace,
      scope.labelSelector,
      scope.fieldSelector,
      scope.shape,
    ]);
    let open = this.#watches.get(key);
    if (open === undefined) {
      open = { scope, watch: new FakeWatch() };
      this.#watches.set(key, open);
      for (const object of this.#objects.values()) if (isIn(scope, object)) open.watch.put(object);
      if (!this.#held.has(scope.type.kind)) open.watch.sync();
    }
    return open.watch.use() as unknown as Informer<T>;
  }

  put(object: KubeObject): void {
    this.#objects.set(idOf(object), object);
    for (const { scope, watch } of this.#watches.values()) {
      if (isIn(scope, object)) watch.put(object);
      else if (object.kind === scope.type.kind) this.#remove(watch, object);
    }
  }

  delete(object: KubeObject): void {
    this.#objects.delete(idOf(object));
    for (const { scope, watch } of this.#watches.values()) {
      if (object.kind === scope.type.kind) this.#remove(watch, object);
    }
  }

  /** Watches of the kind stay out of sync until {@link release}. */
  hold(kind: string): void {
    this.#held.add(kind);
  }

  release(kind: string): void {
    this.#held.delete(kind);
    for (const { scope, watch } of this.#watches.values()) if (scope.type.kind === kind) watch.sync();
  }

  /** Watches of the kind (in the namespace, if given) fail, or have recovered. */
  fail(kind: string, error: Error | undefined, namespace?: string): void {
    // Collected first: whoever hears of it may begin another watch.
    const concerned = [...this.#watches.values()].filter(
      ({ scope }) => scope.type.kind === kind && (namespace === undefined || scope.namespace === namespace),
    );
    for (const { watch } of concerned) watch.fail(error);
  }

  /** Everything there is. */
  get objects(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  /** The watch of exactly this scope, if there is one. */
  watch(scope: WatchScope): FakeWatch | undefined {
    return [...this.#watches.values()].find((open) => open.scope === scope)?.watch;
  }

  /** The scopes watched now; those whose last use was released are not among them. */
  get scopes(): readonly WatchScope[] {
    return [...this.#watches.values()].filter(({ watch }) => watch.uses > 0).map(({ scope }) => scope);
  }

  /** Uses that are not released: none may be left when everything has stopped. */
  get uses(): number {
    return [...this.#watches.values()].reduce((sum, { watch }) => sum + watch.uses, 0);
  }

  #remove(watch: FakeWatch, object: KubeObject): void {
    const known = watch.objects.get(objectKey(object));
    if (known !== undefined) watch.delete(known);
  }
}

function idOf(object: KubeObject): string {
  return `${object.kind}/${objectKey(object)}`;
}

/** Selectors are read as `key=value,key!=value,…`; field selectors only of `metadata.*name*` and `spec.nodeName`. */
function isIn({ type, namespace, labelSelector, fieldSelector }: WatchScope, object: KubeObject): boolean {
  const { metadata } = object;
  if (object.kind !== type.kind) return false;
  if (type.namespaced && namespace !== undefined && metadata.namespace !== namespace) return false;
  const nodeName = (object as { readonly spec?: { readonly nodeName?: string } }).spec?.nodeName;
  const fields: Record<string, string | undefined> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace,
    "spec.nodeName": nodeName,
  };
  return matches(labelSelector, metadata.labels ?? {}) && matches(fieldSelector, fields);
}

function matches(selector: string | undefined, values: Readonly<Record<string, string | undefined>>): boolean {
  if (selector === undefined || selector === "") return true;
  return selector.split(",").every((term) => {
    const [key = "", value = ""] = term.split(/!?=/);
    return (values[key] === value) !== term.includes("!=");
  });
}
