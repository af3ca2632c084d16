import { sanitised } from "../label-text.ts";

/** What all labels of kubernetes_sd begin with. */
export const PREFIX = "__meta_kubernetes_";

/** The kinds whose labels and annotations become meta labels, as they stand in label names. */
export type MetaKind = "pod" | "service" | "endpointslice" | "endpoints" | "node" | "ingress" | "namespace";

/** The two label names of one label or annotation key. */
interface MetaNames {
  readonly value: string;
  readonly present: string;
}

/** Keys are few and come again with every object; a cluster that invents keys without end must not fill the memory. */
const CACHED_KEYS = 10_000;

/** Remembers the label names of keys, because making them costs more than the rest of a label. */
class NameCache {
  readonly #prefix: string;
  readonly #names = new Map<string, MetaNames>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  of(key: string): MetaNames {
    let names = this.#names.get(key);
    if (names === undefined) {
      const suffix = `_${sanitised(key)}`;
      names = { value: this.#prefix + suffix, present: `${this.#prefix}present${suffix}` };
      if (this.#names.size >= CACHED_KEYS) this.#names.clear();
      this.#names.set(key, names);
    }
    return names;
  }
}

/** The label names that the metadata of one kind goes to. */
export interface MetadataNames {
  readonly name: string;
  readonly labels: NameCache;
  readonly annotations: NameCache;
}

function namesOf(kind: MetaKind): MetadataNames {
  return {
    name: `${PREFIX}${kind}_name`,
    labels: new NameCache(`${PREFIX}${kind}_label`),
    annotations: new NameCache(`${PREFIX}${kind}_annotation`),
  };
}

/** By kind; see {@link MetadataNames}. */
export const METADATA_NAMES: Readonly<Record<MetaKind, MetadataNames>> = Object.freeze({
  pod: namesOf("pod"),
  service: namesOf("service"),
  endpointslice: namesOf("endpointslice"),
  endpoints: namesOf("endpoints"),
  node: namesOf("node"),
  ingress: namesOf("ingress"),
  namespace: namesOf("namespace"),
});
