import type { JsonApi } from "../http-client/json-api.ts";
import type { JsonNode } from "../json-node.ts";
import type { ConsulSettings } from "./settings.ts";

/** How long a server holds a query that has nothing new to answer. */
const WAIT_MS = 120_000;
/** For the way there and back, on top of the wait. */
const TIMEOUT_MS = WAIT_MS + 15_000;

/** An answer and the state of the server's data that it shows. */
export interface Indexed {
  /** To be sent with the next query of the same kind, which waits until there is another one. "" before the first. */
  readonly index: string;
  readonly answer: JsonNode;
}

/** The queries of Consul's HTTP API. https://developer.hashicorp.com/consul/api-docs/features/blocking */
export class ConsulApi {
  readonly #settings: ConsulSettings;
  readonly #api: JsonApi;

  constructor(settings: ConsulSettings, api: JsonApi) {
    this.#settings = settings;
    this.#api = api;
  }

  /** The datacenter of the agent that is asked. */
  async ownDatacenter(signal: AbortSignal): Promise<string> {
    const { answer } = await this.#ask("/v1/agent/self", [], signal);
    return answer.at("Config").text("Datacenter");
  }

  /** The names of all services with their tags, as soon as they differ from the index. */
  async services(index: string, signal: AbortSignal): Promise<Indexed> {
    return this.#ask("/v1/catalog/services", this.#blocking(index, this.#settings.filter), signal);
  }

  /** The instances of a service that have all wanted tags, as soon as they differ from the index. */
  async instances(service: string, index: string, signal: AbortSignal): Promise<Indexed> {
    const tags = this.#settings.tags.map((tag) => ["tag", tag] as const);
    const parameters = [...tags, ...this.#blocking(index, this.#settings.healthFilter)];
    return this.#ask(`/v1/health/service/${encodeURIComponent(service)}`, parameters, signal);
  }

  #blocking(index: string, filter: string): readonly (readonly [string, string])[] {
    const { allowStale, nodeMeta } = this.#settings;
    return [
      ...(allowStale ? [["stale", ""] as const] : []),
      ...(index === "" ? [] : [["index", index] as const]),
      ["wait", `${String(WAIT_MS)}ms`],
      ...(filter === "" ? [] : [["filter", filter] as const]),
      ...Object.entries(nodeMeta).map(([key, value]) => ["node-meta", `${key}:${value}`] as const),
    ];
  }

  async #ask(path: string, parameters: readonly (readonly [string, string])[], signal: AbortSignal): Promise<Indexed> {
    const { baseUrl, datacenter, namespace, partition, token } = this.#settings;
    const url = new URL(baseUrl + path);
    const everywhere = { dc: datacenter, ns: namespace, partition };
    for (const [name, value] of Object.entries(everywhere)) if (value !== "") url.searchParams.set(name, value);
    for (const [name, value] of parameters) url.searchParams.append(name, value);
    const headers: Record<string, string> = token === "" ? {} : { "x-consul-token": token };
    const reply = await this.#api.ask(url.href, { headers, timeoutMs: TIMEOUT_MS }, signal);
    return { index: reply.header("x-consul-index"), answer: reply.json() };
  }
}
