import { readFileSync, statSync } from "node:fs";
import type { RequestOptions } from "node:https";
import type { KubeConfig, User } from "@kubernetes/client-node";

/** Name of the auth provider that {@link TokenFileAuthenticator} serves. */
export const TOKEN_FILE_PROVIDER = "otel-allocator-token-file";

type Authenticator = Parameters<KubeConfig["addAuthenticator"]>[0];

/** Bearer tokens from a file that may rotate: it is read again whenever it was written. */
export class TokenFileAuthenticator implements Authenticator {
  readonly #tokens = new Map<string, { readonly writtenMs: number; readonly token: string }>();

  isAuthProvider(user: User): boolean {
    return user.authProvider?.name === TOKEN_FILE_PROVIDER;
  }

  async applyAuthentication(user: User, options: RequestOptions): Promise<void> {
    const { path } = user.authProvider.config as { readonly path: string };
    const token = this.#read(path);
    options.headers = { ...(options.headers as Record<string, string> | undefined), Authorization: `Bearer ${token}` };
  }

  #read(path: string): string {
    const { mtimeMs: writtenMs } = statSync(path);
    const known = this.#tokens.get(path);
    if (known?.writtenMs === writtenMs) return known.token;
    const token = readFileSync(path, "utf8").trim();
    this.#tokens.set(path, { writtenMs, token });
    return token;
  }
}
