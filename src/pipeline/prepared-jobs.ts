import {
  carriesCredentials,
  type JobDefinition,
  joinRendered,
  renderMember,
  type RenderOptions,
  type ScrapeConfig,
  toJobDefinition,
} from "../allocator/index.ts";

/** Complete JSON bodies of `/scrape_configs`. */
export interface ScrapeConfigBodies {
  /** Every secret is replaced by `<secret>`. */
  readonly masked: string;
  readonly clear: string;
}

/** What will be asked of a job. */
interface JobUses {
  readonly filtering: boolean;
  /** Whether jobs with credentials are reported. */
  readonly withheld: boolean;
  /** Whether the body without secrets is read. */
  readonly masked: boolean;
  /** Whether the one with secrets is. */
  readonly clear: boolean;
}

/** What follows from one job alone. */
interface Prepared {
  readonly definitions: Map<boolean, JobDefinition>;
  readonly texts: Map<RenderOptions["secrets"], string>;
  credentials: boolean | undefined;
}

/**
 * What follows from single jobs, worked out once for each, when it is asked for: a plan in which one of thousands of jobs
 * has changed costs that one job.
 */
export class PreparedJobs {
  readonly #prepared = new WeakMap<ScrapeConfig, Prepared>();

  /** The job as the engine takes it. */
  definition(job: ScrapeConfig, filtering: boolean): JobDefinition {
    const { definitions } = this.#of(job);
    const definition = definitions.get(filtering) ?? toJobDefinition(job, { filtering });
    definitions.set(filtering, definition);
    return definition;
  }

  /** Whether collectors need secrets to scrape the job. */
  carriesCredentials(job: ScrapeConfig): boolean {
    const prepared = this.#of(job);
    prepared.credentials ??= carriesCredentials(job);
    return prepared.credentials;
  }

  /** Works out everything of the job that a plan and those who read its bodies will ask for. */
  prepare(job: ScrapeConfig, uses: JobUses): void {
    this.definition(job, uses.filtering);
    if (uses.withheld) this.carriesCredentials(job);
    if (uses.masked) this.#text(job, "masked");
    if (uses.clear) this.#text(job, "clear");
  }

  /** Bodies that are put together when they are first read. */
  bodies(jobs: readonly ScrapeConfig[]): ScrapeConfigBodies {
    const read = new Map<RenderOptions["secrets"], string>();
    const body = (secrets: RenderOptions["secrets"]): string => {
      const text = read.get(secrets) ?? joinRendered(jobs.map((job) => this.#text(job, secrets)));
      read.set(secrets, text);
      return text;
    };
    return {
      get masked() {
        return body("masked");
      },
      get clear() {
        return body("clear");
      },
    };
  }

  #text(job: ScrapeConfig, secrets: RenderOptions["secrets"]): string {
    const { texts } = this.#of(job);
    const text = texts.get(secrets) ?? renderMember(job, { secrets });
    texts.set(secrets, text);
    return text;
  }

  #of(job: ScrapeConfig): Prepared {
    let prepared = this.#prepared.get(job);
    if (prepared === undefined) {
      prepared = { definitions: new Map(), texts: new Map(), credentials: undefined };
      this.#prepared.set(job, prepared);
    }
    return prepared;
  }
}
