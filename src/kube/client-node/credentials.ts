import type { RequestOptions } from "node:https";
import { types } from "node:util";
import type { KubeConfig, User } from "@kubernetes/client-node";
import { raceWithAbort } from "./race-with-abort.ts";

/** Much of what a program says before it gives up is not worth more. */
const MOST_SAID = 500;

/** Nobody gives us credentials. The message says who should, and why not; it holds nothing that may be a credential. */
export class CredentialError extends Error {
  readonly code = "KUBE_CREDENTIALS";
  override readonly name = "CredentialError";
}

/**
 * The credentials of a kubeconfig's user, prepared anew for each call, so that files and tokens that rotate are seen.
 * Calls that come together share one preparation: a program that is asked for a token runs once for all of them, and no
 * second time while it has not answered.
 */
export class Credentials {
  readonly #kubeConfig: KubeConfig;
  #preparing: Promise<RequestOptions> | undefined;

  constructor(kubeConfig: KubeConfig) {
    this.#kubeConfig = kubeConfig;
  }

  /** Rejects with {@link CredentialError}, also when the signal is aborted. */
  async prepare(signal: AbortSignal): Promise<RequestOptions> {
    this.#preparing ??= this.#prepare();
    try {
      return await raceWithAbort(this.#preparing, signal);
    } catch (error) {
      if (error instanceof CredentialError) throw error;
      throw new CredentialError(`${this.#source()} has not given any yet; run it by hand to see what it waits for`);
    }
  }

  async #prepare(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    try {
      await this.#kubeConfig.applyToHTTPSOptions(options);
      return options;
    } catch (error) {
      // Not as the cause: its message may quote what a program has printed, which is what should have been a token.
      throw new CredentialError(`${this.#source()} gives none: ${reasonOf(error)}`);
    } finally {
      this.#preparing = undefined;
    }
  }

  #source(): string {
    const user = this.#kubeConfig.getCurrentUser();
    return user === null ? "the kubeconfig" : sourceOf(user);
  }
}

function sourceOf({ name, exec, authProvider }: User): string {
  const command: unknown = (exec as { readonly command?: unknown } | undefined)?.command;
  if (typeof command === "string") return `the program ${JSON.stringify(command)} of user ${JSON.stringify(name)}`;
  const provider = authProvider?.name;
  return provider === undefined ? `user ${JSON.stringify(name)}` : `${provider} of user ${JSON.stringify(name)}`;
}

function reasonOf(error: unknown): string {
  const { name, message } = types.isNativeError(error) ? error : new Error(String(error));
  if (name === "SyntaxError") return "what it prints is no ExecCredential in JSON";
  const said = message.trim().slice(0, MOST_SAID);
  return said === "" ? "it failed and said nothing; run it by hand" : said;
}
