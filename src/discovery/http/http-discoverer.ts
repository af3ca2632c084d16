import type { Discoverer, DiscoverySink } from "../../allocator/index.ts";
import type { Clock } from "../../observability/clock.ts";
import { errorMessage } from "../../observability/error-text.ts";
import { type ListedGroup, parseJsonGroups, toTargetGroups } from "../group-list.ts";
import type { DiscoveryHttpClient } from "../http-client/http-client.ts";
import { requestName } from "../http-client/http-error.ts";
import type { HttpReply } from "../http-client/http-exchange.ts";
import { requireJsonType } from "../http-client/json-type.ts";
import { type Refreshed, type RefreshObserver, runRefreshing } from "../refresh.ts";
import type { HttpSettings } from "./settings.ts";

/** What the http mechanism needs of its surroundings. */
export interface HttpDiscovererOptions {
  readonly settings: Pick<HttpSettings, "url" | "refreshIntervalMs">;
  /** Closed at the end of the run. */
  readonly client: DiscoveryHttpClient;
  readonly clock: Clock;
  readonly observer: RefreshObserver;
}

const URL_LABEL = "__meta_url";

/**
 * `http_sd_configs`: target groups from an HTTP server, as a JSON list. The server has as long to answer as lies
 * between two requests. https://prometheus.io/docs/prometheus/latest/http_sd/
 */
export class HttpDiscoverer implements Discoverer {
  readonly #options: HttpDiscovererOptions;
  /** How many groups the last usable answer had. */
  #groupCount = 0;

  constructor(options: HttpDiscovererOptions) {
    this.#options = options;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    const { settings, client, clock, observer } = this.#options;
    const refresh = async (stop: AbortSignal): Promise<Refreshed> => this.#refresh(stop);
    try {
      await runRefreshing({ intervalMs: settings.refreshIntervalMs, refresh, clock, observer }, sink, signal);
    } finally {
      await client.close();
    }
  }

  async #refresh(signal: AbortSignal): Promise<Refreshed> {
    const { settings, client } = this.#options;
    const { url, refreshIntervalMs } = settings;
    const headers = {
      accept: "application/json",
      "x-prometheus-refresh-interval-seconds": String(refreshIntervalMs / 1_000),
    };
    const reply = await client.get(url, { timeoutMs: refreshIntervalMs, headers, accepts: isOk }, signal);
    const listed = readReply(url, reply);
    const groups = await toTargetGroups(listed, { source: url, label: [URL_LABEL, url] }, this.#groupCount);
    this.#groupCount = listed.length;
    return { groups };
  }
}

function isOk(status: number): boolean {
  return status === 200;
}

function readReply(url: string, { header, body }: HttpReply): readonly ListedGroup[] {
  const name = requestName("GET", new URL(url));
  requireJsonType(name, header);
  try {
    return parseJsonGroups(body.toString("utf8"));
  } catch (error) {
    throw new Error(`${name}: the answer is no list of target groups: ${errorMessage(error)}`, { cause: error });
  }
}
