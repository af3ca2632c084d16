import type { Clock } from "../../observability/clock.ts";
import { Connections } from "./connections.ts";
import { HttpAccess } from "./http-access.ts";
import { HttpRequestError } from "./http-error.ts";
import { HttpExchange, type HttpExchangeOptions, type HttpReply, type HttpRequest } from "./http-exchange.ts";
import { OAuth2Tokens } from "./oauth2-tokens.ts";
import { createProxyRule, type ProxyEnvironment } from "./proxy-rules.ts";
import { givenHeaders, RequestHeaders } from "./request-headers.ts";
import type { SecretFiles } from "./secret.ts";
import { type HttpClientSettings, type OAuth2Settings, readHttpClientSettings } from "./settings.ts";
import { TlsMaterial } from "./tls-material.ts";

/** What servers know Prometheus by: its name, and no version, as the Go target allocator sends it. */
const USER_AGENT = "Prometheus/";
/** Far more than a service directory answers; reading takes several times as much memory. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** What one request needs besides its URL. */
export interface HttpRequestOptions {
  /** For the whole request: redirects, connecting, and reading the answer. */
  readonly timeoutMs: number;
  /** @default `User-Agent: Prometheus/` only */
  readonly headers?: Readonly<Record<string, string>>;
  /** Which statuses are an answer; the others reject. @default 200 to 299 */
  readonly accepts?: (status: number) => boolean;
}

/** What discovery mechanisms ask their servers with: one client for each discoverer. */
export interface DiscoveryHttpClient {
  /**
   * Gets an absolute http or https URL. Rejects with HttpRequestError when no accepted answer comes in time, and with
   * the signal's reason when it is aborted.
   */
  get(url: string, options: HttpRequestOptions, signal: AbortSignal): Promise<HttpReply>;
  /** Posts a text, such as a query that is too long for a URL. Otherwise as {@link get}. */
  post(url: string, body: string, options: HttpRequestOptions, signal: AbortSignal): Promise<HttpReply>;
  /** Ends everything that is under way. */
  close(): Promise<void>;
}

/** HTTP client keys that are all left out, where redirects mean nothing. */
const NO_SETTINGS = Object.freeze(readHttpClientSettings({}));

/** A client that speaks plain HTTP as it is: without proxies, redirects, TLS, and without saying who it is. */
export function createBareHttpClient(
  dependencies: Pick<DiscoveryHttpClientDependencies, "files" | "clock">,
  { socketPath }: { readonly socketPath?: string | undefined },
): DiscoveryHttpClient {
  const proxyEnvironment = { httpProxy: "", httpsProxy: "", noProxy: "" };
  return createDiscoveryHttpClient(NO_SETTINGS, { ...dependencies, proxyEnvironment, socketPath });
}

/** What a client needs of its surroundings. */
export interface DiscoveryHttpClientDependencies {
  readonly files: SecretFiles;
  readonly proxyEnvironment: ProxyEnvironment;
  readonly clock: Clock;
  /** A Unix socket that leads to every host. @default the network */
  readonly socketPath?: string | undefined;
}

/**
 * Makes a client of the HTTP client settings of a discovery section. It opens nothing before the first request, and
 * reads the files that the settings name anew for each. Throws when the settings contradict themselves.
 */
export function createDiscoveryHttpClient(
  settings: HttpClientSettings,
  dependencies: DiscoveryHttpClientDependencies,
): DiscoveryHttpClient {
  const { oauth2 } = settings.authentication;
  const tokens = oauth2 === undefined ? undefined : createTokens(oauth2, dependencies);
  const { complete } = new RequestHeaders(settings, dependencies.files, tokens);
  const exchange = createExchange(settings, complete, dependencies);
  const send = async (request: HttpRequest, signal: AbortSignal): Promise<HttpReply> => {
    try {
      return await exchange.send(request, signal);
    } catch (error) {
      // The server may have taken back a token before its time.
      if (error instanceof HttpRequestError && error.status === 401) tokens?.forget();
      throw error;
    }
  };
  return {
    get: async (url, options, signal) => send(toRequest("GET", url, options), signal),
    post: async (url, body, options, signal) => send({ ...toRequest("POST", url, options), body }, signal),
    async close() {
      await Promise.all([exchange.close(), tokens?.close()]);
    },
  };
}

/** The way to servers for those who send requests themselves. Throws when the settings contradict themselves. */
export function createHttpAccess(
  settings: HttpClientSettings,
  dependencies: DiscoveryHttpClientDependencies,
): HttpAccess {
  const { oauth2 } = settings.authentication;
  const tokens = oauth2 === undefined ? undefined : createTokens(oauth2, dependencies);
  return new HttpAccess({
    connections: createConnections(settings, dependencies),
    headers: new RequestHeaders(settings, dependencies.files, tokens),
    tokens,
  });
}

function toRequest(
  method: HttpRequest["method"],
  url: string,
  { timeoutMs, headers, accepts = isSuccess }: HttpRequestOptions,
): HttpRequest {
  return {
    method,
    url: toUrl(url, method),
    headers: { "user-agent": USER_AGENT, ...headers },
    timeoutMs,
    maxBodyBytes: MAX_BODY_BYTES,
    accepts,
  };
}

function createTokens(settings: OAuth2Settings, dependencies: DiscoveryHttpClientDependencies): OAuth2Tokens {
  const { files, clock } = dependencies;
  const exchange = createExchange(
    { ...settings, followRedirects: true },
    async (hop) => givenHeaders(hop),
    dependencies,
  );
  return new OAuth2Tokens({ settings, exchange, files, clock, userAgent: USER_AGENT });
}

function createExchange(
  settings: Pick<HttpClientSettings, "tls" | "proxy" | "followRedirects">,
  authorize: HttpExchangeOptions["authorize"],
  dependencies: DiscoveryHttpClientDependencies,
): HttpExchange {
  const connections = createConnections(settings, dependencies);
  const { followRedirects } = settings;
  return new HttpExchange({ connections, followRedirects, clock: dependencies.clock, authorize });
}

function createConnections(
  { tls, proxy }: Pick<HttpClientSettings, "tls" | "proxy">,
  { files, proxyEnvironment, socketPath }: DiscoveryHttpClientDependencies,
): Connections {
  return new Connections({
    tls: new TlsMaterial(tls, files),
    proxyFor: createProxyRule(proxy, proxyEnvironment),
    connectHeaders: proxy.connectHeaders,
    socketPath,
  });
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

function toUrl(text: string, method: string): URL {
  const url = URL.parse(text);
  if (url !== null && ["http:", "https:"].includes(url.protocol)) return url;
  throw new HttpRequestError(`${method} ${text.replace(/\/\/[^/@]*@/, "//")}: it must be an http or https URL`);
}
