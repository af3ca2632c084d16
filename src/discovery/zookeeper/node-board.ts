import type { DiscoverySink, TargetGroup } from "../../allocator/index.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { ZNodeChanges } from "./znode-tree.ts";

/** The target that a node's data describes; undefined when it describes none. */
export type ParseMember = (data: Buffer, path: string) => LabelValues | undefined;

/** What is known of all nodes, on whatever connection it was learnt: tells what differs from it. */
export class NodeBoard {
  readonly #sink: DiscoverySink;
  readonly #parse: ParseMember;
  readonly #known = new Map<string, Buffer>();
  #settled = false;
  /** The failure that the sink knows of. */
  #reported: string | undefined;

  constructor(sink: DiscoverySink, parse: ParseMember) {
    this.#sink = sink;
    this.#parse = parse;
  }

  /** Takes everything that there is. What was known besides it is gone. */
  replace(found: ZNodeChanges, problem: Error | undefined): void {
    const changes = new Map(found);
    for (const path of this.#known.keys()) if (!changes.has(path)) changes.set(path, undefined);
    this.apply(changes, problem);
  }

  /**
   * Takes what has changed.
   *
   * @param problem - What is not right all the same.
   */
  apply(changes: ZNodeChanges, problem: Error | undefined): void {
    const groups = [...changes].flatMap(([path, data]) => this.#take(path, data));
    if (this.#settled && groups.length === 0 && problem?.message === this.#reported) return;
    this.#settled = true;
    this.#reported = problem?.message;
    this.#sink.update(groups, problem);
  }

  /** Nothing can be learnt now; what is known stays. */
  failed(error: Error): void {
    this.#reported = error.message;
    this.#sink.failed(error);
  }

  #take(path: string, data: Buffer | undefined): readonly TargetGroup[] {
    if (data === undefined) return this.#known.delete(path) ? [flatGroup(path, [])] : [];
    if (this.#known.get(path)?.equals(data) === true) return [];
    this.#known.set(path, data);
    const target = this.#parse(data, path);
    return [flatGroup(path, target === undefined ? [] : [target])];
  }
}
