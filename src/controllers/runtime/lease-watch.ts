import type { NamespacedName } from "../../api/meta.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { InformerFactory } from "../../kube/informer.ts";
import { holderOf, type Lease } from "./lease.ts";

/** Tells whoever stands by that the Lease has lost its holder, so that it need not wait for its next try. */
export class LeaseWatch {
  readonly #release: () => void;
  #freed = new AbortController();

  /** Watches until it is ended; without informers it never tells anything. */
  constructor(informers: InformerFactory | undefined, { namespace, name }: NamespacedName) {
    const fieldSelector = `metadata.name=${name}`;
    const informer = informers?.informer<Lease>({ type: RESOURCES.Lease, namespace, fieldSelector });
    informer?.onChange(({ type, object }) => {
      // What was so before the watch began is for a try to find out.
      if (type === "deleted" || (type === "updated" && holderOf(object) === undefined)) this.#freed.abort();
    });
    this.#release = () => informer?.release();
  }

  /** Aborted when the Lease is given up from now on. */
  next(): AbortSignal {
    this.#freed = new AbortController();
    return this.#freed.signal;
  }

  end(): void {
    this.#release();
  }
}
