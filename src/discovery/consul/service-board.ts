import type { DiscoverySink, TargetGroup } from "../../allocator/index.ts";
import { flatGroup } from "../flat-group.ts";

/**
 * What is known of each watched service. Joins what the first queries find into the full set that a sink wants first,
 * and then passes on what changes. A service that cannot be asked is reported; the others are passed on all the same.
 */
export class ServiceBoard {
  readonly #sink: DiscoverySink;
  /** undefined: not asked yet. */
  readonly #found = new Map<string, TargetGroup | undefined>();
  readonly #errors = new Map<string, Error>();
  #settled = false;

  constructor(sink: DiscoverySink) {
    this.#sink = sink;
  }

  /** These are all services now: others are gone. New ones hold up the first full set until they were asked. */
  expect(services: ReadonlySet<string>): void {
    this.#errors.delete("");
    const gone = [...this.#found.keys()].filter((service) => !services.has(service));
    for (const service of gone) {
      this.#found.delete(service);
      this.#errors.delete(service);
    }
    for (const service of services) {
      if (!this.#found.has(service)) this.#found.set(service, undefined);
    }
    this.#tell(gone.map((service) => flatGroup(service, [])));
  }

  /** The instances of a service that is still expected. */
  found(service: string, group: TargetGroup): void {
    if (!this.#found.has(service)) return;
    this.#found.set(service, group);
    this.#errors.delete(service);
    this.#tell([group]);
  }

  /** A service is as it was, and can be asked (again). */
  unchanged(service: string): void {
    if (this.#errors.delete(service)) this.#tell([]);
  }

  /** @param service - "" for the list of services. */
  failed(service: string, error: Error): void {
    if (service !== "" && !this.#found.has(service)) return;
    const news = this.#errors.get(service)?.message !== error.message;
    this.#errors.set(service, error);
    if (!this.#settled && this.#settle()) return;
    const failure = this.#failure();
    if (news && failure !== undefined) this.#sink.failed(failure);
  }

  #tell(changed: readonly TargetGroup[]): void {
    if (this.#settled) this.#sink.update(changed, this.#failure());
    else this.#settle();
  }

  /** Whether there was an outcome for each service, and with it the first full set. */
  #settle(): boolean {
    const services = [...this.#found];
    const waiting = services.some(([service, group]) => group === undefined && !this.#errors.has(service));
    const groups = services.flatMap(([, group]) => (group === undefined ? [] : [group]));
    // Nothing but errors is no set of targets.
    if (waiting || this.#errors.has("") || (groups.length === 0 && this.#errors.size > 0)) return false;
    this.#settled = true;
    this.#sink.update(groups, this.#failure());
    return true;
  }

  /** What fails now, as one error. */
  #failure(): Error | undefined {
    const [first, ...others] = this.#errors.values();
    if (first === undefined || others.length === 0) return first;
    return new Error(`${first.message}; and ${String(others.length)} more`, { cause: first });
  }
}
