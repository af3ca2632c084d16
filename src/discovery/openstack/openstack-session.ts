import type { DataObject } from "../../allocator/index.ts";
import { allPages } from "../all-pages.ts";
import { textOf } from "../decoded-settings.ts";
import type { JsonApi } from "../http-client/json-api.ts";
import { requestName } from "../http-client/http-error.ts";
import type { JsonNode } from "../json-node.ts";
import { type SignIn, signInOf, tokenUrlOf } from "./sign-in.ts";

/** A service of the catalog, and the version that is in the paths below its endpoint, if any. */
interface Service {
  readonly type: string;
  readonly version: string;
}

/** Nova: servers and hypervisors. */
export const COMPUTE: Service = { type: "compute", version: "" };
/** Neutron: ports and floating addresses. */
export const NETWORK: Service = { type: "network", version: "v2.0" };
/** Octavia: load balancers and listeners. */
export const LOAD_BALANCER: Service = { type: "load-balancer", version: "v2.0" };

/** One region of an OpenStack, for one account. */
export class OpenStack {
  readonly #api: JsonApi;
  readonly #tokenUrl: string;
  readonly #signIn: SignIn;
  readonly #region: string;
  readonly #availability: string;

  /** Throws when the settings do not say who signs in where. */
  constructor(settings: DataObject, api: JsonApi) {
    this.#api = api;
    this.#tokenUrl = tokenUrlOf(settings);
    this.#signIn = signInOf(settings);
    this.#region = textOf(settings, "region");
    this.#availability = textOf(settings, "availability");
  }

  /** What groups of this region are called. */
  get source(): string {
    return `OS_${this.#region}`;
  }

  /** Gets a token, which lasts for longer than a look. */
  async signIn(signal: AbortSignal): Promise<OpenStackSession> {
    const reply = await this.#api.ask(this.#tokenUrl, { body: this.#signIn }, signal);
    const token = reply.header("x-subject-token");
    if (token === "") {
      throw new Error(`${requestName("POST", new URL(this.#tokenUrl))}: the answer has no X-Subject-Token`);
    }
    const catalog = reply.json().at("token").items("catalog");
    return new OpenStackSession(this.#api, token, (service) => this.#endpoint(catalog, service));
  }

  #endpoint(catalog: readonly JsonNode[], { type, version }: Service): string {
    const [region, availability] = [this.#region, this.#availability];
    const endpoint = catalog
      .filter((service) => service.text("type") === type)
      .flatMap((service) => service.items("endpoints"))
      .find(
        (each) =>
          each.text("interface") === availability && [each.text("region"), each.text("region_id")].includes(region),
      );
    if (endpoint === undefined) {
      throw new Error(
        `openstack_sd_configs: the catalog has no ${availability} endpoint of the service ${type} in region ` +
          `${JSON.stringify(region)}; check region and availability`,
      );
    }
    const url = endpoint.text("url").replace(/\/+$/, "");
    return version === "" || url.endsWith(`/${version}`) ? url : `${url}/${version}`;
  }
}

/** Requests with one token. */
export class OpenStackSession {
  readonly #api: JsonApi;
  readonly #token: string;
  readonly #endpointOf: (service: Service) => string;

  constructor(api: JsonApi, token: string, endpointOf: (service: Service) => string) {
    this.#api = api;
    this.#token = token;
    this.#endpointOf = endpointOf;
  }

  /**
   * All items of a list.
   *
   * @param path - Below the service's endpoint, with a query if need be.
   * @param name - The key of the items. Where the next page is stands under the same key with `_links`.
   */
  async list(service: Service, path: string, name: string, signal: AbortSignal): Promise<readonly JsonNode[]> {
    const first = `${this.#endpointOf(service)}/${path}`;
    return allPages<JsonNode, string>(first, first, async (url) => {
      const answer = await this.#api.get(url, signal, { "x-auth-token": this.#token });
      const next = answer.items(`${name}_links`).find((link) => link.text("rel") === "next");
      return { items: answer.items(name), next: next?.text("href") };
    });
  }
}
