import type { DataObject, Discoverer, DiscoverySink } from "../../allocator/index.ts";
import { type Clock, delay } from "../../observability/clock.ts";
import {
  createDiscoveryHttpClient,
  type DiscoveryHttpClient,
  type DiscoveryHttpClientDependencies,
} from "../http-client/http-client.ts";
import { JsonApi } from "../http-client/json-api.ts";
import { readHttpClientSettings } from "../http-client/settings.ts";
import type { JsonNode } from "../json-node.ts";
import { ConsulApi, type Indexed } from "./consul-api.ts";
import { ServiceBoard } from "./service-board.ts";
import { toServiceGroup } from "./service-target.ts";
import { type ConsulSettings, readConsulSettings } from "./settings.ts";

/** Counts queries. */
export interface ConsulObserver {
  /** @param endpoint - `catalog`, `health` or `agent`. */
  asked(endpoint: string, seconds: number, failed: boolean): void;
}

/** What the consul mechanism needs of its surroundings. */
interface ConsulDiscovererOptions {
  readonly settings: ConsulSettings;
  /** Closed at the end of the run. */
  readonly client: DiscoveryHttpClient;
  readonly clock: Clock;
  readonly observer: ConsulObserver;
}

const RETRY_MS = 15_000;

/** A query that is repeated, and what its answers mean. */
interface Watch {
  /** "" for the list of services. */
  readonly service: string;
  readonly endpoint: string;
  readonly ask: (index: string, signal: AbortSignal) => Promise<Indexed>;
  readonly take: (answer: JsonNode) => void;
}

/**
 * `consul_sd_configs`: the instances of services, one group for each service, by queries that the server holds until
 * something has changed. https://prometheus.io/docs/prometheus/latest/configuration/configuration/#consul_sd_config
 */
class ConsulDiscoverer implements Discoverer {
  readonly #options: ConsulDiscovererOptions;
  readonly #api: ConsulApi;

  constructor(options: ConsulDiscovererOptions) {
    this.#options = options;
    const { settings, client } = options;
    this.#api = new ConsulApi(settings, new JsonApi({ client, timeoutMs: RETRY_MS }));
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    const board = new ServiceBoard(sink);
    try {
      const datacenter = await this.#datacenter(board, signal);
      if (datacenter !== undefined) await this.#watchAll(board, datacenter, signal);
    } finally {
      await this.#options.client.close();
    }
  }

  /** The configured one, or that of the agent, which is asked until it answers. undefined when aborted. */
  async #datacenter(board: ServiceBoard, signal: AbortSignal): Promise<string | undefined> {
    const { settings, clock } = this.#options;
    if (settings.datacenter !== "") return settings.datacenter;
    while (!signal.aborted) {
      try {
        return await this.#counted("agent", async () => this.#api.ownDatacenter(signal));
      } catch (error) {
        if (!signal.aborted) board.failed("", toError(error));
        await delay(clock, RETRY_MS, signal).catch(() => undefined);
      }
    }
    return undefined;
  }

  async #watchAll(board: ServiceBoard, datacenter: string, signal: AbortSignal): Promise<void> {
    const { services, tags, filter } = this.#options.settings;
    const watch = async (service: string, stop: AbortSignal): Promise<void> =>
      this.#watchService({ board, datacenter, service }, stop);
    if (services.length > 0 && tags.length === 0 && filter === "") {
      const named = new Set(services);
      board.expect(named);
      await Promise.all([...named].map(async (service) => watch(service, signal)));
    } else {
      await this.#watchCatalog(board, watch, signal);
    }
  }

  /** Keeps a watch on each service of the catalog that is wanted. */
  async #watchCatalog(
    board: ServiceBoard,
    watch: (service: string, stop: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const watches = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
    const take = (answer: JsonNode): void => {
      const listed = answer.entries();
      const wanted = new Set(listed.filter(([name, tags]) => this.#wants(name, tags)).map(([name]) => name));
      // A service that loses a tag stays watched until it is gone, as its instances are asked for by tag anyway.
      for (const [name] of listed) if (watches.has(name)) wanted.add(name);
      for (const [name, { stop }] of watches) {
        if (wanted.has(name)) continue;
        stop.abort();
        watches.delete(name);
      }
      board.expect(wanted);
      for (const name of wanted) {
        if (watches.has(name)) continue;
        const stop = new AbortController();
        watches.set(name, { stop, done: watch(name, AbortSignal.any([signal, stop.signal])) });
      }
    };
    const ask: Watch["ask"] = async (index, stop) => this.#api.services(index, stop);
    await this.#watch({ service: "", endpoint: "catalog", ask, take }, board, signal);
    await Promise.all([...watches.values()].map(async ({ done }) => done));
  }

  #wants(name: string, tags: JsonNode): boolean {
    const { services, tags: wanted } = this.#options.settings;
    if (services.length > 0 && !services.includes(name)) return false;
    if (wanted.length === 0) return true;
    const own = new Set(tags.items().map((tag) => tag.text()));
    return wanted.every((tag) => own.has(tag));
  }

  async #watchService(
    { board, datacenter, service }: { board: ServiceBoard; datacenter: string; service: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { tagSeparator } = this.#options.settings;
    const ask: Watch["ask"] = async (index, stop) => this.#api.instances(service, index, stop);
    const take = (answer: JsonNode): void =>
      board.found(service, toServiceGroup({ service, datacenter, tagSeparator }, answer));
    await this.#watch({ service, endpoint: "health", ask, take }, board, signal);
  }

  /** Asks until the signal is aborted: at most once in each interval, and later after a failure. */
  async #watch({ service, endpoint, ask, take }: Watch, board: ServiceBoard, signal: AbortSignal): Promise<void> {
    const { settings, clock } = this.#options;
    let known = "";
    while (!signal.aborted) {
      const next = clock.monotonic() + settings.refreshIntervalMs;
      let pauseUntil = next;
      try {
        const { index, answer } = await this.#counted(endpoint, async () => ask(known, signal));
        if (signal.aborted) return;
        if (index !== known || index === "") take(answer);
        else board.unchanged(service);
        known = index;
      } catch (error) {
        if (signal.aborted) return;
        board.failed(service, toError(error));
        pauseUntil = Math.max(next, clock.monotonic() + RETRY_MS);
      }
      await delay(clock, Math.max(0, pauseUntil - clock.monotonic()), signal).catch(() => undefined);
    }
  }

  async #counted<T>(endpoint: string, ask: () => Promise<T>): Promise<T> {
    const { clock, observer } = this.#options;
    const started = clock.monotonic();
    let failed = true;
    try {
      const answer = await ask();
      failed = false;
      return answer;
    } finally {
      observer.asked(endpoint, (clock.monotonic() - started) / 1_000, failed);
    }
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Makes the discoverer of a `consul_sd_configs` entry. Throws for settings that cannot be used. */
export function createConsulDiscoverer(
  settings: DataObject,
  surroundings: DiscoveryHttpClientDependencies & { readonly observer: ConsulObserver },
): Discoverer {
  const client = createDiscoveryHttpClient(readHttpClientSettings(settings), surroundings);
  const { clock, observer } = surroundings;
  return new ConsulDiscoverer({ settings: readConsulSettings(settings), client, clock, observer });
}
