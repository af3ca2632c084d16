import { createHttpAccess, type DiscoveryHttpClientDependencies } from "../discovery/http-client/http-client.ts";
import { localSecretFiles } from "../discovery/http-client/secret.ts";
import { readHttpClientSettings } from "../discovery/http-client/settings.ts";
import type { KubernetesSettings } from "../discovery/kubernetes/settings.ts";
import type { ApiAccess } from "../kube/client-node/api-connections.ts";
import { createServerConnection, type KubeConnection } from "../kube/client-node/connection.ts";
import { CredentialError } from "../kube/client-node/credentials.ts";
import { errorMessage } from "../observability/error-text.ts";
import type { Logger } from "../observability/logger.ts";
import { systemClock } from "../observability/system-clock.ts";
import type { ProxyEnvironment } from "../options/proxy-environment.ts";
import { reportTo } from "./open-cluster.ts";

/** What reaching another API server needs of its surroundings. */
export interface ApiServerClusterOptions {
  /** What `proxy_from_environment` means. */
  readonly proxyEnvironment: ProxyEnvironment;
  readonly log: Logger;
}

/**
 * Connects to the `api_server` of a job with the HTTP client settings beside it; the first request opens a connection.
 * Throws for settings that cannot be used.
 */
export function openApiServer(
  { apiServer, raw }: Pick<KubernetesSettings, "apiServer" | "raw">,
  { proxyEnvironment, log }: ApiServerClusterOptions,
): KubeConnection {
  const url = serverOf(apiServer);
  const dependencies = { files: localSecretFiles, proxyEnvironment, clock: systemClock };
  return createServerConnection({
    // Messages name the server, so a user in its URL stays out of it.
    server: url.origin + url.pathname.replace(/\/+$/, ""),
    connections: accessTo(url, raw, dependencies),
    timers: systemClock,
    writtenIn: "api_server",
    ...reportTo(log),
  });
}

function serverOf(apiServer: string): URL {
  const url = URL.parse(apiServer);
  if (url !== null && ["http:", "https:"].includes(url.protocol)) return url;
  const shown = apiServer.replace(/\/\/[^/@]*@/, "//");
  throw new Error(`kubernetes_sd_configs: api_server ${shown} must be an http or https URL`);
}

function accessTo(url: URL, raw: KubernetesSettings["raw"], dependencies: DiscoveryHttpClientDependencies): ApiAccess {
  const access = createHttpAccess(readHttpClientSettings(raw), dependencies);
  return {
    async prepare(_kind, signal) {
      try {
        return { ...(await access.prepare(url, signal)), refused: () => access.refused() };
      } catch (error) {
        throw new CredentialError(errorMessage(error), { cause: error });
      }
    },
    close: async () => access.close(),
  };
}
