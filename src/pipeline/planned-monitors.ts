import type { TargetAllocatorFile } from "../options/target-allocator-file.ts";
import type { GenerationSettings } from "../prometheus-cr/generation-context.ts";
import { globalProblems } from "../prometheus-cr/global-section.ts";
import type { MonitorSettings } from "../prometheus-cr/monitor-source.ts";
import { readScrapeClasses } from "../prometheus-cr/scrape-classes.ts";
import { MonitorSettingsError, Selection } from "../prometheus-cr/selection.ts";

/**
 * What a file says of the custom resources of the Prometheus operator; undefined when they are not read. Throws
 * MonitorSettingsError when they cannot be read like this.
 *
 * @param kubeconfigFile - What Kubernetes discovery of their jobs reads; "" for the pod's own account.
 */
export function planMonitors(file: TargetAllocatorFile, kubeconfigFile: string): MonitorSettings | undefined {
  const { prometheusCr: settings } = file;
  if (!settings.enabled) return undefined;
  const planned: MonitorSettings = {
    selection: {
      allowNamespaces: settings.allowNamespaces,
      denyNamespaces: settings.denyNamespaces,
      selectors: {
        ServiceMonitor: {
          objects: settings.serviceMonitorSelector,
          namespaces: settings.serviceMonitorNamespaceSelector,
        },
        PodMonitor: { objects: settings.podMonitorSelector, namespaces: settings.podMonitorNamespaceSelector },
        Probe: { objects: settings.probeSelector, namespaces: settings.probeNamespaceSelector },
        ScrapeConfig: { objects: settings.scrapeConfigSelector, namespaces: settings.scrapeConfigNamespaceSelector },
      },
    },
    generation: planGeneration(file, kubeconfigFile),
    secretNamespaces: settings.secretNamespaces,
  };
  // Says now what would be wrong with the selectors.
  void new Selection(planned.selection);
  return planned;
}

function planGeneration(
  { collectorNamespace, prometheusCr }: TargetAllocatorFile,
  kubeconfigFile: string,
): GenerationSettings {
  const { classes, problems: classProblems } = readScrapeClasses(prometheusCr.scrapeClasses);
  const problems = [...globalProblems(prometheusCr), ...classProblems];
  if (problems.length > 0) throw new MonitorSettingsError(problems);
  return {
    collectorNamespace,
    scrapeIntervalMs: prometheusCr.scrapeIntervalMs,
    scrapeProtocols: prometheusCr.scrapeProtocols,
    scrapeClasses: classes,
    denyFileAccess: prometheusCr.denyFsAccessThroughSms,
    allowedFilePaths: prometheusCr.allowedFilePaths,
    kubeconfigFile,
  };
}
