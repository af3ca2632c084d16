import type { Discoverer, DiscoverySink } from "../allocator/index.ts";

/** A discoverer whose code is loaded when it runs for the first time: most processes use few mechanisms. */
export class LazyDiscoverer implements Discoverer {
  readonly #load: () => Promise<Discoverer>;

  /** @param load - Rejects for settings that cannot be used. */
  constructor(load: () => Promise<Discoverer>) {
    this.#load = load;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    const discoverer = await this.#load();
    await discoverer.run(sink, signal);
  }
}
