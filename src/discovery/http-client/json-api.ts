import { errorMessage } from "../../observability/error-text.ts";
import { JsonNode } from "../json-node.ts";
import type { DiscoveryHttpClient, HttpRequestOptions } from "./http-client.ts";
import { requestName } from "./http-error.ts";
import type { HttpReply } from "./http-exchange.ts";

/** An answer whose body is read where it is asked for. */
export interface JsonReply extends Pick<HttpReply, "status" | "header"> {
  /** Throws when the body is no JSON. */
  readonly json: () => JsonNode;
  /** The body as it is, from UTF-8. */
  readonly text: () => string;
}

/** What a request can have besides its URL. */
export interface JsonRequest extends Partial<HttpRequestOptions> {
  /** Sent as JSON with POST. @default a GET */
  readonly body?: unknown;
}

/** How a mechanism asks. */
export interface JsonApiOptions {
  readonly client: DiscoveryHttpClient;
  /** Of requests that do not say another. */
  readonly timeoutMs: number;
}

/** A server that answers in JSON. Errors begin with the request: method and URL. */
export class JsonApi {
  readonly #options: JsonApiOptions;

  constructor(options: JsonApiOptions) {
    this.#options = options;
  }

  /** Gets a document. Rejects when there is no answer, when it is refused, and when it is no JSON. */
  async get(url: string, signal: AbortSignal, headers: Readonly<Record<string, string>> = {}): Promise<JsonNode> {
    return (await this.ask(url, { headers }, signal)).json();
  }

  /** Asks, and answers with the headers too. Rejects when there is no answer, or when it is refused. */
  async ask(url: string, { body, headers, ...request }: JsonRequest, signal: AbortSignal): Promise<JsonReply> {
    const { client, timeoutMs } = this.#options;
    const content = body === undefined ? {} : { "content-type": "application/json" };
    const options = { timeoutMs, headers: { accept: "application/json", ...content, ...headers }, ...request };
    const reply =
      body === undefined
        ? await client.get(url, options, signal)
        : await client.post(url, JSON.stringify(body), options, signal);
    const name = requestName(body === undefined ? "GET" : "POST", new URL(url));
    const { status, header, body: bytes } = reply;
    return { status, header, json: () => parse(name, bytes), text: () => bytes.toString("utf8") };
  }
}

function parse(name: string, body: Buffer): JsonNode {
  try {
    return new JsonNode(JSON.parse(body.toString("utf8")), name);
  } catch (error) {
    throw new Error(`${name}: the answer is no JSON: ${errorMessage(error)}`, { cause: error });
  }
}
