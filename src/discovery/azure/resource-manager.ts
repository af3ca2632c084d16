import { allPages } from "../all-pages.ts";
import { HttpRequestError } from "../http-client/http-error.ts";
import type { JsonApi } from "../http-client/json-api.ts";
import type { JsonNode } from "../json-node.ts";
import type { AzureTokens } from "./azure-tokens.ts";

/** Azure Resource Manager, for one subscription. https://learn.microsoft.com/en-us/rest/api/resources/ */
export class ResourceManager {
  readonly #api: JsonApi;
  readonly #tokens: AzureTokens;
  readonly #endpoint: string;
  readonly #subscription: string;

  constructor(api: JsonApi, tokens: AzureTokens, endpoint: string, subscriptionId: string) {
    this.#api = api;
    this.#tokens = tokens;
    this.#endpoint = endpoint;
    this.#subscription = `${endpoint}/subscriptions/${encodeURIComponent(subscriptionId)}`;
  }

  /** All resources of a list. */
  async list(path: string, version: string, signal: AbortSignal): Promise<readonly JsonNode[]> {
    const list = this.#subscription + path;
    return allPages<JsonNode, string>(list, `${list}?api-version=${version}`, async (url) => {
      // The token is for this server only.
      if (URL.parse(url)?.origin !== new URL(this.#endpoint).origin) {
        throw new Error(`GET ${list}: the next page is on another server, which is not asked`);
      }
      const answer = await this.#get(url, signal);
      return { items: answer.items("value"), next: answer.text("nextLink") || undefined };
    });
  }

  /** One resource; undefined when there is none. */
  async find(path: string, query: string, signal: AbortSignal): Promise<JsonNode | undefined> {
    try {
      return await this.#get(`${this.#subscription}${path}?${query}`, signal);
    } catch (error) {
      if (error instanceof HttpRequestError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #get(url: string, signal: AbortSignal): Promise<JsonNode> {
    const token = await this.#tokens.token(signal);
    try {
      return await this.#api.get(url, signal, { authorization: `Bearer ${token}` });
    } catch (error) {
      if (error instanceof HttpRequestError && error.status === 401) this.#tokens.forget();
      throw error;
    }
  }
}

/** What the ID of a resource says: `/subscriptions/…/resourceGroups/GROUP/…/NAME`. */
export interface ResourceId {
  readonly group: string;
  readonly name: string;
}

/** Reads an ID. Throws for a text that is none. */
export function parseResourceId(id: string): ResourceId {
  const { group, name } = /\/resourceGroups\/(?<group>[^/]+)\/(?:.*\/)?(?<name>[^/]+)\/?$/i.exec(id)?.groups ?? {};
  if (group !== undefined && name !== undefined) return { group, name };
  throw new Error(`${JSON.stringify(id)} is no ID of a resource in Azure`);
}
