import type { EffectiveFile } from "../options/allocator-options.ts";

/** Whether any of the file's collectors or jobs is found on Kubernetes. */
export function reachesKubernetes(file: EffectiveFile): boolean {
  return needsOwnCluster(file) || kubeconfigsOf(file).length > 0;
}

/** Whether the cluster of the process itself is needed: for collector pods, or jobs that name no kubeconfig of their own. */
export function needsOwnCluster(file: EffectiveFile): boolean {
  return file.collectors === undefined || file.prometheusCr.enabled || kubeconfigsOf(file).includes("");
}

/** The kubeconfigs that jobs name, "" for none. */
function kubeconfigsOf({ scrapeConfigs }: EffectiveFile): readonly unknown[] {
  return (scrapeConfigs?.jobs ?? []).flatMap(({ discovery }) =>
    discovery
      .filter(({ mechanism }) => mechanism === "kubernetes")
      .map(({ settings }) => settings["kubeconfig_file"] ?? ""),
  );
}
