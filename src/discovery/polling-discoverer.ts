import type { DataObject, Discoverer, DiscoverySink, TargetGroup } from "../allocator/index.ts";
import type { Clock } from "../observability/clock.ts";
import { refreshIntervalOf } from "./decoded-settings.ts";
import { flatGroup } from "./flat-group.ts";
import {
  createDiscoveryHttpClient,
  type DiscoveryHttpClient,
  type DiscoveryHttpClientDependencies,
} from "./http-client/http-client.ts";
import { JsonApi } from "./http-client/json-api.ts";
import { readHttpClientSettings } from "./http-client/settings.ts";
import { type RefreshObserver, runRefreshing } from "./refresh.ts";

/** Looks once, and finds everything that is there. Rejects when anything could not be found out. */
export type Look = (signal: AbortSignal) => Promise<readonly TargetGroup[]>;

/** What a polling discoverer is made of. */
interface PollingOptions {
  /** From the beginning of one look to the beginning of the next. */
  readonly intervalMs: number;
  readonly look: Look;
  /** Closed at the end of the run. */
  readonly client: DiscoveryHttpClient;
  readonly clock: Clock;
  readonly observer: RefreshObserver;
}

/**
 * Asks a server for everything at each interval. Sources that a look does not name any more are reported as gone; a look
 * that fails changes nothing.
 */
class PollingDiscoverer implements Discoverer {
  readonly #options: PollingOptions;
  #sources: ReadonlySet<string> = new Set();

  constructor(options: PollingOptions) {
    this.#options = options;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    const { client, look } = this.#options;
    const refresh = async (stop: AbortSignal): Promise<{ groups: readonly TargetGroup[] }> => ({
      groups: this.#withVanished(await look(stop)),
    });
    try {
      await runRefreshing({ ...this.#options, refresh }, sink, signal);
    } finally {
      await client.close();
    }
  }

  #withVanished(groups: readonly TargetGroup[]): readonly TargetGroup[] {
    const sources = new Set(groups.map(({ source }) => source));
    const gone = [...this.#sources].filter((source) => !sources.has(source));
    this.#sources = sources;
    return [...groups, ...gone.map((source) => flatGroup(source, []))];
  }
}

/** What mechanisms that ask servers get of their surroundings. */
export interface MechanismSurroundings extends DiscoveryHttpClientDependencies {
  readonly observer: RefreshObserver;
  /** Why files of this machine, sockets among them, cannot be named. @default they can */
  readonly noFiles?: string | undefined;
}

/** What the looks of one discoverer get of their surroundings. */
export interface LookSurroundings extends MechanismSurroundings {
  /** What asks, for those who do not ask for JSON. */
  readonly client: DiscoveryHttpClient;
}

/** How the looks of one mechanism are made. */
export interface PolledMechanism {
  /** As in the file, without `_sd_configs`. */
  readonly mechanism: string;
  /** Throws for settings that cannot be used. */
  readonly createLook: (settings: DataObject, api: JsonApi, surroundings: LookSurroundings) => Look;
  /** How long one request may take. @default as long as lies between two looks */
  readonly timeoutOf?: (settings: DataObject) => number;
  /** What asks. Throws for settings that cannot be used. @default a client with the HTTP client keys */
  readonly createClient?: (settings: DataObject, surroundings: MechanismSurroundings) => DiscoveryHttpClient;
}

/** Makes the discoverer of a mechanism that has a `refresh_interval`. */
export function createPollingDiscoverer(
  { mechanism, createLook, timeoutOf, createClient = createConfiguredClient }: PolledMechanism,
  settings: DataObject,
  surroundings: MechanismSurroundings,
): Discoverer {
  const intervalMs = refreshIntervalOf(settings, mechanism);
  const client = createClient(settings, surroundings);
  const api = new JsonApi({ client, timeoutMs: timeoutOf?.(settings) ?? intervalMs });
  const { clock, observer } = surroundings;
  return new PollingDiscoverer({
    intervalMs,
    look: createLook(settings, api, { ...surroundings, client }),
    client,
    clock,
    observer,
  });
}

/** A client with the HTTP client keys of a section. Throws when they contradict themselves. */
export function createConfiguredClient(
  settings: DataObject,
  surroundings: DiscoveryHttpClientDependencies,
): DiscoveryHttpClient {
  return createDiscoveryHttpClient(readHttpClientSettings(settings), surroundings);
}
