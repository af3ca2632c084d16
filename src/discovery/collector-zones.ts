import type { CollectorInstance } from "../allocator/index.ts";
import { RESOURCES } from "../api/resource-type.ts";
import type { Informer, InformerFactory } from "../kube/informer.ts";
import type { Node } from "./kubernetes/objects.ts";
import { explainWatchFailure } from "./watch-failure.ts";

/** Who is told of zones. */
export interface ZoneListener {
  /** Some zone may be another one now, or it is known now that none can be known. */
  readonly onChange: () => void;
  /** Nodes cannot be read, and undefined when they can again; zones that are known stay. */
  readonly onFailure: (error: Error | undefined) => void;
}

/** In which zones collectors run, by a label of their nodes. */
export class CollectorZones {
  readonly #informers: InformerFactory;
  readonly #label: string;
  #nodes: Informer<Node> | undefined;
  #failing = false;

  /** @param label - The label of nodes that says their zone. */
  constructor(informers: InformerFactory, label: string) {
    this.#informers = informers;
    this.#label = label;
  }

  /** Watches the nodes from now on, until {@link close}. */
  open({ onChange, onFailure }: ZoneListener, signal: AbortSignal): void {
    const nodes = this.#informers.informer<Node>({ type: RESOURCES.Node, shape: "discovery" });
    this.#nodes = nodes;
    nodes.onChange((event) => {
      if (event.type !== "updated" || this.#zoneOf(event.previous) !== this.#zoneOf(event.object)) onChange();
    });
    nodes.onHealth((error) => {
      this.#failing = error !== undefined;
      onFailure(error && new Error(explainWatchFailure(error), { cause: error }));
      onChange();
    });
    void nodes.whenSynced(signal).then(onChange, () => undefined);
  }

  /** All is known that can be known: the nodes, or that they cannot be read. */
  get known(): boolean {
    return this.#failing || this.#nodes?.synced === true;
  }

  /** The collector with its zone, if that is known. */
  locate(collector: CollectorInstance): CollectorInstance {
    const node = this.#nodes?.get({ namespace: "", name: collector.nodeName });
    const zone = node === undefined ? "" : this.#zoneOf(node);
    return zone === "" ? collector : { ...collector, zone };
  }

  close(): void {
    this.#nodes?.release();
  }

  #zoneOf({ metadata: { labels } }: Node): string {
    return labels?.[this.#label] ?? "";
  }
}
