import { buildQueryString, type HttpHandler } from "@smithy/core/protocols";
import { type HttpRequest, HttpResponse } from "@smithy/core/transport";

import { errorMessage } from "../../observability/error-text.ts";
import type { DiscoveryHttpClient } from "../http-client/http-client.ts";
import { explainStatus, HttpRequestError, requestName } from "../http-client/http-error.ts";

/** What AWS's SDK asks its servers with. */
type RequestHandler = HttpHandler<Record<string, never>>;

/** An answer that knows what it answers. */
class AwsResponse extends HttpResponse {
  readonly request: string;
  readonly bytes: Buffer;

  constructor(request: string, bytes: Buffer, answer: Pick<HttpResponse, "statusCode" | "headers">) {
    super({ ...answer, body: bytes });
    this.request = request;
    this.bytes = bytes;
  }
}

/** Lets the SDK ask with the HTTP client keys of a job: its proxies, TLS and headers count for every request. */
export class AwsTransport implements RequestHandler {
  readonly #client: DiscoveryHttpClient;
  readonly #timeoutMs: number;

  /** @param timeoutMs - Of one request; the SDK repeats what may succeed the next time. */
  constructor(client: DiscoveryHttpClient, timeoutMs: number) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
  }

  /** Rejects with HttpRequestError when there is no answer. */
  async handle(
    request: HttpRequest,
    { abortSignal }: { readonly abortSignal?: unknown } = {},
  ): Promise<{ readonly response: HttpResponse }> {
    const url = urlOf(request);
    const signal = abortSignal instanceof AbortSignal ? abortSignal : new AbortController().signal;
    // The client sets these itself, to what the SDK has signed.
    const { host: _host, "content-length": _length, ...headers } = request.headers;
    // Every status is an answer: what it means stands in the body, which the SDK reads.
    const options = { timeoutMs: this.#timeoutMs, headers, accepts: () => true };
    const reply =
      request.method === "GET"
        ? await this.#client.get(url, options, signal)
        : await this.#client.post(url, textOfBody(request.body), options, signal);
    const name = requestName(request.method, new URL(url));
    if (reply.status === 200 && reply.body.length === 0) throw new HttpRequestError(`${name}: the answer is empty`);
    const answered = Object.fromEntries(reply.headerNames.map((header) => [header, reply.header(header)]));
    return { response: new AwsResponse(name, reply.body, { statusCode: reply.status, headers: answered }) };
  }

  /** Part of the SDK's interface: there is nothing that it could configure. */
  updateHttpClientConfig(): void {}

  /** Part of the SDK's interface. */
  httpHandlerConfigs(): Record<string, never> {
    return {};
  }
}

/** What an error of the SDK says about the request and its answer. Errors of other kinds stay as they are. */
export function explainAwsError(error: unknown): unknown {
  const response = error instanceof Error && "$response" in error ? error.$response : undefined;
  if (!(error instanceof Error && response instanceof AwsResponse)) return error;
  const { statusCode: status, request, bytes } = response;
  // The SDK gives a name to what it has read, and no name to what it has not.
  const read = "$fault" in error && error.name !== "Unknown";
  if (status >= 300) {
    const told = read ? Buffer.from(`${error.name}: ${error.message}`) : bytes;
    return new HttpRequestError(`${request}: ${explainStatus(status, told)}`, { status });
  }
  const [reason = ""] = errorMessage(error).split("\n");
  return new HttpRequestError(`${request}: the answer cannot be read: ${reason}`, { status });
}

/** Some APIs of the SDK have a text, others its bytes. */
function textOfBody(body: unknown): string {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
}

function urlOf({ protocol, hostname, port, path, query }: HttpRequest): string {
  const host = port === undefined ? hostname : `${hostname}:${String(port)}`;
  const search = buildQueryString(query);
  return `${protocol}//${host}${path}${search === "" ? "" : `?${search}`}`;
}
