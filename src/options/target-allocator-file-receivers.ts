import { parseScrapeConfigs, type RejectedJob, type ScrapeConfig } from "../allocator/index.ts";
import type { FileSection } from "./target-allocator-file-section.ts";

/** The jobs of a file. */
export interface FileScrapeConfigs {
  readonly jobs: readonly ScrapeConfig[];
  /** Jobs that are not valid. They are reported, and the others are served. */
  readonly rejected: readonly RejectedJob[];
}

/** One of the collectors' receivers that are told apart. */
export interface FileReceiver {
  /** Its id, such as `prometheus/apps`. */
  readonly name: string;
  /** Names of the jobs that are its own. */
  readonly jobs: readonly string[];
}

/** What a file says of jobs, and of who gets them. */
interface JobSections {
  /** Undefined when there is none such section. */
  readonly scrapeConfigs: FileScrapeConfigs | undefined;
  readonly receivers: readonly FileReceiver[];
}

const NO_JOBS: FileScrapeConfigs = { jobs: [], rejected: [] };

/**
 * Reads `config`, and `receivers: [{ name, config }]`, a key of ours: the jobs of receivers that are told apart. Of two
 * jobs with one name the first one stays.
 */
export function readJobSections(root: FileSection): JobSections {
  const shared = readScrapeConfigs(root);
  const names = new Set<string>();
  const sections = root.sections("receivers").map((section) => {
    const name = section.text("name", "");
    if (name === "") section.report("name", "is missing");
    else if (names.has(name)) section.report("name", `${JSON.stringify(name)} is there already`);
    names.add(name);
    section.refuseOthers(["name", "config"]);
    return { name, own: readScrapeConfigs(section) };
  });
  const found = sections.flatMap(({ own }) => own ?? []);
  const known = shared === undefined && found.length === 0 ? undefined : joined([shared ?? NO_JOBS, ...found]);
  return {
    scrapeConfigs: known,
    receivers: sections.map(({ name, own = NO_JOBS }) => ({ name, jobs: namesIn(own, shared) })),
  };
}

function readScrapeConfigs(section: FileSection): FileScrapeConfigs | undefined {
  const config = section.object("config");
  if (config === undefined) return undefined;
  const { jobs, rejected, problems } = parseScrapeConfigs(config);
  section.reportBelow("config", problems);
  return { jobs, rejected };
}

function joined(parts: readonly FileScrapeConfigs[]): FileScrapeConfigs {
  const jobs = new Map<string, ScrapeConfig>();
  const rejected: RejectedJob[] = [];
  for (const part of parts) {
    rejected.push(...part.rejected);
    for (const job of part.jobs) {
      const { jobName } = job;
      if (jobs.has(jobName)) rejected.push({ jobName, problems: [nameTaken(jobName)] });
      else jobs.set(jobName, job);
    }
  }
  return { jobs: [...jobs.values()], rejected };
}

function nameTaken(jobName: string): string {
  return `receivers: ${JSON.stringify(jobName)} is the name of a job of another receiver too; rename one of them`;
}

/** A job that is not valid any more may be served as it was before, to the same receiver. */
function namesIn({ jobs, rejected }: FileScrapeConfigs, shared: FileScrapeConfigs | undefined): readonly string[] {
  const taken = new Set((shared?.jobs ?? []).map(({ jobName }) => jobName));
  return [...jobs, ...rejected].map(({ jobName }) => jobName).filter((name) => !taken.has(name));
}
