import type { DataObject } from "../../allocator/index.ts";
import type { Clock } from "../../observability/clock.ts";
import { errorMessage } from "../../observability/error-text.ts";
import { textOf } from "../decoded-settings.ts";
import type { DiscoveryHttpClient } from "../http-client/http-client.ts";
import { requestName } from "../http-client/http-error.ts";
import type { JsonNode } from "../json-node.ts";
import { decodeResponse, encodeCall, type XmlRpcArgument } from "./xml-rpc.ts";

const API_PATH = "/rpc/api";
/** How long a session is asked for, and after which time another one is. */
const SESSION_SECONDS = 600;
const RENEW_AFTER_MS = 300_000;

/** What calls need of their surroundings. */
export interface UyuniSurroundings {
  readonly client: DiscoveryHttpClient;
  readonly clock: Clock;
  /** For one call. */
  readonly timeoutMs: number;
}

/** Calls a method within a session, whose key is its first argument. */
export type UyuniCall = (method: string, ...args: readonly XmlRpcArgument[]) => Promise<readonly JsonNode[]>;

/** Uyuni's XML-RPC API. https://www.uyuni-project.org/uyuni-docs-api/uyuni/index.html */
export class UyuniApi {
  /** Where it is. */
  readonly url: string;
  readonly #surroundings: UyuniSurroundings;
  readonly #username: string;
  readonly #password: string;
  #session = "";
  /** On the monotonic clock. */
  #renewAt = 0;

  /** Throws when the server is no URL. */
  constructor(settings: DataObject, surroundings: UyuniSurroundings) {
    this.url = urlOf(textOf(settings, "server"));
    this.#surroundings = surroundings;
    this.#username = textOf(settings, "username");
    this.#password = textOf(settings, "password");
  }

  /** Does something within a session, which lasts for several uses. After a failure the next use begins a new one. */
  async use<T>(work: (call: UyuniCall) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock } = this.#surroundings;
    if (this.#session === "" || clock.monotonic() >= this.#renewAt) {
      this.#session = (
        await this.#call("auth.login", [this.#username, this.#password, SESSION_SECONDS], signal)
      ).text();
      this.#renewAt = clock.monotonic() + RENEW_AFTER_MS;
    }
    const session = this.#session;
    try {
      return await work(async (method, ...args) => (await this.#call(method, [session, ...args], signal)).items());
    } catch (error) {
      this.#session = "";
      throw error;
    }
  }

  async #call(method: string, args: readonly XmlRpcArgument[], signal: AbortSignal): Promise<JsonNode> {
    const { client, timeoutMs } = this.#surroundings;
    const headers = { "content-type": "text/xml", accept: "text/xml" };
    const reply = await client.post(this.url, encodeCall(method, args), { timeoutMs, headers }, signal);
    const call = `${requestName("POST", new URL(this.url))}: ${method}`;
    try {
      return decodeResponse(reply.body.toString("utf8"), call);
    } catch (error) {
      throw new Error(`${call}: ${errorMessage(error)}`, { cause: error });
    }
  }
}

function urlOf(server: string): string {
  const url = URL.parse(server);
  if (url === null) {
    throw new Error(`uyuni_sd_configs: server ${JSON.stringify(server)} must be a URL with scheme and host`);
  }
  url.pathname = url.pathname.replace(/\/+$/, "") + API_PATH;
  return url.href;
}
