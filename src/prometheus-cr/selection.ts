import type { KubeObject } from "../api/meta.ts";
import { compileMatcher, type LabelMatcher, type LabelSelector } from "./label-matcher.ts";
import { MONITOR_RESOURCES, type MonitorKind } from "./resources.ts";

/** Which monitors count, as the administrator set it. */
export interface SelectionSettings {
  /** Empty: all namespaces. Not together with `denyNamespaces`. */
  readonly allowNamespaces: readonly string[];
  readonly denyNamespaces: readonly string[];
  readonly selectors: Readonly<Record<MonitorKind, KindSelectors>>;
}

/** By which labels monitors of a kind are selected. */
export interface KindSelectors {
  /** Undefined selects nothing. */
  readonly objects: LabelSelector | undefined;
  readonly namespaces: LabelSelector;
}

/** A selector, or the scrape classes, cannot be used. All problems at once. */
export class MonitorSettingsError extends Error {
  readonly code = "MONITOR_SETTINGS_INVALID";
  override readonly name = "MonitorSettingsError";

  constructor(problems: readonly string[]) {
    super(problems.map((problem) => `prometheus_cr.${problem}`).join("; "));
  }
}

/** Whether a monitor counts, and because of which selector. */
export interface SelectionVerdict {
  readonly selected: boolean;
  /** A sentence that names the selector. */
  readonly reason: string;
}

/** The four kinds, in the order in which their jobs stand. */
export const MONITOR_KINDS = Object.keys(MONITOR_RESOURCES) as readonly MonitorKind[];

/** How the file names a kind in its keys. */
const FILE_NAMES: Readonly<Record<MonitorKind, string>> = {
  ServiceMonitor: "service_monitor",
  PodMonitor: "pod_monitor",
  Probe: "probe",
  ScrapeConfig: "scrape_config",
};

interface KindMatchers {
  readonly objects: LabelMatcher;
  readonly namespaces: LabelMatcher;
}

/** Selectors that have been checked: what to watch, and which of it counts. */
export class Selection {
  readonly #settings: SelectionSettings;
  readonly #matchers = new Map<MonitorKind, KindMatchers>();

  /** Throws MonitorSettingsError. */
  constructor(settings: SelectionSettings) {
    this.#settings = settings;
    const problems: string[] = [];
    for (const kind of MONITOR_KINDS) {
      const { objects, namespaces } = settings.selectors[kind];
      const compile = (selector: LabelSelector, key: string): LabelMatcher =>
        compileMatcher(selector, (problem) => problems.push(`${key}.${problem}`));
      const byNamespace = compile(namespaces, namespaceKey(kind));
      if (objects !== undefined) {
        this.#matchers.set(kind, { objects: compile(objects, objectKeyOf(kind)), namespaces: byNamespace });
      }
    }
    if (problems.length > 0) throw new MonitorSettingsError(problems);
  }

  /** Kinds of which anything can be selected; no other needs to be watched. */
  get kinds(): readonly MonitorKind[] {
    return [...this.#matchers.keys()];
  }

  /** The only namespaces to look at, sorted; undefined for all. */
  get namespaces(): readonly string[] | undefined {
    const { allowNamespaces } = this.#settings;
    return allowNamespaces.length === 0 ? undefined : [...new Set(allowNamespaces)].toSorted();
  }

  /** Keeps denied namespaces out of a watch of all; undefined when none is denied. */
  get fieldSelector(): string | undefined {
    const denied = [...new Set(this.#settings.denyNamespaces)].toSorted();
    return denied.length === 0 ? undefined : denied.map((name) => `metadata.namespace!=${name}`).join(",");
  }

  /** Whether nothing of a namespace counts. */
  isDenied(namespace: string): boolean {
    return namespace === "" || this.#settings.denyNamespaces.includes(namespace);
  }

  /** Whether any decision depends on what labels namespaces have. */
  get readsNamespaces(): boolean {
    return [...this.#matchers.values()].some(({ namespaces }) => !namespaces.everything);
  }

  /** Whether a monitor counts. @param namespaceLabels - Undefined when they are not known. */
  decide(kind: MonitorKind, { metadata }: KubeObject, namespaceLabels: Labels | undefined): SelectionVerdict {
    const outside = this.whyOutside(kind, metadata.namespace ?? "");
    if (outside !== undefined) return { selected: false, reason: outside };
    const { objects, namespaces } = this.#matchers.get(kind) as KindMatchers;
    const namespaceRule = `${namespaceKey(kind)} (${namespaces.text})`;
    if (!namespaces.everything && namespaceLabels === undefined) {
      return {
        selected: false,
        reason: `the labels of its namespace are not known, so ${namespaceRule} selects nothing`,
      };
    }
    if (!namespaces.matches(namespaceLabels ?? {})) {
      return { selected: false, reason: `the labels of its namespace do not match ${namespaceRule}` };
    }
    const objectRule = `${objectKeyOf(kind)} (${objects.text})`;
    if (!objects.matches(metadata.labels ?? {})) {
      return { selected: false, reason: `its labels do not match ${objectRule}` };
    }
    return { selected: true, reason: `selected by ${objectRule} and ${namespaceRule}` };
  }

  /** Why monitors of the kind are not looked at in a namespace; undefined when they are. */
  whyOutside(kind: MonitorKind, namespace: string): string | undefined {
    const { allowNamespaces, denyNamespaces } = this.#settings;
    if (!this.#matchers.has(kind)) {
      return `${objectKeyOf(kind)} is not set, so no ${kind} is selected; {} selects all`;
    }
    if (allowNamespaces.length > 0 && !allowNamespaces.includes(namespace)) {
      return `namespace ${namespace} is not among allow_namespaces`;
    }
    return denyNamespaces.includes(namespace) ? `namespace ${namespace} is among deny_namespaces` : undefined;
  }
}

type Labels = Readonly<Record<string, string>>;

function objectKeyOf(kind: MonitorKind): string {
  return `${FILE_NAMES[kind]}_selector`;
}

function namespaceKey(kind: MonitorKind): string {
  return `${FILE_NAMES[kind]}_namespace_selector`;
}
