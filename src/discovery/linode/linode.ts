import type { DataObject, TargetGroup } from "../../allocator/index.ts";
import type { Clock } from "../../observability/clock.ts";
import { allPages } from "../all-pages.ts";
import { numberOf, textOf } from "../decoded-settings.ts";
import { flatGroup } from "../flat-group.ts";
import { HttpRequestError } from "../http-client/http-error.ts";
import type { JsonApi } from "../http-client/json-api.ts";
import type { JsonNode } from "../json-node.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";
import { toLinodeTarget } from "./linode-target.ts";

const PAGE_SIZE = 500;
/** Looks without an event after which everything is read anyway: not everything that changes is an event. */
const MOST_QUIET_LOOKS = 10;

/**
 * `linode_sd_configs`: instances with an IPv4 address. After the first look it asks for events only, and reads everything
 * again when there was one.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#linode_sd_config
 *
 * @param endpoint - Where the API is.
 */
export function linode(endpoint = "https://api.linode.com/v4"): PolledMechanism {
  return {
    mechanism: "linode",
    createLook: (settings, api, { clock }) => {
      const account = new LinodeAccount(settings, api, endpoint);
      const events = new EventWatch(api, endpoint, clock);
      let known: readonly TargetGroup[] | undefined;
      return async (signal) => {
        const startedAt = clock.now();
        if (known === undefined || (await events.demandLook(signal))) {
          known = [await account.read(signal)];
          events.looked();
        }
        events.seenUntil(startedAt);
        return known;
      };
    },
  };
}

/** Reads all instances of an account. */
class LinodeAccount {
  readonly #settings: DataObject;
  readonly #api: JsonApi;
  readonly #endpoint: string;

  constructor(settings: DataObject, api: JsonApi, endpoint: string) {
    this.#settings = settings;
    this.#api = api;
    this.#endpoint = endpoint;
  }

  async read(signal: AbortSignal): Promise<TargetGroup> {
    const instances = await this.#list("linode/instances", signal);
    const addresses = await this.#list("networking/ips", signal);
    const ranges = await this.#list("networking/ipv6/ranges", signal);
    const options = {
      port: numberOf(this.#settings, "port"),
      separator: textOf(this.#settings, "tag_separator"),
      addresses: new Map(addresses.map((address) => [address.text("address"), address])),
      ranges,
    };
    return flatGroup(
      "Linode",
      instances
        .filter((instance) => instance.items("ipv4").length > 0)
        .map((instance) => toLinodeTarget(instance, options)),
    );
  }

  async #list(path: string, signal: AbortSignal): Promise<readonly JsonNode[]> {
    const region = textOf(this.#settings, "region");
    const headers: Record<string, string> = region === "" ? {} : { "x-filter": JSON.stringify({ region }) };
    const list = `${this.#endpoint}/${path}`;
    return allPages<JsonNode, number>(list, 1, async (page) => {
      const url = `${list}?page=${String(page)}&page_size=${String(PAGE_SIZE)}`;
      const answer = await this.#api.get(url, signal, headers);
      return { items: answer.items("data"), next: page < answer.number("pages") ? page + 1 : undefined };
    });
  }
}

/** Knows when everything has to be read again. */
class EventWatch {
  readonly #api: JsonApi;
  readonly #url: string;
  #since: number;
  #quietLooks = 0;
  /** A token need not be allowed to read events. */
  #allowed = true;

  constructor(api: JsonApi, endpoint: string, clock: Clock) {
    this.#api = api;
    this.#url = `${endpoint}/account/events?page=1&page_size=25`;
    this.#since = clock.now();
  }

  /** Rejects when events cannot be read for another reason than that the token does not allow it. */
  async demandLook(signal: AbortSignal): Promise<boolean> {
    if (!this.#allowed) return true;
    const since = new Date(this.#since).toISOString().slice(0, "2006-01-02T15:04:05".length);
    const filter = JSON.stringify({ created: { "+gte": since } });
    try {
      const events = await this.#api.get(this.#url, signal, { "x-filter": filter });
      this.#quietLooks += 1;
      return events.items("data").length > 0 || this.#quietLooks >= MOST_QUIET_LOOKS;
    } catch (error) {
      if (!(error instanceof HttpRequestError && error.status === 401)) throw error;
      this.#allowed = false;
      return true;
    }
  }

  looked(): void {
    this.#quietLooks = 0;
  }

  /** @param time - Milliseconds since the epoch. */
  seenUntil(time: number): void {
    this.#since = time;
  }
}
