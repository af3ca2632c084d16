import { fromNodeProviderChain, fromTemporaryCredentials } from "@aws-sdk/credential-providers";

import type { DataObject } from "../../allocator/index.ts";
import { errorMessage } from "../../observability/error-text.ts";
import { textOf } from "../decoded-settings.ts";
import { findOwnRegion } from "./aws-region.ts";
import type { AwsTransport } from "./aws-transport.ts";

type Credentials = NonNullable<Parameters<typeof fromTemporaryCredentials>[0]["masterCredentials"]>;

/** What every client of one job is made with. */
export interface AwsClientOptions {
  readonly region: string;
  readonly credentials: Credentials;
  readonly requestHandler: AwsTransport;
}

/** How one job gets at AWS: its region, who asks, and where. */
export class AwsAccess {
  readonly #settings: DataObject;
  readonly #section: string;
  readonly #requestHandler: AwsTransport;

  /**
   * Throws for settings that cannot be used.
   *
   * @param mechanism - As in the file, without `_sd_configs`.
   * @param noFiles - Why jobs cannot use what this process is allowed to; undefined when they can.
   */
  constructor(settings: DataObject, mechanism: string, requestHandler: AwsTransport, noFiles: string | undefined) {
    this.#settings = settings;
    this.#section = `${mechanism}_sd_configs`;
    this.#requestHandler = requestHandler;
    if (noFiles !== undefined) this.#requireOwnIdentity(noFiles);
    const endpoint = textOf(settings, "endpoint");
    if (endpoint !== "" && !["http:", "https:"].includes(URL.parse(endpoint)?.protocol ?? "")) {
      throw new Error(`${this.#section}: endpoint ${endpoint} must begin with http:// or https://`);
    }
  }

  /** The configured address of the role's own API. */
  get endpoint(): { readonly endpoint?: string } {
    const endpoint = textOf(this.#settings, "endpoint");
    return endpoint === "" ? {} : { endpoint };
  }

  /** Finds the region. Rejects when none is configured and this machine knows none. Credentials are had when needed. */
  async open(): Promise<AwsClientOptions> {
    const region = textOf(this.#settings, "region") || (await this.#ownRegion());
    const shared = { region, requestHandler: this.#requestHandler };
    return { ...shared, credentials: this.#credentials(shared) };
  }

  async #ownRegion(): Promise<string> {
    try {
      return await findOwnRegion();
    } catch (error) {
      throw new Error(
        `${this.#section}: no region is set, and this machine does not know one; set region: ${errorMessage(error)}`,
        { cause: error },
      );
    }
  }

  #credentials(shared: Pick<AwsClientOptions, "region" | "requestHandler">): Credentials {
    const [roleArn, externalId] = [textOf(this.#settings, "role_arn"), textOf(this.#settings, "external_id")];
    const own = this.#ownCredentials(shared);
    if (roleArn === "") return own;
    return fromTemporaryCredentials({
      masterCredentials: own,
      params: { RoleArn: roleArn, ...(externalId === "" ? {} : { ExternalId: externalId }) },
      clientConfig: shared,
    });
  }

  /** A key counts together with its secret only; else the usual places are searched, as any program on AWS does. */
  #ownCredentials(clientConfig: Pick<AwsClientOptions, "region" | "requestHandler">): Credentials {
    const [accessKeyId, secretAccessKey] = [textOf(this.#settings, "access_key"), textOf(this.#settings, "secret_key")];
    if (accessKeyId !== "" && secretAccessKey !== "") return { accessKeyId, secretAccessKey };
    const profile = textOf(this.#settings, "profile");
    return fromNodeProviderChain({ clientConfig, ...(profile === "" ? {} : { profile }) });
  }

  #requireOwnIdentity(reason: string): void {
    const missing = ["region", "access_key", "secret_key"].filter((key) => textOf(this.#settings, key) === "");
    if (missing.length > 0) {
      throw new Error(
        `${this.#section}: ${missing.join(", ")} must be set: jobs cannot use this process's own identity: ${reason}`,
      );
    }
    if (textOf(this.#settings, "profile") !== "") throw new Error(`${this.#section}: profile cannot be set: ${reason}`);
  }
}
