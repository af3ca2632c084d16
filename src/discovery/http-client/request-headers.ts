import type { HeaderValues } from "./http-exchange.ts";
import type { OAuth2Tokens } from "./oauth2-tokens.ts";
import type { Hop } from "./redirects.ts";
import { type SecretFiles, valueOf } from "./secret.ts";
import type { HttpClientSettings } from "./settings.ts";

/** Headers that can hold credentials: never sent to a foreign host. The list is that of Go's client. */
const SENSITIVE: readonly string[] = [
  "authorization",
  "www-authenticate",
  "cookie",
  "cookie2",
  "proxy-authorization",
  "proxy-authenticate",
];

/** The headers of a hop by lower-case name, as they are given. */
export function givenHeaders({ headers }: Hop): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), typeof value === "string" ? [value] : value]),
  );
}

/** Completes requests with the configured headers and with what says who the client is. */
export class RequestHeaders {
  readonly #settings: HttpClientSettings;
  readonly #files: SecretFiles;
  readonly #tokens: OAuth2Tokens | undefined;

  /** @param tokens - Given exactly when the settings have `oauth2`. */
  constructor(settings: HttpClientSettings, files: SecretFiles, tokens: OAuth2Tokens | undefined) {
    this.#settings = settings;
    this.#files = files;
    this.#tokens = tokens;
  }

  /** Rejects when a file with a secret cannot be read, or when no token can be had. */
  readonly complete = async (hop: Hop, signal: AbortSignal): Promise<HeaderValues> => {
    const headers = givenHeaders(hop);
    for (const { name, values } of this.#settings.headers) {
      const key = name.toLowerCase();
      const added = await Promise.all(values.map(async (value) => valueOf(value, this.#files)));
      headers[key] = [...(headers[key] ?? []), ...added];
    }
    if (hop.foreign) for (const name of SENSITIVE) delete headers[name];
    if (headers["authorization"] !== undefined) return headers;
    const authorization = userOf(hop.url) ?? (hop.foreign ? undefined : await this.#authorization(signal));
    return authorization === undefined ? headers : { ...headers, authorization: [authorization] };
  };

  async #authorization(signal: AbortSignal): Promise<string | undefined> {
    const { basic, authorization } = this.#settings.authentication;
    if (this.#tokens !== undefined) return this.#tokens.authorization(signal);
    if (basic !== undefined) {
      return basicAuthorization(await valueOf(basic.username, this.#files), await valueOf(basic.password, this.#files));
    }
    if (authorization === undefined) return undefined;
    return `${authorization.type} ${await valueOf(authorization.credentials, this.#files)}`;
  }
}

/** The user in a URL beats the settings. */
function userOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  return basicAuthorization(unescaped(username), unescaped(password));
}

/** A per cent sign that escapes nothing is one. */
function unescaped(text: string): string {
  return text.replaceAll(/(?:%[\dA-Fa-f]{2})+/g, (escaped) =>
    Buffer.from(escaped.replaceAll("%", ""), "hex").toString(),
  );
}

function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
