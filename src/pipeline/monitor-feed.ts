import type { ScrapeConfig } from "../allocator/index.ts";
import type { KubeObject } from "../api/meta.ts";
import type { KubeClient } from "../kube/client.ts";
import type { InformerFactory } from "../kube/informer.ts";
import type { Clock } from "../observability/clock.ts";
import type { Logger } from "../observability/logger.ts";
import { ConfigError } from "../options/config-error.ts";
import type { GenerateJobs } from "../prometheus-cr/monitor-outcome.ts";
import type { MonitorSession } from "../prometheus-cr/monitor-session.ts";
import { type MonitorSettings, MonitorSource } from "../prometheus-cr/monitor-source.ts";
import { kindProblems } from "./monitor-problems.ts";
import { PassScheduler } from "./pass-scheduler.ts";
import { workInSlices } from "./work-in-slices.ts";

/** Tells the authors of monitors what is wrong with them, in the place where they look. Never throws, never waits. */
export interface MonitorEvents {
  record(
    regarding: KubeObject,
    event: { readonly type: "Warning"; readonly reason: string; readonly action: string; readonly note: string },
  ): void;
}

/** What monitors are read with. */
export interface MonitorAccess {
  /** Reads what must not be watched. */
  readonly client: Pick<KubeClient, "get">;
  readonly generate: GenerateJobs;
  /**
   * Secrets are not read: monitors that refer to them have jobs with marks in place of values. For a process that may
   * read more than those who may write monitors. @default false
   */
  readonly withholdSecrets?: boolean;
  /** @default nobody is told */
  readonly events?: MonitorEvents | undefined;
}

export interface MonitorFeedOptions {
  readonly informers: InformerFactory | undefined;
  /** Undefined without Kubernetes: then there are none. */
  readonly monitors?: MonitorAccess | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Works out what `onJobs` will need of these jobs; yields now and then. */
  readonly prepare: (jobs: readonly ScrapeConfig[]) => Generator<undefined, void, void>;
  /** The jobs of all selected monitors, when they have changed. */
  readonly onJobs: (jobs: readonly ScrapeConfig[]) => void;
  /** Anything else that can be read here has changed. */
  readonly onStateChange: () => void;
}

const NO_JOBS: readonly ScrapeConfig[] = [];

/** Feeds the jobs of monitors to a pipeline: the first change at once, what follows soon after in one. */
export class MonitorFeed {
  readonly #options: MonitorFeedOptions;
  readonly #changes: PassScheduler;
  #source: MonitorSource | undefined;
  #fed: readonly ScrapeConfig[] = NO_JOBS;
  #changed = false;
  readonly #stopping = new AbortController();
  /** Messages of hindrances that the log has. */
  #logged: ReadonlySet<string> = new Set();

  constructor(options: MonitorFeedOptions) {
    this.#options = options;
    this.#changes = new PassScheduler(options.clock, async () => this.#feed());
  }

  /** Says now what {@link use} could not do later. Throws ConfigError. */
  check(settings: MonitorSettings | undefined): void {
    const { informers, monitors } = this.#options;
    if (settings !== undefined && (informers === undefined || monitors === undefined)) {
      throw new ConfigError(["prometheus_cr: needs Kubernetes, which this process was started without; restart it"]);
    }
  }

  /** Follows the monitors of these settings from now on; those before stay until the new ones are known. */
  use(settings: MonitorSettings | undefined): void {
    this.#source ??= this.#createSource();
    this.#source?.use(settings);
    this.#changed = true;
    this.#changes.trigger();
  }

  stop(): void {
    this.#stopping.abort();
    this.#changes.stop();
    this.#source?.stop();
  }

  /** The jobs are all there are, and they have been fed. */
  get synced(): boolean {
    return (this.#source?.settled ?? true) && this.#fed === this.#jobs;
  }

  /** What is known of the monitors; undefined when none are asked for. */
  get session(): MonitorSession | undefined {
    return this.#source?.session;
  }

  /** As last fed. */
  get jobs(): readonly ScrapeConfig[] {
    return this.#fed;
  }

  get #jobs(): readonly ScrapeConfig[] {
    return this.#source?.jobs() ?? NO_JOBS;
  }

  #createSource(): MonitorSource | undefined {
    const { informers, monitors, clock, log } = this.#options;
    if (informers === undefined || monitors === undefined) return undefined;
    const { client, generate, events, withholdSecrets = false } = monitors;
    return new MonitorSource({
      informers,
      client,
      clock,
      generate,
      withholdSecrets,
      onRefused: (monitor, problems) => {
        const note = problems.join("; ");
        const { namespace, name } = monitor.metadata;
        log.warn("a monitor is refused", { kind: monitor.kind, namespace, name, error: note });
        events?.record(monitor, {
          type: "Warning",
          reason: "InvalidConfiguration",
          action: "SelectingConfigurationResources",
          note,
        });
      },
      onChange: () => {
        this.#changed = true;
        this.#changes.trigger();
      },
    });
  }

  /** False when there was nothing to do. */
  async #feed(): Promise<boolean> {
    if (!this.#changed) return false;
    this.#changed = false;
    const jobs = this.#jobs;
    const news = jobs !== this.#fed;
    const { prepare, clock } = this.#options;
    if (news) await workInSlices(prepare(jobs), clock, this.#stopping.signal);
    if (this.#stopping.signal.aborted) return false;
    this.#fed = jobs;
    if (news) this.#options.onJobs(jobs);
    this.#logHindrances();
    this.#options.onStateChange();
    return news;
  }

  /** A kind that cannot be read is as if it had no monitors, which nobody should have to find out by missing targets. */
  #logHindrances(): void {
    const session = this.#source?.session;
    const problems = session === undefined ? [] : kindProblems(session);
    for (const { message } of problems) {
      if (!this.#logged.has(message)) this.#options.log.warn("monitors are not read", { error: message });
    }
    this.#logged = new Set(problems.map(({ message }) => message));
  }
}
