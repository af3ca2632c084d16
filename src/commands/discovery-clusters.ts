import { resolve } from "node:path";
import type { DataObject } from "../allocator/index.ts";
import type { KubernetesDiscovererOptions } from "../discovery/kubernetes/kubernetes-discoverer.ts";
import type { KubernetesSettings } from "../discovery/kubernetes/settings.ts";
import type { InformerFactory } from "../kube/informer.ts";

/** Which watches a `kubernetes_sd_configs` entry uses. */
export type ClusterFor = KubernetesDiscovererOptions["clusterFor"];

/** What in the settings of an entry says which cluster it is about, and how that is reached. */
type ClusterSettings = Pick<KubernetesSettings, "apiServer" | "kubeconfigFile" | "raw">;

/** A connection that can be closed; what a kubeconfig or an `api_server` leads to. */
export interface OpenCluster {
  readonly informers: InformerFactory;
  close(): Promise<void>;
}

export interface DiscoveryClustersOptions {
  /** The process's own connection and the kubeconfig that it was made from ("" in a pod); undefined without one. */
  readonly own: { readonly informers: InformerFactory; readonly kubeconfigPath: string } | undefined;
  /** Opens the cluster of a kubeconfig. Throws when the file cannot be used. */
  readonly open: (kubeconfigPath: string) => OpenCluster;
  /** Opens the cluster of an `api_server`. Throws when it and the HTTP client settings beside it cannot be used. */
  readonly openServer: (settings: ClusterSettings) => OpenCluster;
}

/** The clusters that jobs discover on: the process's own, and others, each connected to once for equal settings. */
export class DiscoveryClusters {
  readonly #options: DiscoveryClustersOptions;
  readonly #opened = new Map<string, OpenCluster>();

  constructor(options: DiscoveryClustersOptions) {
    this.#options = options;
  }

  /** Throws when the entry names a cluster that cannot be reached this way. */
  readonly clusterFor = (settings: ClusterSettings): InformerFactory => {
    const { apiServer, kubeconfigFile, raw } = settings;
    const { own, open, openServer } = this.#options;
    if (apiServer !== "") return this.#opening(accessKey(raw), () => openServer(settings));
    if (own !== undefined && (kubeconfigFile === "" || samePath(kubeconfigFile, own.kubeconfigPath)))
      return own.informers;
    const path = resolve(kubeconfigFile);
    return this.#opening(path, () => open(path));
  };

  #opening(key: string, open: () => OpenCluster): InformerFactory {
    let cluster = this.#opened.get(key);
    if (cluster === undefined) {
      cluster = open();
      this.#opened.set(key, cluster);
    }
    return cluster.informers;
  }

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
    if (apiServer !== "") throw notHere("api_server", `${withoutUser(apiServer)} is asked`);
    if (kubeconfigFile !== "") throw notHere("kubeconfig_file", `${kubeconfigFile} is read`);
    return informers;
  };
}

function notHere(key: string, what: string): Error {
  return new Error(
    `kubernetes_sd_configs: ${key} ${what} by the resource's own target allocator only; ` +
      "its targets are not known to the operator",
  );
}

/** Entries that differ in nothing but what they look for share a connection. */
function accessKey(raw: DataObject): string {
  const { role: _role, namespaces: _namespaces, selectors: _selectors, attach_metadata: _attach, ...access } = raw;
  return JSON.stringify(access, withBigints);
}

function withBigints(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function withoutUser(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//");
}

function samePath(a: string, b: string): boolean {
  return b !== "" && resolve(a) === resolve(b);
}
