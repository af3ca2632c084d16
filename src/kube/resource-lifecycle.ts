import type { KubeObject } from "../api/meta.ts";

/** What an operator does to the resources that are its own: it holds them while it has to clean up, and reports. */
export interface ResourceLifecycle {
  /**
   * Keeps our finalizer on the object while it lives. Once it is being deleted, runs the cleanup and lets it go; a
   * cleanup that fails rejects and is due again with the next call.
   *
   * Resolves to true when nothing is left to do in this pass: the finalizer was added, so the object has changed and
   * will come again, or the object is going. Rejects with ConflictError when the object given is not the live one.
   */
  finalize(object: KubeObject, cleanup: () => Promise<void>, signal?: AbortSignal): Promise<boolean>;

  /**
   * Makes this the status of the object; no request when it is already. Rejects with ConflictError when the object has
   * changed since it was read, where that is noticed: read again and retry.
   */
  writeStatus(object: KubeObject, status: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<void>;
}
