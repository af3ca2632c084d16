import type { LabelState } from "../../src/allocator/relabel/label-state.ts";

/** A LabelState over plain maps, in the order that the port promises: untouched labels by name, then by first write. */
export class MapLabelState implements LabelState {
  readonly #untouched: Map<string, string>;
  readonly #written = new Map<string, string>();

  constructor(labels: Readonly<Record<string, string>> = {}) {
    const present = Object.entries(labels).filter(([, value]) => value !== "");
    this.#untouched = new Map(present.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  }

  get(name: string): string {
    return this.#written.get(name) ?? this.#untouched.get(name) ?? "";
  }

  set(name: string, value: string): void {
    this.#untouched.delete(name);
    if (value === "") this.#written.delete(name);
    else this.#written.set(name, value);
  }

  names(): string[] {
    return [...this.#untouched.keys(), ...this.#written.keys()];
  }

  /** All labels in the order of the state. */
  entries(): [name: string, value: string][] {
    return this.names().map((name) => [name, this.get(name)]);
  }
}
