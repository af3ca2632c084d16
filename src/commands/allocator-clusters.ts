import { existsSync } from "node:fs";
import type { KubeConnection } from "../kube/client-node/connection.ts";
import type { Logger } from "../observability/logger.ts";
import type { EffectiveFile } from "../options/allocator-options.ts";
import type { ProxyEnvironment } from "../options/proxy-environment.ts";
import { openApiServer } from "./api-server-cluster.ts";
import { type ClusterFor, DiscoveryClusters } from "./discovery-clusters.ts";
import { needsOwnCluster } from "./needed-clusters.ts";
import { openCluster } from "./open-cluster.ts";

/** What a target allocator reaches of Kubernetes. */
export interface AllocatorClusters {
  /** The cluster of the collectors; undefined when the file does without. */
  readonly own: KubeConnection | undefined;
  /** The kubeconfig that the own cluster is reached with; "" for the pod's own account. */
  readonly kubeconfigFile: string;
  readonly clusterFor: ClusterFor;
  close(): Promise<void>;
}

/**
 * Connects to the cluster that a file is about, and to those that its jobs name when they ask. Throws KubeConfigError.
 *
 * @param proxyEnvironment - What `proxy_from_environment` of a job means.
 */
export function connectAllocator(
  file: EffectiveFile,
  log: Logger,
  proxyEnvironment: ProxyEnvironment,
): AllocatorClusters {
  const { kubeconfigPath } = file;
  const own = needsOwnCluster(file)
    ? openCluster({
        kubeconfigPath,
        whenMissing: "in-cluster",
        setBy: "--kubeconfig-path or kube_config_file_path",
        log,
      })
    : undefined;
  const clusters = new DiscoveryClusters({
    own: own === undefined ? undefined : { informers: own.informers, kubeconfigPath },
    open: (path) =>
      openCluster({ kubeconfigPath: path, whenMissing: "fail", setBy: "kubeconfig_file of the job", log }),
    openServer: (settings) => openApiServer(settings, { proxyEnvironment, log }),
  });
  return {
    own,
    kubeconfigFile: existsSync(kubeconfigPath) ? kubeconfigPath : "",
    clusterFor: clusters.clusterFor,
    async close(): Promise<void> {
      await Promise.all([clusters.close(), own?.close()]);
    },
  };
}
