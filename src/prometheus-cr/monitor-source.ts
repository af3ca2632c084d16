import { isDeepStrictEqual } from "node:util";
import type { ScrapeConfig } from "../allocator/index.ts";
import type { GenerationSettings } from "./generation-context.ts";
import { MonitorSession, type MonitorSurroundings } from "./monitor-session.ts";
import { Selection, type SelectionSettings } from "./selection.ts";

/** Everything that is set for monitors. */
export interface MonitorSettings {
  readonly selection: SelectionSettings;
  readonly generation: GenerationSettings;
  /** Where Secrets are watched; empty: wherever monitors refer to them. */
  readonly secretNamespaces: readonly string[];
}

export interface MonitorSourceOptions extends MonitorSurroundings {
  /** Anything that can be read of the session in use has changed, or another one is in use. */
  readonly onChange: () => void;
}

const NO_JOBS: readonly ScrapeConfig[] = [];

/** The jobs of the monitors that the settings in force select. New settings take over when they have settled. */
export class MonitorSource {
  readonly #options: MonitorSourceOptions;
  #settings: MonitorSettings | undefined;
  #current: MonitorSession | undefined;
  #next: MonitorSession | undefined;

  constructor(options: MonitorSourceOptions) {
    this.#options = options;
  }

  /**
   * Puts settings in force; undefined: no monitors. Equal settings cost nothing. Throws MonitorSettingsError, and then
   * nothing has changed.
   */
  use(settings: MonitorSettings | undefined): void {
    if (isDeepStrictEqual(settings, this.#settings)) return;
    const selection = settings === undefined ? undefined : new Selection(settings.selection);
    this.#settings = settings;
    this.#next?.stop();
    this.#next = undefined;
    if (settings === undefined || selection === undefined) {
      this.#current?.stop();
      this.#current = undefined;
      return;
    }
    const session: MonitorSession = new MonitorSession({
      ...this.#options,
      selection,
      generation: settings.generation,
      secretNamespaces: settings.secretNamespaces,
      onChange: () => this.#changed(session),
    });
    if (this.#current?.settled === true) {
      this.#next = session;
    } else {
      this.#current?.stop();
      this.#current = session;
    }
    session.start();
  }

  /** The session in use; undefined without settings. */
  get session(): MonitorSession | undefined {
    return this.#current;
  }

  /** Whether the jobs can be trusted to be all there are: true without settings. */
  get settled(): boolean {
    return this.#current?.settled ?? true;
  }

  /** None until settled. */
  jobs(): readonly ScrapeConfig[] {
    return this.#current?.settled === true ? this.#current.jobs() : NO_JOBS;
  }

  stop(): void {
    this.#current?.stop();
    this.#next?.stop();
    this.#current = undefined;
    this.#next = undefined;
  }

  #changed(session: MonitorSession): void {
    if (session === this.#next && session.settled) {
      this.#current?.stop();
      this.#current = session;
      this.#next = undefined;
    }
    if (session === this.#current) this.#options.onChange();
  }
}
