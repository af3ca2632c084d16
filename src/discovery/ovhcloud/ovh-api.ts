import { createHash } from "node:crypto";

import type { DataObject } from "../../allocator/index.ts";
import { textOf } from "../decoded-settings.ts";
import type { JsonApi } from "../http-client/json-api.ts";
import type { JsonNode } from "../json-node.ts";

/** Where the APIs of OVHcloud's brands and regions are. https://github.com/ovh/go-ovh#supported-apis */
const ENDPOINTS: Readonly<Record<string, string>> = {
  "ovh-eu": "https://eu.api.ovh.com/1.0",
  "ovh-ca": "https://ca.api.ovh.com/1.0",
  "ovh-us": "https://api.us.ovhcloud.com/1.0",
  "kimsufi-eu": "https://eu.api.kimsufi.com/1.0",
  "kimsufi-ca": "https://ca.api.kimsufi.com/1.0",
  "soyoustart-eu": "https://eu.api.soyoustart.com/1.0",
  "soyoustart-ca": "https://ca.api.soyoustart.com/1.0",
};

/** Gets a document below the endpoint. */
export type OvhGet = (path: string, signal: AbortSignal) => Promise<JsonNode>;

/** OVHcloud's API, whose requests are signed. https://help.ovhcloud.com/csm/en-gb-api-getting-started-ovhcloud-api */
export class OvhApi {
  readonly #api: JsonApi;
  readonly #endpoint: string;
  readonly #applicationKey: string;
  readonly #applicationSecret: string;
  readonly #consumerKey: string;

  /** Throws for an endpoint that is neither known nor a URL. */
  constructor(settings: DataObject, api: JsonApi) {
    this.#api = api;
    this.#endpoint = endpointOf(textOf(settings, "endpoint"));
    this.#applicationKey = textOf(settings, "application_key");
    this.#applicationSecret = textOf(settings, "application_secret");
    this.#consumerKey = textOf(settings, "consumer_key");
  }

  /** Asks for the server's time, which signatures are for, and answers with what signs requests at that time. */
  async open(signal: AbortSignal): Promise<OvhGet> {
    const time = (await this.#api.get(`${this.#endpoint}/auth/time`, signal)).number();
    return async (path, stop) => {
      const url = this.#endpoint + path;
      return this.#api.get(url, stop, this.#signed(url, String(time)));
    };
  }

  #signed(url: string, time: string): Readonly<Record<string, string>> {
    const text = [this.#applicationSecret, this.#consumerKey, "GET", url, "", time].join("+");
    return {
      "x-ovh-application": this.#applicationKey,
      "x-ovh-consumer": this.#consumerKey,
      "x-ovh-timestamp": time,
      "x-ovh-signature": `$1$${createHash("sha1").update(text).digest("hex")}`,
    };
  }
}

function endpointOf(name: string): string {
  if (name.includes("/")) return name.replace(/\/+$/, "");
  const known = Object.hasOwn(ENDPOINTS, name) ? ENDPOINTS[name] : undefined;
  if (known !== undefined) return known;
  throw new Error(
    `ovhcloud_sd_configs: endpoint ${JSON.stringify(name)} must be a URL or one of ${Object.keys(ENDPOINTS).join(", ")}`,
  );
}
