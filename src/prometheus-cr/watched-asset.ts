import type { KubeObject } from "../api/meta.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { KubeClient } from "../kube/client.ts";
import { ForbiddenError } from "../kube/errors.ts";
import type { InformerFactory } from "../kube/informer.ts";
import type { Clock } from "../observability/clock.ts";
import type { AssetId } from "./asset-reader.ts";
import { ScopeWatch } from "./scope-watch.ts";

export interface WatchedAssetOptions {
  readonly id: AssetId;
  readonly type: ResourceType;
  readonly informers: InformerFactory;
  readonly client: Pick<KubeClient, "get">;
  readonly clock: Clock;
  /** The object is another one than before, or is known for the first time. */
  readonly onChange: () => void;
}

/** How often an object is read that must not be watched. */
const REREAD_MS = 60_000;
/** So often it is read before it is tried again whether it may be watched now. */
const REREADS_BEFORE_WATCHING = 10;

/**
 * One Secret or ConfigMap, kept current. It is watched by its name, for which permission to list and watch this one name
 * is enough; where there is none, it is read again and again.
 */
export class WatchedAsset {
  readonly #options: WatchedAssetOptions;
  readonly #watch: ScopeWatch;
  readonly #stop = new AbortController();
  #object: KubeObject | undefined;
  #mayWatch = true;
  #known = false;
  #rereads = 0;
  #failure: string | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(options: WatchedAssetOptions) {
    this.#options = options;
    const { id, type, informers } = options;
    const scope = {
      type,
      namespace: id.namespace,
      fieldSelector: `metadata.name=${id.name}`,
      shape: "discovery",
    } as const;
    this.#watch = new ScopeWatch({
      informers,
      scope,
      onObject: (_key, object) => this.#set(object),
      onState: () => this.#stateChanged(),
    });
  }

  get id(): AssetId {
    return this.#options.id;
  }

  /** Undefined when there is none, or when it cannot be read. */
  get object(): KubeObject | undefined {
    return this.#object;
  }

  /** It is known what there is, or that it cannot be read. Stays true. */
  get known(): boolean {
    return this.#known;
  }

  /** Why it cannot be read; undefined when it can. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** It is looked for changes now and then, because it must not be watched. */
  get rereads(): boolean {
    return this.#rereads > 0;
  }

  /** @param watching - Whether to try and watch it. */
  start({ watching }: { readonly watching: boolean }): void {
    this.#mayWatch = watching;
    if (watching) this.#watch.start();
    else void this.#read();
  }

  stop(): void {
    this.#stop.abort();
    this.#watch.pause();
    this.#cancelTimer?.();
  }

  /** The first state is told when it is complete. */
  #set(object: KubeObject | undefined): void {
    if (this.#stop.signal.aborted || object?.metadata.resourceVersion === this.#version) return;
    this.#object = object;
    if (this.#known) this.#options.onChange();
  }

  get #version(): string | undefined {
    return this.#object?.metadata.resourceVersion;
  }

  #stateChanged(): void {
    if (this.#stop.signal.aborted) return;
    const { state } = this.#watch;
    if (state === "watching" && this.#watch.failure === undefined) {
      this.#rereads = 0;
      this.#settle(undefined);
    } else if (state === "forbidden") {
      this.#watch.pause();
      void this.#read();
    }
  }

  async #read(): Promise<void> {
    const { client, type, id, clock } = this.#options;
    const { signal } = this.#stop;
    this.#rereads += 1;
    try {
      this.#set(await client.get(type, { namespace: id.namespace, name: id.name }, signal));
      this.#settle(undefined);
    } catch (error) {
      if (signal.aborted) return;
      // What was read before stays in use; only a clear refusal is an answer.
      if (error instanceof ForbiddenError && this.#object === undefined) this.#settle(error.message);
    }
    this.#cancelTimer = clock.after(REREAD_MS, () => {
      if (this.#mayWatch && this.#rereads % REREADS_BEFORE_WATCHING === 0) this.#watch.start();
      else void this.#read();
    });
  }

  #settle(failure: string | undefined): void {
    const news = !this.#known || this.#failure !== failure;
    this.#known = true;
    this.#failure = failure;
    if (news) this.#options.onChange();
  }
}
