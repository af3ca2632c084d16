import type { KubeObject } from "../api/meta.ts";
import { RESOURCES } from "../api/resource-type.ts";
import { ForbiddenError } from "../kube/errors.ts";
import type { Informer, InformerFactory } from "../kube/informer.ts";
import { MONITOR_RESOURCES, type MonitorKind } from "./resources.ts";
import { ScopeWatch, type WatchState } from "./scope-watch.ts";

export interface KindWatchOptions {
  readonly kind: MonitorKind;
  readonly informers: InformerFactory;
  /** Watched one by one, which needs no more than permissions in them; undefined: all at once. */
  readonly namespaces: readonly string[] | undefined;
  /** Of the watch of all. */
  readonly fieldSelector: string | undefined;
  /** Watched alone as long as watching all is forbidden. */
  readonly ownNamespace: string | undefined;
  /** Undefined when the object of this key (see objectKey) is gone. */
  readonly onObject: (key: string, object: KubeObject | undefined) => void;
  /** What {@link KindWatch.state} or {@link KindWatch.failures} say may have changed. */
  readonly onState: () => void;
}

/** Why monitors of a kind cannot be followed. */
export interface WatchFailure {
  /** Undefined for all namespaces. */
  readonly namespace: string | undefined;
  /** The one namespace that is followed all the same. */
  readonly exceptIn?: string;
  readonly state: WatchState;
  /** What was tried on what, and what became of it. */
  readonly message: string;
}

interface NamespacedScope {
  readonly namespace: string | undefined;
  readonly watch: ScopeWatch;
}

interface DefinitionObject extends KubeObject {
  readonly spec?: { readonly versions?: readonly { readonly name: string; readonly served: boolean }[] };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/**
 * Follows the monitors of one kind, for ever. A kind that the server does not know is attached as soon as it does: its
 * CustomResourceDefinition is watched meanwhile and nothing else is asked. Where the account must not see definitions,
 * the kind itself is asked for again and again, with growing waits, which is also how a missing permission is found to
 * have come.
 */
export class KindWatch {
  readonly #options: KindWatchOptions;
  readonly #scopes: readonly NamespacedScope[];
  readonly #own: NamespacedScope | undefined;
  #definition: Informer<DefinitionObject> | undefined;
  #mustNotSeeDefinition = false;
  readonly #stop = new AbortController();

  constructor(options: KindWatchOptions) {
    this.#options = options;
    const { namespaces, ownNamespace } = options;
    this.#scopes = (namespaces ?? [undefined]).map((namespace) => this.#scopeOf(namespace));
    this.#own = namespaces === undefined && ownNamespace !== undefined ? this.#scopeOf(ownNamespace) : undefined;
  }

  /** Call it once. */
  start(): void {
    for (const { watch } of this.#scopes) watch.start();
  }

  stop(): void {
    this.#stop.abort();
    for (const { watch } of this.#scopes) watch.pause();
    this.#own?.watch.pause();
    this.#definition?.release();
    this.#definition = undefined;
  }

  /** Everything is known that can be known now. */
  get settled(): boolean {
    return this.#scopes.every(({ watch }) => watch.state !== "pending") && !(this.#forbidden && this.#ownPending);
  }

  /** Why something is not followed; empty when all is well. */
  get failures(): readonly WatchFailure[] {
    const own = this.#own?.watch.state === "watching" ? { exceptIn: this.#own.namespace ?? "" } : {};
    return this.#scopes.flatMap(({ namespace, watch: { state, failure } }) =>
      failure === undefined ? [] : [{ namespace, ...own, state, message: failure.message }],
    );
  }

  get #forbidden(): boolean {
    return this.#scopes.some(({ watch }) => watch.state === "forbidden");
  }

  get #ownPending(): boolean {
    return this.#own?.watch.state === "pending";
  }

  #scopeOf(namespace: string | undefined): NamespacedScope {
    const { kind, informers, fieldSelector, onObject } = this.#options;
    const place = namespace === undefined ? (fieldSelector === undefined ? {} : { fieldSelector }) : { namespace };
    const scope = { type: MONITOR_RESOURCES[kind], ...place };
    return { namespace, watch: new ScopeWatch({ informers, scope, onObject, onState: () => this.#stateChanged() }) };
  }

  #stateChanged(): void {
    if (this.#stop.signal.aborted) return;
    if (this.#scopes.some(({ watch }) => watch.state === "missing")) this.#watchDefinition();
    if (this.#forbidden) this.#own?.watch.start();
    else if (this.#scopes.some(({ watch }) => watch.state === "watching")) this.#own?.watch.pause();
    this.#options.onState();
  }

  #watchDefinition(): void {
    if (this.#definition !== undefined || this.#mustNotSeeDefinition) return;
    const { group, plural } = MONITOR_RESOURCES[this.#options.kind];
    const definition = this.#options.informers.informer<DefinitionObject>({
      type: RESOURCES.CustomResourceDefinition,
      fieldSelector: `metadata.name=${plural}.${group}`,
      shape: "discovery",
    });
    this.#definition = definition;
    definition.onHealth((error) => {
      if (error instanceof ForbiddenError) this.#lookNoMore(definition);
    });
    // A failure that is known already is told at once.
    if (this.#definition !== definition) return;
    definition.onChange(() => {
      if (definition.synced) this.#follow(definition);
    });
    definition.whenSynced(this.#stop.signal).then(
      () => this.#follow(definition),
      () => undefined,
    );
  }

  #lookNoMore(definition: Informer): void {
    this.#mustNotSeeDefinition = true;
    definition.release();
    this.#definition = undefined;
    for (const { watch } of this.#scopes) watch.start();
  }

  #follow(definition: Informer<DefinitionObject>): void {
    if (this.#definition !== definition) return;
    const { version } = MONITOR_RESOURCES[this.#options.kind];
    const served = [...definition.list()].some((each) => isServed(each, version));
    for (const { watch } of this.#scopes) {
      if (served) watch.start();
      else {
        watch.pause();
        watch.forget();
      }
    }
  }
}

function isServed({ spec, status }: DefinitionObject, version: string): boolean {
  const established = status?.conditions?.some(({ type, status: holds }) => type === "Established" && holds === "True");
  return established === true && spec?.versions?.some(({ name, served }) => name === version && served) === true;
}
