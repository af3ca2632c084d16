import type { DataObject } from "../../allocator/index.ts";
import {
  createDiscoveryHttpClient,
  type DiscoveryHttpClient,
  type DiscoveryHttpClientDependencies,
} from "../http-client/http-client.ts";
import type { HttpReply } from "../http-client/http-exchange.ts";
import { type HttpClientSettings, JWT_GRANT, readHttpClientSettings } from "../http-client/settings.ts";
import { readServiceAccount, type ServiceAccount } from "./service-account.ts";

/** Whose keys, and where tokens are given for them. */
export interface StackitClientOptions extends DiscoveryHttpClientDependencies {
  readonly settings: DataObject;
  readonly tokenUrl: string;
}

/**
 * A client that asks as a service account: it signs a statement with the account's key, and gets a token for it. The
 * key is read anew for each request; a changed one means a new token.
 */
export class StackitClient implements DiscoveryHttpClient {
  readonly #options: StackitClientOptions;
  #account = "";
  #client: DiscoveryHttpClient | undefined;

  constructor(options: StackitClientOptions) {
    this.#options = options;
  }

  async get(...request: Parameters<DiscoveryHttpClient["get"]>): Promise<HttpReply> {
    return (await this.#current()).get(...request);
  }

  async post(...request: Parameters<DiscoveryHttpClient["post"]>): Promise<HttpReply> {
    return (await this.#current()).post(...request);
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  async #current(): Promise<DiscoveryHttpClient> {
    const { settings, files, tokenUrl } = this.#options;
    const account = await readServiceAccount(settings, files);
    const text = JSON.stringify(account);
    if (this.#client !== undefined && text === this.#account) return this.#client;
    await this.#client?.close();
    this.#account = text;
    this.#client = createDiscoveryHttpClient(withAccount(settings, account, tokenUrl), this.#options);
    return this.#client;
  }
}

/** In the place of other ways to say who asks, as in the vendor's client. */
function withAccount(
  settings: DataObject,
  { keyId, issuer, subject, audience, privateKey }: ServiceAccount,
  tokenUrl: string,
): HttpClientSettings {
  const client = readHttpClientSettings(settings);
  const oauth2 = {
    clientId: subject,
    grantType: JWT_GRANT,
    secret: { key: "stackit_sd_configs.private_key", text: privateKey },
    keyId,
    algorithm: "RS512",
    issuer,
    audience,
    claims: {},
    scopes: [],
    tokenUrl,
    endpointParams: {},
    tls: client.tls,
    proxy: client.proxy,
  };
  return { ...client, authentication: { basic: undefined, authorization: undefined, oauth2 } };
}
