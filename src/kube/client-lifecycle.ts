import { isDeepStrictEqual } from "node:util";
import type { KubeObject, NamespacedName } from "../api/meta.ts";
import { type ResourceType, apiVersionOf } from "../api/resource-type.ts";
import type { KubeClient } from "./client.ts";
import type { ResourceLifecycle } from "./resource-lifecycle.ts";

export interface ClientLifecycleOptions {
  readonly client: KubeClient;
  /** The kinds whose objects are ours. */
  readonly types: readonly ResourceType[];
  /** In the form `example.com/what`. */
  readonly finalizer: string;
}

/** ResourceLifecycle on any KubeClient: for the in-memory cluster, which the operator library cannot reach. */
export class ClientLifecycle implements ResourceLifecycle {
  readonly #options: ClientLifecycleOptions;

  constructor(options: ClientLifecycleOptions) {
    this.#options = options;
  }

  async finalize(object: KubeObject, cleanup: () => Promise<void>, signal?: AbortSignal): Promise<boolean> {
    const { finalizer } = this.#options;
    const { finalizers = [], deletionTimestamp } = object.metadata;
    const isHeld = finalizers.includes(finalizer);
    if (deletionTimestamp === undefined) {
      if (!isHeld) await this.#setFinalizers(object, [...finalizers, finalizer], signal);
      return !isHeld;
    }
    if (isHeld) {
      await cleanup();
      const left = finalizers.filter((other) => other !== finalizer);
      await this.#setFinalizers(object, left, signal);
    }
    return true;
  }

  async writeStatus(
    object: KubeObject,
    status: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<void> {
    const current = (object as KubeObject & { readonly status?: unknown }).status;
    if (isDeepStrictEqual(current, status)) return;
    const { apiVersion, kind, metadata } = object;
    const withStatus = { apiVersion, kind, metadata, status };
    await this.#options.client.applyStatus(this.#typeOf(object), withStatus, signal);
  }

  async #setFinalizers(object: KubeObject, finalizers: readonly string[], signal?: AbortSignal): Promise<void> {
    const { namespace = "", name, resourceVersion } = object.metadata;
    const key: NamespacedName = { namespace, name };
    const patch = { metadata: { resourceVersion, finalizers } };
    await this.#options.client.mergePatch(this.#typeOf(object), key, patch, signal);
  }

  #typeOf({ apiVersion, kind }: KubeObject): ResourceType {
    const type = this.#options.types.find(
      (candidate) => apiVersionOf(candidate) === apiVersion && candidate.kind === kind,
    );
    if (type === undefined) throw new Error(`${apiVersion} ${kind} is none of the kinds of this operator`);
    return type;
  }
}
