import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../../observability/logger.ts";
import { type EffectiveFile, overrideFile } from "../../options/allocator-options.ts";
import { ConfigError } from "../../options/config-error.ts";
import type { TargetAllocatorFile } from "../../options/target-allocator-file.ts";
import type { AllocationProblem } from "../../pipeline/allocation-problem.ts";
import { isBlank, type Overrides, unreadable } from "./config-file.ts";

/** What takes a configuration over. */
interface Reloadable {
  prepare(file: EffectiveFile, signal: AbortSignal): Promise<void>;
  reload(file: EffectiveFile, notes: readonly AllocationProblem[]): Error | undefined;
  reject(error: Error): Error;
}

/** What is reloaded, and what it was started with. */
export interface ConfigReloadOptions {
  readonly path: string;
  readonly overrides: Overrides;
  readonly started: EffectiveFile;
  /** Whether the process is connected to what the file discovers on. */
  readonly reaches: (file: EffectiveFile) => boolean;
  readonly pipeline: Reloadable;
  /** Reads a text; undefined when the signal was aborted before the end. */
  readonly parse: (text: string, signal: AbortSignal) => Promise<TargetAllocatorFile | undefined>;
  readonly log: Logger;
}

/** Settings that are read once, by their key in the file. */
const START_SETTINGS: Readonly<Record<string, (file: EffectiveFile) => unknown>> = {
  listen_addr: ({ listen }) => listen,
  kube_config_file_path: ({ kubeconfigPath }) => kubeconfigPath,
  https: ({ https }) => (https.enabled ? https : undefined),
};

/**
 * Puts new contents of the configuration file in force in a running process. Whatever cannot be used leaves the last
 * good one in force, and is told in the log and by the pipeline. Flags and environment beat the file as at the start.
 */
export class ConfigReload {
  readonly #options: ConfigReloadOptions;
  #inForce: EffectiveFile;
  /** Aborted when what is being read is no longer what counts. */
  #overtaken = new AbortController();

  constructor(options: ConfigReloadOptions) {
    this.#options = options;
    this.#inForce = options.started;
  }

  /** The last file that could be used. */
  get inForce(): EffectiveFile {
    return this.#inForce;
  }

  /**
   * Takes over a new content, unless the next one comes before it is worked out. Resolves when it is in force, refused or
   * overtaken; never rejects.
   */
  async take(text: string, signal: AbortSignal): Promise<void> {
    const { pipeline } = this.#options;
    const until = AbortSignal.any([signal, this.#overtake().signal]);
    try {
      // At the start flags can stand for a whole file; later it is more likely that somebody is about to write it.
      if (isBlank(text))
        throw new ConfigError(["the file is empty, which is taken for a mistake in a running process"]);
      const file = await this.#read(text, until);
      if (file !== undefined) this.#use(file);
    } catch (error) {
      if (!until.aborted) this.#told(pipeline.reject(error as Error));
    }
  }

  /** Takes note that the file cannot be read any more. */
  lost(cause: NodeJS.ErrnoException): void {
    this.#overtake();
    this.#told(this.#options.pipeline.reject(unreadable(this.#options.path, cause)));
  }

  #overtake(): AbortController {
    this.#overtaken.abort();
    this.#overtaken = new AbortController();
    return this.#overtaken;
  }

  async #read(text: string, signal: AbortSignal): Promise<EffectiveFile | undefined> {
    const { overrides, pipeline, parse } = this.#options;
    const parsed = await parse(text, signal);
    if (parsed === undefined || signal.aborted) return undefined;
    const file = overrideFile(parsed, overrides.settings, overrides.env);
    await pipeline.prepare(file, signal);
    return signal.aborted ? undefined : file;
  }

  #use(file: EffectiveFile): void {
    const { path, pipeline, log } = this.#options;
    const error = pipeline.reload(file, this.#notes(file));
    if (error !== undefined) return this.#told(error);
    this.#inForce = file;
    log.info("configuration reloaded", { configFile: path });
  }

  #told(error: Error): void {
    const { path, log } = this.#options;
    log.error("the new configuration cannot be used; the last good one stays in force", { configFile: path, error });
  }

  #notes(file: EffectiveFile): readonly AllocationProblem[] {
    const { started, reaches } = this.#options;
    const differing = Object.entries(START_SETTINGS)
      .filter(([, read]) => !isDeepStrictEqual(read(file), read(started)))
      .map(([key]) => `${key} has changed`);
    const missing = reaches(file) ? [] : ["the file needs a Kubernetes cluster, and the process began without one"];
    const reasons = [...differing, ...missing];
    if (reasons.length === 0) return [];
    const message = `${reasons.join(", ")}: takes effect when the target allocator is restarted`;
    return [{ reason: "RestartRequired", message }];
  }
}
