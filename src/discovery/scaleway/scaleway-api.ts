import type { DataObject } from "../../allocator/index.ts";
import { allPages } from "../all-pages.ts";
import { textOf, textsOf } from "../decoded-settings.ts";
import type { JsonApi } from "../http-client/json-api.ts";
import { type Secret, type SecretFiles, secretOf, valueOf } from "../http-client/secret.ts";
import type { JsonNode } from "../json-node.ts";

/** Scaleway's API for one zone. https://www.scaleway.com/en/developers/api/ */
export class ScalewayApi {
  readonly #api: JsonApi;
  readonly #files: SecretFiles;
  readonly #url: string;
  readonly #zone: string;
  readonly #secretKey: Secret | undefined;
  readonly #filters: readonly (readonly [string, string])[];

  constructor(settings: DataObject, api: JsonApi, files: SecretFiles) {
    this.#api = api;
    this.#files = files;
    this.#url = textOf(settings, "api_url").replace(/\/+$/, "");
    this.#zone = textOf(settings, "zone");
    this.#secretKey = secretOf(settings, "secret_key", "scaleway_sd_configs");
    const name = textOf(settings, "name_filter");
    this.#filters = name === "" ? [] : [["name", name]];
  }

  /** The servers of a product that the configured name filter and some other filters let through. */
  async servers(
    product: string,
    filters: readonly (readonly [string, string])[],
    signal: AbortSignal,
  ): Promise<readonly JsonNode[]> {
    return this.list(product, "servers", [...this.#filters, ...filters], signal);
  }

  /** All items of a list, which the answer has under the list's own name. */
  async list(
    product: string,
    name: string,
    filters: readonly (readonly [string, string])[],
    signal: AbortSignal,
  ): Promise<readonly JsonNode[]> {
    const list = `${this.#url}/${product}/v1/zones/${encodeURIComponent(this.#zone)}/${name}`;
    const headers = { "x-auth-token": await valueOf(this.#secretKey, this.#files) };
    let read = 0;
    return allPages<JsonNode, number>(list, 1, async (page) => {
      const query = new URLSearchParams([["page", String(page)], ...filters.map(([key, value]) => [key, value])]);
      const reply = await this.#api.ask(`${list}?${query.toString()}`, { headers }, signal);
      const answer = reply.json();
      const items = answer.items(name);
      read += items.length;
      const total = Number(reply.header("x-total-count")) || answer.number("total_count");
      return { items, next: items.length === 0 || read >= total ? undefined : page + 1 };
    });
  }
}

/** Tags that servers must have. */
export function tagsFilterOf(settings: DataObject): readonly string[] {
  return textsOf(settings, "tags_filter");
}
