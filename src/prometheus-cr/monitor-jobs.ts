import { type DataObject, parseScrapeConfigs, type RejectedJob, type ScrapeConfig } from "../allocator/index.ts";
import { deniedFiles } from "./file-access.ts";
import type { Generated, GenerationSettings } from "./generation-context.ts";
import { globalSection } from "./global-section.ts";

/** The jobs of one monitor. */
export interface MonitorJobs {
  readonly jobs: readonly ScrapeConfig[];
  /** Jobs that are not served, with what their author reads; the monitor's other jobs are. */
  readonly rejected: readonly RejectedJob[];
  /** What all its jobs lack through no fault of its author, as sentences. */
  readonly warnings: readonly string[];
}

/**
 * Turns generated documents into jobs, as if they stood in a Prometheus configuration with the administrator's global
 * settings. A document that Prometheus would refuse, or that names files which monitors must not name, is rejected
 * alone.
 */
export function toMonitorJobs({ documents, warnings }: Generated, settings: GenerationSettings): MonitorJobs {
  const reachable = documents.map((document) => withKubeconfig(document, settings.kubeconfigFile));
  const parsed = parseScrapeConfigs({ global: globalSection(settings), scrape_configs: reachable });
  const rejected = parsed.rejected.map(({ jobName, problems }): RejectedJob => ({
    jobName,
    problems: problems.map(inJob),
  }));
  const jobs: ScrapeConfig[] = [];
  for (const job of parsed.jobs) {
    const problems = deniedFiles(job.settings, settings);
    if (problems.length > 0) rejected.push({ jobName: job.jobName, problems });
    else jobs.push(job);
  }
  return { jobs, rejected, warnings };
}

/** Where a job stands in the list is nothing that an author can see. */
function inJob(problem: string): string {
  return problem.replace(/^scrape_configs\[\d+\]\.?/, "");
}

function withKubeconfig(document: DataObject, file: string): DataObject {
  const entries = document["kubernetes_sd_configs"] as readonly DataObject[] | undefined;
  if (file === "" || entries === undefined) return document;
  return { ...document, kubernetes_sd_configs: entries.map((entry) => reachedBy(file, entry)) };
}

/** Prometheus takes the file or the address of an API server, never both. */
function reachedBy(file: string, entry: DataObject): DataObject {
  return entry["api_server"] === undefined ? { ...entry, kubeconfig_file: file } : entry;
}
