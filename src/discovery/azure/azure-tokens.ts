import {
  ClientSecretCredential,
  type ClientSecretCredentialOptions,
  DefaultAzureCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from "@azure/identity";

import type { DataObject } from "../../allocator/index.ts";
import { errorMessage } from "../../observability/error-text.ts";
import { textOf } from "../decoded-settings.ts";
import { untilDoneOrAborted } from "../until-done-or-aborted.ts";
import type { AzureCloud } from "./clouds.ts";

/** What whoever gives tokens is asked with. */
export type IdentityOptions = Pick<ClientSecretCredentialOptions, "tlsOptions" | "retryOptions">;

/** Access tokens for Azure Resource Manager, by the `authentication_method` of a section. */
export class AzureTokens {
  readonly #settings: DataObject;
  readonly #cloud: AzureCloud;
  readonly #options: IdentityOptions;
  #credential: TokenCredential | undefined;

  /**
   * Throws for a method that is not allowed.
   *
   * @param noFiles - Why jobs cannot use what this process is allowed to; undefined when they can.
   */
  constructor(settings: DataObject, cloud: AzureCloud, options: IdentityOptions, noFiles: string | undefined) {
    this.#settings = settings;
    this.#cloud = cloud;
    this.#options = options;
    const method = textOf(settings, "authentication_method");
    if (noFiles !== undefined && method !== "OAuth") {
      throw new Error(
        `azure_sd_configs: authentication_method ${method} is the identity of this process, which jobs cannot use; ` +
          `use OAuth: ${noFiles}`,
      );
    }
  }

  /** A token that is valid now. Rejects when there is no identity, or when it is given none. */
  async token(signal: AbortSignal): Promise<string> {
    try {
      this.#credential ??= this.#createCredential();
      const asked = this.#credential.getToken(this.#cloud.scope, { abortSignal: signal });
      const token = await untilDoneOrAborted(asked, signal);
      if (token !== null) return token.token;
      throw new Error("there is no identity");
    } catch (error) {
      signal.throwIfAborted();
      this.forget();
      throw noToken(textOf(this.#settings, "authentication_method"), error);
    }
  }

  /** Looks for the identity anew. */
  forget(): void {
    this.#credential = undefined;
  }

  #createCredential(): TokenCredential {
    // Which authorities there are is known here: nobody needs to be asked whether they are genuine.
    const options = { ...this.#options, authorityHost: this.#cloud.authority, disableInstanceDiscovery: true };
    const [tenantId, clientId] = [textOf(this.#settings, "tenant_id"), textOf(this.#settings, "client_id")];
    switch (textOf(this.#settings, "authentication_method")) {
      case "ManagedIdentity":
        return new ManagedIdentityCredential({ ...options, ...(clientId === "" ? {} : { clientId }) });
      case "WorkloadIdentity":
        return new WorkloadIdentityCredential(options);
      case "SDK":
        return new DefaultAzureCredential({ ...options, ...(tenantId === "" ? {} : { tenantId }) });
      default:
        return new ClientSecretCredential(tenantId, clientId, textOf(this.#settings, "client_secret"), options);
    }
  }
}

/** The error is not kept as a cause: its words differ each time and fill a page. */
function noToken(method: string, error: unknown): Error {
  return new Error(`no token from Azure by ${method}: ${essenceOf(errorMessage(error))}`);
}

/** What does not differ each time: without the IDs and times with which Microsoft marks each answer, on one line. */
function essenceOf(message: string): string {
  const [essence = ""] = message.split(/\s+(?:-\s+)?(?:Trace ID|Correlation ID|Timestamp): /);
  const described = /AADSTS\d+: .*/.exec(message)?.[0]?.split(/\s+(?:Trace ID|Correlation ID|Timestamp): /)[0];
  return (described ?? essence).replaceAll(/\s+/g, " ").trim();
}
