import {
  carriesCredentials,
  type JobDefinition,
  joinRendered,
  renderMember,
  renderNoticeableMember,
  type ScrapeConfig,
  toJobDefinition,
} from "../allocator/index.ts";

/** Complete JSON bodies of `/scrape_configs`. */
export interface ScrapeConfigBodies {
  /** Every secret is replaced by `<secret>`. */
  readonly masked: string;
  readonly clear: string;
  /** In clear, and different for collectors when a secret is. */
  readonly noticeable: string;
}

/** What will be asked of each job. */
export interface JobUses {
  readonly filtering: boolean;
  /** Whether jobs with credentials are reported. */
  readonly withheld: boolean;
  /** Whether the body without secrets is read. */
  readonly masked: boolean;
  /** Whether the one with secrets is. */
  readonly clear: boolean;
  /** Whether the one is that shows when they change. */
  readonly noticeable: boolean;
}

type BodyName = keyof ScrapeConfigBodies;

/** What follows from one job alone. */
interface Prepared {
  readonly definitions: Map<boolean, JobDefinition>;
  readonly texts: Map<BodyName, string>;
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

  /**
   * Works out everything of the jobs that a plan and those who read its bodies will ask for, one job at a time; yields
   * after each. Does nothing while it is not known what will be asked.
   */
  *prepareAll(jobs: readonly ScrapeConfig[], uses: JobUses | undefined): Generator<undefined, void, void> {
    if (uses === undefined) return;
    for (const job of jobs) {
      this.#prepare(job, uses);
      yield undefined;
    }
  }

  /** Bodies that are put together when they are first read. */
  bodies(jobs: readonly ScrapeConfig[]): ScrapeConfigBodies {
    const read = new Map<BodyName, string>();
    const body = (secrets: BodyName): string => {
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
      get noticeable() {
        return body("noticeable");
      },
    };
  }

  #prepare(job: ScrapeConfig, uses: JobUses): void {
    this.definition(job, uses.filtering);
    if (uses.withheld) this.carriesCredentials(job);
    if (uses.masked) this.#text(job, "masked");
    if (uses.clear) this.#text(job, "clear");
    if (uses.noticeable) this.#text(job, "noticeable");
  }

  #text(job: ScrapeConfig, secrets: BodyName): string {
    const { texts } = this.#of(job);
    const text =
      texts.get(secrets) ?? (secrets === "noticeable" ? renderNoticeableMember(job) : renderMember(job, { secrets }));
    // A text that was pieced together becomes one when a character of it is asked for: better each now than all at once.
    text.charCodeAt(0);
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
