import type { EffectiveFile } from "../options/allocator-options.ts";

/** Whether any of the file's collectors or jobs is found on Kubernetes. */
export function reachesKubernetes(file: EffectiveFile): boolean {
  return needsOwnCluster(file) || clustersOf(file).length > 0;
}

/** Whether the cluster of the process itself is needed: for collector pods, or jobs that name no other cluster. */
export function needsOwnCluster(file: EffectiveFile): boolean {
  return file.collectors === undefined || file.prometheusCr.enabled || clustersOf(file).includes("");
}

/** The clusters that jobs name, by kubeconfig or URL; "" for none. */
function clustersOf({ scrapeConfigs }: EffectiveFile): readonly unknown[] {
  return (scrapeConfigs?.jobs ?? []).flatMap(({ discovery }) =>
    discovery
      .filter(({ mechanism }) => mechanism === "kubernetes")
      .map(({ settings }) => settings["api_server"] ?? settings["kubeconfig_file"] ?? ""),
  );
}
