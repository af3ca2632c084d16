import { RESOURCES } from "../../api/resource-type.ts";
import type { Informer, InformerFactory, WatchScope } from "../../kube/informer.ts";
import type { Request } from "../runtime/reconciler.ts";
import { isHidden } from "../optional-kinds.ts";
import type { OpenSource, Source } from "../runtime/source.ts";
import { API_SERVER_SERVICE, type ApiServerAccess, toApiServerAccess } from "./api-server-access.ts";

const { namespace, name } = API_SERVER_SERVICE;

const SERVICE: WatchScope = { type: RESOURCES.Service, namespace, fieldSelector: `metadata.name=${name}` };
const SLICES: WatchScope = {
  type: RESOURCES.EndpointSlice,
  namespace,
  labelSelector: `kubernetes.io/service-name=${name}`,
};
/** To Cilium, nodes and the control plane have no addresses. */
export const CILIUM_DEFINITION = "ciliumnetworkpolicies.cilium.io";
const CILIUM: WatchScope = {
  type: RESOURCES.CustomResourceDefinition,
  fieldSelector: `metadata.name=${CILIUM_DEFINITION}`,
  shape: "discovery",
};

export interface ApiServerWatchOptions {
  readonly informers: InformerFactory;
  /** Whatever is due when the API server moves. */
  readonly due: () => Iterable<Request>;
}

/**
 * Knows how pods reach the API server, and follows it when it moves. Where the account may not see that, nothing is known;
 * that hinders nobody.
 */
export class ApiServerWatch {
  readonly #options: ApiServerWatchOptions;
  #open: OpenWatch | undefined;

  constructor(options: ApiServerWatchOptions) {
    this.#options = options;
  }

  /** Undefined when it is not known, and while no use of {@link source} is open. */
  get access(): ApiServerAccess | undefined {
    return this.#open?.access;
  }

  /** Makes everything due that depends on {@link access}. One use of it is open at a time. */
  get source(): Source {
    return {
      name: "the addresses of the API server",
      open: () => {
        this.#open = new OpenWatch(this.#options);
        return this.#open;
      },
    };
  }
}

/** A watch that may turn out to be forbidden; then it is as if there were no such objects. */
interface Watch {
  readonly informer: Informer;
  /** Resolves when it is forbidden. */
  readonly refusal: PromiseWithResolvers<void>;
  refused: boolean;
  failure: Error | undefined;
}

class OpenWatch implements OpenSource {
  readonly #due: () => Iterable<Request>;
  readonly #service: Watch;
  readonly #slices: Watch;
  readonly #cilium: Watch;

  constructor({ informers, due }: ApiServerWatchOptions) {
    this.#due = due;
    this.#service = openWatch(informers, SERVICE);
    this.#slices = openWatch(informers, SLICES);
    this.#cilium = openWatch(informers, CILIUM);
  }

  get #all(): readonly Watch[] {
    return [this.#service, this.#slices, this.#cilium];
  }

  get access(): ApiServerAccess | undefined {
    const [service] = this.#service.informer.list();
    const access = toApiServerAccess(service, this.#slices.informer.list());
    return access === undefined || this.#cilium.informer.size === 0 ? access : { ...access, byAddress: false };
  }

  get synced(): boolean {
    return this.#all.every(({ informer, refused }) => informer.synced || refused);
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    const each = this.#all.map(async ({ informer, refusal }) =>
      Promise.race([informer.whenSynced(signal), refusal.promise]),
    );
    await Promise.all(each);
    signal.throwIfAborted();
  }

  problem(): string | undefined {
    if (this.synced) return undefined;
    return this.#all.find(({ failure }) => failure !== undefined)?.failure?.message ?? "not listed yet";
  }

  subscribe(enqueue: (request: Request) => void): void {
    for (const { informer } of this.#all)
      informer.onChange(() => {
        for (const request of this.#due()) enqueue(request);
      });
  }

  close(): void {
    for (const { informer } of this.#all) informer.release();
  }
}

function openWatch(informers: InformerFactory, scope: WatchScope): Watch {
  const informer = informers.informer(scope);
  const watch: Watch = { informer, refusal: Promise.withResolvers(), refused: false, failure: undefined };
  informer.onHealth((error) => {
    watch.failure = error;
    if (!isHidden(error, informer)) return;
    watch.refused = true;
    watch.refusal.resolve();
    // Asking again and again would be denied again and again.
    informer.release();
  });
  return watch;
}
