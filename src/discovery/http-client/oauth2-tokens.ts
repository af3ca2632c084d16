import type { Clock } from "../../observability/clock.ts";
import { HttpRequestError, requestName } from "./http-error.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { createAssertion } from "./jwt-assertion.ts";
import { type SecretFiles, valueOf } from "./secret.ts";
import { JWT_GRANT, type OAuth2Settings } from "./settings.ts";
import { readTokenReply, type Token } from "./token-reply.ts";

const TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = 1024 * 1024;
/** A token is given up so long before its end, for the time that a request takes. */
const EARLY_MS = 10_000;

/** Whose tokens, and from where. */
export interface OAuth2TokensOptions {
  readonly settings: OAuth2Settings;
  /** To the token endpoint. */
  readonly exchange: HttpExchange;
  readonly files: SecretFiles;
  readonly clock: Clock;
  readonly userAgent: string;
}

interface HeldToken extends Token {
  /** On the monotonic clock, in milliseconds. */
  readonly until: number;
}

/** The access token of one client: asked for when it is needed, and kept until it expires or the secret changes. */
export class OAuth2Tokens {
  readonly #options: OAuth2TokensOptions;
  #secret = "";
  #token: HeldToken | undefined;
  #fetching: Promise<HeldToken> | undefined;
  /** Servers take the client's id and secret as basic authentication or in the form; undefined until one has worked. */
  #secretIn: "header" | "form" | undefined;

  constructor(options: OAuth2TokensOptions) {
    this.#options = options;
  }

  /** The value of the Authorization header. Requests that start together share one token request, and its failure. */
  async authorization(signal: AbortSignal): Promise<string> {
    const { settings, files, clock } = this.#options;
    const secret = await valueOf(settings.secret, files);
    if (secret !== this.#secret) this.forget();
    this.#secret = secret;
    if (this.#token === undefined || this.#token.until <= clock.monotonic()) {
      this.#fetching ??= this.#fetch(secret, signal).finally(() => (this.#fetching = undefined));
      this.#token = await this.#fetching;
    }
    return `${this.#token.type} ${this.#token.value}`;
  }

  /** The token is of no use any more. */
  forget(): void {
    this.#token = undefined;
  }

  async close(): Promise<void> {
    await this.#options.exchange.close();
  }

  async #fetch(secret: string, signal: AbortSignal): Promise<HeldToken> {
    const { settings, clock } = this.#options;
    const { type, value, expiresIn } =
      settings.grantType === JWT_GRANT
        ? await this.#ask(this.#assertionForm(secret), {}, signal)
        : await this.#fetchBySecret(secret, signal);
    const until = expiresIn === 0 ? Infinity : clock.monotonic() + expiresIn * 1_000 - EARLY_MS;
    return { type, value, expiresIn, until };
  }

  /** Tries both ways, as long as it is not known which one the server wants. */
  async #fetchBySecret(secret: string, signal: AbortSignal): Promise<Token> {
    const ways = this.#secretIn === undefined ? (["header", "form"] as const) : [this.#secretIn];
    let firstError: unknown;
    for (const way of ways) {
      try {
        const token = await this.#askBySecret(secret, way, signal);
        this.#secretIn = way;
        return token;
      } catch (error) {
        signal.throwIfAborted();
        firstError ??= error;
      }
    }
    throw firstError;
  }

  async #askBySecret(secret: string, way: "header" | "form", signal: AbortSignal): Promise<Token> {
    const { clientId, scopes, endpointParams } = this.#options.settings;
    const form = {
      grant_type: "client_credentials",
      ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
      ...endpointParams,
    };
    if (way === "form") {
      return this.#ask(
        { ...form, client_id: clientId, ...(secret === "" ? {} : { client_secret: secret }) },
        {},
        signal,
      );
    }
    // Both are form-encoded before they are joined: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
    const pair = [clientId, secret].map((text) => new URLSearchParams([["", text]]).toString().slice(1)).join(":");
    return this.#ask(form, { authorization: `Basic ${Buffer.from(pair).toString("base64")}` }, signal);
  }

  #assertionForm(privateKey: string): Readonly<Record<string, string>> {
    const { settings, clock } = this.#options;
    return {
      grant_type: JWT_GRANT,
      assertion: createAssertion(settings, privateKey, clock.now()),
      ...(settings.scopes.length === 0 ? {} : { scope: settings.scopes.join(" ") }),
      ...settings.endpointParams,
    };
  }

  async #ask(
    form: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Token> {
    const { settings, exchange, userAgent } = this.#options;
    const url = new URL(settings.tokenUrl);
    const reply = await exchange.send(
      {
        method: "POST",
        url,
        headers: { "content-type": "application/x-www-form-urlencoded", "user-agent": userAgent, ...headers },
        body: new URLSearchParams(form).toString(),
        timeoutMs: TIMEOUT_MS,
        maxBodyBytes: MAX_BODY_BYTES,
        accepts: () => true,
      },
      signal,
    );
    try {
      return readTokenReply(reply);
    } catch (error) {
      throw new HttpRequestError(`${requestName("POST", url)}: no OAuth 2 token: ${(error as Error).message}`, {
        cause: error,
        status: reply.status,
      });
    }
  }
}
