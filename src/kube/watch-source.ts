import type { KubeObject } from "../api/meta.ts";
import type { WatchScope } from "./informer.ts";

/** Where a watch delivers what it learns. Every object given has apiVersion and kind and is the receiver's to keep. */
export interface WatchSink {
  /** The object is there, in this state. Known states (by resourceVersion) may come again. */
  upsert(object: KubeObject): void;
  /** The object is gone; this was its last state. */
  remove(object: KubeObject): void;
  /** A list is complete: what has none of these keys (see objectKey) is gone. */
  complete(keys: ReadonlySet<string>): void;
  /** The watch fails with this error, or (undefined) works. May be called repeatedly with the same state. */
  health(error: Error | undefined): void;
}

/**
 * Starts a watch of the scope. The returned function ends it: nothing is delivered once it was called, and it resolves
 * when nothing of the watch is left running.
 */
export type WatchSource = (scope: WatchScope, sink: WatchSink) => () => Promise<void>;
