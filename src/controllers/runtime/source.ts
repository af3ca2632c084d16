import type { KubeObject } from "../../api/meta.ts";
import type { InformerFactory, WatchScope } from "../../kube/informer.ts";
import { describeScope } from "../../kube/watch-scope.ts";
import type { EventHandler } from "./event-handler.ts";
import type { Predicate } from "./predicate.ts";
import type { Request } from "./reconciler.ts";

/** Where requests come from. Nothing runs until it is opened. */
export interface Source {
  /** For logs and readiness, such as `pods in all namespaces`. */
  readonly name: string;
  /** Starts one use of the source; any number may be open at a time. */
  open(): OpenSource;
}

/** A use of a source. */
export interface OpenSource {
  /** What exists now is known completely. */
  readonly synced: boolean;
  /** Resolves when {@link synced}; rejects with the signal's reason. */
  whenSynced(signal: AbortSignal): Promise<void>;
  /** Why the source is not current; undefined when it is, as far as known. */
  problem(): string | undefined;
  /** Calls with requests for everything that exists, then for every change. Until {@link close}. */
  subscribe(enqueue: (request: Request) => void): void;
  close(): void;
}

export interface WatchOptions<T extends KubeObject> {
  readonly informers: InformerFactory;
  readonly scope: WatchScope;
  /** Which requests a change makes due. */
  readonly handler: EventHandler<T>;
  /** Changes that are not worth a pass. @default every change is */
  readonly predicate?: Predicate;
}

/** The objects of one watch. */
export function watchSource<T extends KubeObject = KubeObject>(options: WatchOptions<T>): Source {
  const { informers, scope, handler, predicate = () => true } = options;
  return {
    name: describeScope(scope),
    open() {
      const informer = informers.informer<T>(scope);
      let failure: Error | undefined;
      informer.onHealth((error) => {
        failure = error;
      });
      return {
        get synced() {
          return informer.synced;
        },
        whenSynced: async (signal) => informer.whenSynced(signal),
        problem: () => failure?.message ?? (informer.synced ? undefined : "not listed yet"),
        subscribe(enqueue) {
          informer.onChange((event) => {
            if (predicate(event)) for (const request of handler(event)) enqueue(request);
          });
        },
        close: () => informer.release(),
      };
    },
  };
}

/**
 * Requests that some other part of the program calls for.
 *
 * @param subscribe - Registers the callback and returns the unsubscription.
 */
export function callbackSource(name: string, subscribe: (enqueue: (request: Request) => void) => () => void): Source {
  return {
    name,
    open() {
      const unsubscriptions: (() => void)[] = [];
      return {
        synced: true,
        whenSynced: async (signal) => signal.throwIfAborted(),
        problem: () => undefined,
        subscribe: (enqueue) => void unsubscriptions.push(subscribe(enqueue)),
        close() {
          for (const unsubscribe of unsubscriptions.splice(0)) unsubscribe();
        },
      };
    },
  };
}
