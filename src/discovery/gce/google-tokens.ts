import { gcpMetadata, GoogleAuth } from "google-auth-library";

import { errorMessage } from "../../observability/error-text.ts";
import { untilDoneOrAborted } from "../until-done-or-aborted.ts";

/**
 * Access tokens for the identity of this process: a file that GOOGLE_APPLICATION_CREDENTIALS names, the one that `gcloud`
 * writes, or the service account of the machine or pod.
 * https://cloud.google.com/docs/authentication/application-default-credentials
 */
export class GoogleTokens {
  readonly #options: Readonly<Record<"projectId" | "scopes", string>>;
  #auth: GoogleAuth | undefined;

  /** @param projectId - Of what is asked for: the library would search for one otherwise. */
  constructor(scopes: string, projectId: string) {
    this.#options = { scopes, projectId };
  }

  /** A token that is valid now. Rejects when there is no identity, or when it is given none. */
  async token(signal: AbortSignal): Promise<string> {
    this.#auth ??= new GoogleAuth(this.#options);
    try {
      const token = await untilDoneOrAborted(this.#auth.getAccessToken(), signal);
      if (typeof token === "string" && token !== "") return token;
      throw new Error("the token is empty");
    } catch (error) {
      signal.throwIfAborted();
      this.forget();
      throw new Error(
        "no Google credentials could be had; set GOOGLE_APPLICATION_CREDENTIALS, or give this machine a service account: " +
          errorMessage(error),
        { cause: error },
      );
    }
  }

  /** Looks for the identity anew: it, or the library's belief that this machine has none, can be out of date. */
  forget(): void {
    this.#auth = undefined;
    gcpMetadata.resetIsAvailableCache();
  }
}
