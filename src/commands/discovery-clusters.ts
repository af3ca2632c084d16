import { resolve } from "node:path";
import type { KubernetesDiscovererOptions } from "../discovery/kubernetes/kubernetes-discoverer.ts";
import type { InformerFactory } from "../kube/informer.ts";

/** Which watches a `kubernetes_sd_configs` entry uses. */
export type ClusterFor = KubernetesDiscovererOptions["clusterFor"];

/** A connection that can be closed; what a kubeconfig leads to. */
export interface OpenCluster {
  readonly informers: InformerFactory;
  close(): Promise<void>;
}

export interface DiscoveryClustersOptions {
  /** The process's own connection and the kubeconfig that it was made from ("" in a pod); undefined without one. */
  readonly own: { readonly informers: InformerFactory; readonly kubeconfigPath: string } | undefined;
  /** Opens the cluster of a kubeconfig. Throws when the file cannot be used. */
  readonly open: (kubeconfigPath: string) => OpenCluster;
}

/** The clusters that jobs discover on: the process's own, and others by kubeconfig, each connected to once. */
export class DiscoveryClusters {
  readonly #options: DiscoveryClustersOptions;
  readonly #opened = new Map<string, OpenCluster>();

  constructor(options: DiscoveryClustersOptions) {
    this.#options = options;
  }

  /** Throws when the entry names a cluster that cannot be reached this way. */
  readonly clusterFor = ({
    apiServer,
    kubeconfigFile,
  }: {
    apiServer: string;
    kubeconfigFile: string;
  }): InformerFactory => {
    refuseApiServer(apiServer);
    const { own, open } = this.#options;
    if (own !== undefined && (kubeconfigFile === "" || samePath(kubeconfigFile, own.kubeconfigPath)))
      return own.informers;
    const path = resolve(kubeconfigFile);
    let cluster = this.#opened.get(path);
    if (cluster === undefined) {
      cluster = open(path);
      this.#opened.set(path, cluster);
    }
    return cluster.informers;
  };

  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map(async (cluster) => cluster.close()));
  }
}

/**
 * The one cluster that an operator discovers on. Files that a resource names are files of its allocator's pod, and are
 * not looked for in this process: what the operator may read is more than what its users may.
 */
export function ownClusterOnly(informers: InformerFactory): ClusterFor {
  return ({ apiServer, kubeconfigFile }) => {
    refuseApiServer(apiServer);
    if (kubeconfigFile === "") return informers;
    throw new Error(
      `kubernetes_sd_configs: kubeconfig_file ${kubeconfigFile} is read by the resource's own target allocator only; ` +
        "its targets are not known to the operator",
    );
  };
}

function refuseApiServer(apiServer: string): void {
  if (apiServer === "") return;
  throw new Error(
    `kubernetes_sd_configs: api_server ${apiServer} is not supported by this version; give a kubeconfig_file instead`,
  );
}

function samePath(a: string, b: string): boolean {
  return b !== "" && resolve(a) === resolve(b);
}
