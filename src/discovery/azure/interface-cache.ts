import type { Clock } from "../../observability/clock.ts";
import type { NetworkInterface } from "./virtual-machine.ts";

const CAPACITY = 5_000;
/** How many looks an interface is remembered for, and how many more at most, so that not all are asked for anew at once. */
const LOOKS = 10;
const MORE_LOOKS = 3;

/** Network interfaces by their IDs: each of them is a request, and they hardly ever change. */
export class InterfaceCache {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  /** In the order in which they were used, the latest at the end. Times are those of the monotonic clock. */
  readonly #kept = new Map<string, { readonly value: NetworkInterface | undefined; readonly untilMs: number }>();

  /** @param intervalMs - Between looks. */
  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** What is known of an interface; undefined when it must be asked for. */
  get(id: string): { readonly value: NetworkInterface | undefined } | undefined {
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    if (kept === undefined || kept.untilMs <= this.#clock.monotonic()) return undefined;
    this.#kept.set(id, kept);
    return kept;
  }

  set(id: string, value: NetworkInterface | undefined): void {
    const keptMs = this.#intervalMs * (LOOKS + Math.random() * MORE_LOOKS);
    this.#kept.delete(id);
    this.#kept.set(id, { value, untilMs: this.#clock.monotonic() + keptMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > CAPACITY && oldest !== undefined) this.#kept.delete(oldest);
  }
}
