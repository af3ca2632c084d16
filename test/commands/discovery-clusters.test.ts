import { describe, expect, it } from "@jest/globals";
import { DiscoveryClusters, type OpenCluster, ownClusterOnly } from "../../src/commands/discovery-clusters.ts";
import { InMemoryCluster } from "../../src/kube/in-memory/in-memory-cluster.ts";
import { readKubernetesSettings } from "../../src/discovery/kubernetes/settings.ts";

const own = new InMemoryCluster().informers;

const entry = (more: Record<string, string> = {}): ReturnType<typeof readKubernetesSettings> =>
  readKubernetesSettings({ role: "pod", ...more });

class Opened {
  readonly paths: string[] = [];
  readonly servers: string[] = [];
  closed = 0;

  readonly open = (path: string): OpenCluster => {
    this.paths.push(path);
    return this.#cluster();
  };
  readonly openServer = ({ apiServer }: { readonly apiServer: string }): OpenCluster => {
    this.servers.push(apiServer);
    return this.#cluster();
  };

  #cluster(): OpenCluster {
    return {
      informers: new InMemoryCluster().informers,
      close: async () => {
        this.closed += 1;
      },
    };
  }
}

describe("DiscoveryClusters", () => {
  it.each([[{}], [{ kubeconfig_file: "/own" }], [{ kubeconfig_file: "/x/../own" }]])(
    "takes the process's own cluster for %j",
    (more) => {
      const { open, openServer } = new Opened();
      const clusters = new DiscoveryClusters({ own: { informers: own, kubeconfigPath: "/own" }, open, openServer });
      expect(clusters.clusterFor(entry(more))).toBe(own);
    },
  );

  it("connects once to each other cluster, and closes what it opened", async () => {
    const opened = new Opened();
    const { open, openServer } = opened;
    const clusters = new DiscoveryClusters({ own: { informers: own, kubeconfigPath: "" }, open, openServer });
    const first = clusters.clusterFor(entry({ kubeconfig_file: "/a" }));
    expect(clusters.clusterFor(entry({ kubeconfig_file: "/a" }))).toBe(first);
    expect(clusters.clusterFor(entry({ kubeconfig_file: "/b" }))).not.toBe(first);
    await clusters.close();
    expect(opened).toMatchObject({ paths: ["/a", "/b"], closed: 2 });
  });

  it("connects once to an api_server for all entries that reach it in the same way", async () => {
    const opened = new Opened();
    const { open, openServer } = opened;
    const clusters = new DiscoveryClusters({ own: { informers: own, kubeconfigPath: "" }, open, openServer });
    const at = (more: object): ReturnType<typeof clusters.clusterFor> =>
      clusters.clusterFor(entry({ api_server: "https://a", ...more }));
    const first = at({ bearer_token: "x" });
    expect(at({ bearer_token: "x", role: "node", namespaces: { names: ["shop"] } })).toBe(first);
    expect(at({ bearer_token: "y" })).not.toBe(first);
    await clusters.close();
    expect(opened).toMatchObject({ paths: [], servers: ["https://a", "https://a"], closed: 2 });
  });
});

describe("ownClusterOnly", () => {
  it("reads no files that a resource names", () => {
    const clusterFor = ownClusterOnly(own);
    expect(clusterFor(entry())).toBe(own);
    expect(() => clusterFor(entry({ kubeconfig_file: "/etc/kubernetes/admin.conf" }))).toThrow(
      "is read by the resource's own target allocator only",
    );
    expect(() => clusterFor(entry({ api_server: "https://me:secret@a" }))).toThrow(
      "api_server https://a is asked by the resource's own target allocator only",
    );
  });
});
