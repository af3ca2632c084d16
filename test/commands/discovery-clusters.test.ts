import { describe, expect, it } from "@jest/globals";
import { DiscoveryClusters, type OpenCluster, ownClusterOnly } from "../../src/commands/discovery-clusters.ts";
import { InMemoryCluster } from "../../src/kube/in-memory/in-memory-cluster.ts";
import { readKubernetesSettings } from "../../src/discovery/kubernetes/settings.ts";

const own = new InMemoryCluster().informers;

const entry = (more: Record<string, string> = {}): ReturnType<typeof readKubernetesSettings> =>
  readKubernetesSettings({ role: "pod", ...more });

class Opened {
  readonly paths: string[] = [];
  closed = 0;

  readonly open = (path: string): OpenCluster => {
    this.paths.push(path);
    return {
      informers: new InMemoryCluster().informers,
      close: async () => {
        this.closed += 1;
      },
    };
  };
}

describe("DiscoveryClusters", () => {
  it.each([[{}], [{ kubeconfig_file: "/own" }], [{ kubeconfig_file: "/x/../own" }]])(
    "takes the process's own cluster for %j",
    (more) => {
      const { open } = new Opened();
      const clusters = new DiscoveryClusters({ own: { informers: own, kubeconfigPath: "/own" }, open });
      expect(clusters.clusterFor(entry(more))).toBe(own);
    },
  );

  it("connects once to each other cluster, and closes what it opened", async () => {
    const opened = new Opened();
    const clusters = new DiscoveryClusters({ own: { informers: own, kubeconfigPath: "" }, open: opened.open });
    const first = clusters.clusterFor(entry({ kubeconfig_file: "/a" }));
    expect(clusters.clusterFor(entry({ kubeconfig_file: "/a" }))).toBe(first);
    expect(clusters.clusterFor(entry({ kubeconfig_file: "/b" }))).not.toBe(first);
    await clusters.close();
    expect(opened).toMatchObject({ paths: ["/a", "/b"], closed: 2 });
  });

  it("refuses what it cannot reach", () => {
    const clusters = new DiscoveryClusters({ own: undefined, open: new Opened().open });
    expect(() => clusters.clusterFor(entry({ api_server: "https://x" }))).toThrow(
      "api_server https://x is not supported by this version; give a kubeconfig_file instead",
    );
  });
});

describe("ownClusterOnly", () => {
  it("reads no files that a resource names", () => {
    const clusterFor = ownClusterOnly(own);
    expect(clusterFor(entry())).toBe(own);
    expect(() => clusterFor(entry({ kubeconfig_file: "/etc/kubernetes/admin.conf" }))).toThrow(
      "is read by the resource's own target allocator only",
    );
  });
});
