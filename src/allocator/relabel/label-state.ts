/**
 * The labels of one target while relabelling rules run over it.
 *
 * An absent label and an empty one are the same: reading gives `""`, writing `""` deletes.
 * The order of writes is part of the state, because the identity of a target depends on it:
 * an overwritten label that was written before keeps its place, every other written label goes to the end,
 * and a label that was deleted and set again goes to the end, too.
 */
export interface LabelState {
  /** The value of a label; `""` when it is absent. */
  get(name: string): string;
  /** Writes a label; the empty value deletes it. */
  set(name: string, value: string): void;
  /**
   * The names of all labels that are present, as a snapshot: later writes do not change it.
   * First those never written, sorted by the bytes of their names, then the written ones in order of first write.
   */
  names(): string[];
}
