import { setImmediate as nextTurn } from "node:timers/promises";
import type { ScrapeConfig } from "../allocator/index.ts";
import type { KubeClient } from "../kube/client.ts";
import type { InformerFactory } from "../kube/informer.ts";
import type { Clock } from "../observability/clock.ts";
import { AssetCache } from "./asset-cache.ts";
import { type AssetId, recordingReader } from "./asset-reader.ts";
import type { GenerationSettings } from "./generation-context.ts";
import { KindWatch } from "./kind-watch.ts";
import {
  type GenerateJobs,
  generateOutcome,
  type MonitorOutcome,
  sameOutcome,
  withKnownJobs,
} from "./monitor-outcome.ts";
import { type MonitorKindReport, type MonitorVerdict, toVerdict } from "./monitor-verdict.ts";
import { NamespaceLabels } from "./namespace-labels.ts";
import type { Monitor, MonitorKind } from "./resources.ts";
import { MONITOR_KINDS, type Selection, type SelectionVerdict } from "./selection.ts";

/** What a session needs of its surroundings. */
export interface MonitorSurroundings {
  readonly informers: InformerFactory;
  readonly client: Pick<KubeClient, "get">;
  readonly clock: Clock;
  readonly generate: GenerateJobs;
  /** See AssetCache. */
  readonly withholdSecrets: boolean;
  /** A selected monitor cannot be used, for these reasons; told once for each new set of reasons. */
  readonly onRefused: (monitor: Monitor, problems: readonly string[]) => void;
}

export interface MonitorSessionOptions extends MonitorSurroundings {
  readonly selection: Selection;
  readonly generation: GenerationSettings;
  /** Where Secrets are watched; empty: wherever monitors refer to them. Elsewhere they are read again now and then. */
  readonly secretNamespaces: readonly string[];
  /** Anything that can be read here has changed. */
  readonly onChange: () => void;
}

interface Found {
  readonly kind: MonitorKind;
  readonly object: Monitor;
}

interface Generated {
  /** What it was made from. */
  readonly object: Monitor;
  readonly outcome: MonitorOutcome | undefined;
}

/** How long one turn of the event loop may be held. */
const BUDGET_MS = 8;
const ALL_NAMESPACES = "";

/**
 * The monitors of one set of settings, and what is made of them, kept current. A monitor is generated again when it has
 * changed, or a Secret or ConfigMap that it refers to; all others cost nothing.
 */
export class MonitorSession {
  readonly #options: MonitorSessionOptions;
  readonly #watches: ReadonlyMap<MonitorKind, KindWatch>;
  readonly #namespaces: NamespaceLabels | undefined;
  readonly #assets: AssetCache;
  /** By kind and key. */
  readonly #found = new Map<string, Found>();
  readonly #generated = new Map<string, Generated>();
  /** Selected, and what they refer to is not known yet. */
  readonly #pending = new Set<string>();
  readonly #dirty = new Set<string>();
  /** Generated again although they have not changed themselves. */
  readonly #stale = new Set<string>();
  #working = false;
  #stopped = false;
  #settled = false;
  #generations = 0;
  #jobs: readonly ScrapeConfig[] | undefined;

  constructor(options: MonitorSessionOptions) {
    this.#options = options;
    const { selection, informers, client, clock, secretNamespaces, withholdSecrets } = options;
    const { namespaces, fieldSelector } = selection;
    const ownNamespace = selection.isDenied(options.generation.collectorNamespace)
      ? undefined
      : options.generation.collectorNamespace;
    const onState = (): void => this.#schedule();
    const watches = selection.kinds.map((kind): [MonitorKind, KindWatch] => {
      const onObject = (key: string, object: unknown): void => this.#take(kind, key, object as Monitor | undefined);
      return [kind, new KindWatch({ kind, informers, namespaces, fieldSelector, ownNamespace, onObject, onState })];
    });
    this.#watches = new Map(watches);
    const onNamespace = (name: string): void => this.#namespaceChanged(name);
    this.#namespaces = selection.readsNamespaces
      ? new NamespaceLabels({ informers, client, clock, namespaces, onNamespace, onState })
      : undefined;
    const mayWatch = ({ kind, namespace }: AssetId): boolean =>
      kind === "ConfigMap" ||
      secretNamespaces.length === 0 ||
      secretNamespaces.includes(ALL_NAMESPACES) ||
      secretNamespaces.includes(namespace);
    const onChange = (users: ReadonlySet<string>): void => this.#assetChanged(users);
    this.#assets = new AssetCache({ informers, client, clock, mayWatch, withholdSecrets, onChange });
  }

  /** Call it once. */
  start(): void {
    this.#namespaces?.start();
    for (const watch of this.#watches.values()) watch.start();
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    for (const watch of this.#watches.values()) watch.stop();
    this.#namespaces?.stop();
    this.#assets.stop();
  }

  /** Everything is known that can be known, and jobs are made of it. Stays true. */
  get settled(): boolean {
    return this.#settled;
  }

  /** What is missing until settled, one sentence each. */
  waitingFor(): readonly string[] {
    if (this.#settled) return [];
    const kinds = [...this.#watches]
      .filter(([, watch]) => !watch.settled)
      .map(([kind, watch]) => {
        const failure = watch.failures[0]?.message;
        return `the ${kind}s are not known yet${failure === undefined ? "" : `: ${failure}`}`;
      });
    const namespaces = this.#namespaces?.settled === false ? ["the labels of namespaces are not known yet"] : [];
    const pending = this.#pending.size > 0 ? [`what ${this.#pending.size} monitors refer to is not known yet`] : [];
    return [...kinds, ...namespaces, ...pending];
  }

  /** How often a monitor was generated since the start. */
  get generations(): number {
    return this.#generations;
  }

  /** The jobs of all selected monitors, by kind, namespace and name. A job that has not changed is the same object. */
  jobs(): readonly ScrapeConfig[] {
    this.#jobs ??= this.#inOrder(this.#generated.keys()).flatMap((id) => this.#generated.get(id)?.outcome?.jobs ?? []);
    return this.#jobs;
  }

  /** All monitors that are looked at, in the order of their jobs. */
  verdicts(): readonly MonitorVerdict[] {
    return this.#inOrder(this.#found.keys()).map((id) => this.#verdictOf(id, this.#found.get(id) as Found));
  }

  /** What became of a monitor; undefined when none of this name is looked at, for which {@link whyUnseen} has reasons. */
  verdict(kind: MonitorKind, namespace: string, name: string): MonitorVerdict | undefined {
    const id = idOf(kind, `${namespace}/${name}`);
    const found = this.#found.get(id);
    return found === undefined ? undefined : this.#verdictOf(id, found);
  }

  /** Why a monitor is not looked at; undefined when it would be if it existed. */
  whyUnseen(kind: MonitorKind, namespace: string): string | undefined {
    const outside = this.#options.selection.whyOutside(kind, namespace);
    if (outside !== undefined) return outside;
    return this.#watches.get(kind)?.failures.find((each) => (each.namespace ?? namespace) === namespace)?.message;
  }

  /** The selected monitors that are refused, those of which some job is, and those whose jobs lack something, in order. */
  refusals(): readonly MonitorVerdict[] {
    const refused = [...this.#generated].filter(
      ([, { outcome }]) =>
        outcome !== undefined && outcome.problems.length + outcome.rejected.length + outcome.warnings.length > 0,
    );
    return this.#inOrder(refused.map(([id]) => id)).flatMap((id) => {
      const found = this.#found.get(id);
      return found === undefined ? [] : [this.#verdictOf(id, found)];
    });
  }

  /** All four kinds. */
  reports(): readonly MonitorKindReport[] {
    const tallies = new Map(
      MONITOR_KINDS.map((kind) => [kind, { found: 0, selected: 0, refused: 0, jobs: [] as string[] }]),
    );
    for (const { kind } of this.#found.values()) increment(tallies.get(kind), "found");
    for (const [id, { outcome }] of this.#generated) {
      const tally = tallies.get(kindOf(id));
      increment(tally, "selected");
      if ((outcome?.problems.length ?? 0) > 0) increment(tally, "refused");
      for (const { jobName } of outcome?.jobs ?? []) tally?.jobs.push(jobName);
    }
    return [...tallies].map(([kind, { found, selected, refused, jobs }]) => {
      const watch = this.#watches.get(kind);
      return { kind, wanted: watch !== undefined, found, selected, refused, jobs, failures: watch?.failures ?? [] };
    });
  }

  /** Why labels of namespaces are not known, or not current; undefined when they are, or nobody asks for them. */
  get namespaceFailure(): string | undefined {
    return this.#namespaces?.failure;
  }

  /** Secrets and ConfigMaps whose changes are found late, because they must not be watched. */
  get rereadAssets(): readonly AssetId[] {
    return this.#assets.reread;
  }

  #take(kind: MonitorKind, key: string, object: Monitor | undefined): void {
    const id = idOf(kind, key);
    if (object === undefined) this.#found.delete(id);
    else this.#found.set(id, { kind, object });
    this.#markDirty(id);
  }

  #namespaceChanged(name: string): void {
    for (const [id, { object }] of this.#found) if (object.metadata.namespace === name) this.#markDirty(id);
  }

  #assetChanged(users: ReadonlySet<string>): void {
    for (const id of users) {
      this.#stale.add(id);
      this.#markDirty(id);
    }
    this.#schedule();
  }

  #markDirty(id: string): void {
    this.#dirty.add(id);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#working || this.#stopped) return;
    this.#working = true;
    void this.#work();
  }

  /** Never rejects. What comes in one turn of the event loop is taken together. */
  async #work(): Promise<void> {
    await nextTurn();
    const ids = [...this.#dirty];
    let sliceEnd = this.#options.clock.monotonic() + BUDGET_MS;
    for (const id of ids) {
      if (this.#stopped) return;
      this.#dirty.delete(id);
      this.#update(id);
      if (this.#options.clock.monotonic() < sliceEnd) continue;
      await nextTurn();
      sliceEnd = this.#options.clock.monotonic() + BUDGET_MS;
    }
    this.#working = false;
    if (this.#stopped) return;
    if (this.#dirty.size > 0) this.#schedule();
    else if (this.#pending.size === 0 && this.#inputsSettled) this.#settled = true;
    this.#options.onChange();
  }

  get #inputsSettled(): boolean {
    return [...this.#watches.values()].every(({ settled }) => settled) && (this.#namespaces?.settled ?? true);
  }

  #update(id: string): void {
    const found = this.#found.get(id);
    if (found === undefined || !this.#decide(found).selected) this.#drop(id);
    else if (this.#stale.delete(id) || this.#generated.get(id)?.object !== found.object) this.#generate(id, found);
  }

  #drop(id: string): void {
    this.#stale.delete(id);
    this.#pending.delete(id);
    this.#assets.use(id, []);
    if (this.#generated.delete(id)) this.#jobs = undefined;
  }

  #generate(id: string, { kind, object }: Found): void {
    this.#generations += 1;
    const assets = recordingReader(this.#assets);
    const { generation: settings, generate } = this.#options;
    const made = generateOutcome(() => generate(kind, object, { settings, assets }));
    const asked = assets.asked();
    this.#assets.use(id, asked);
    const before = this.#generated.get(id)?.outcome;
    if (!this.#assets.knows(asked)) {
      // What was made before stays in force until all is known.
      this.#pending.add(id);
      this.#generated.set(id, { object, outcome: before });
      return;
    }
    this.#pending.delete(id);
    const outcome = withKnownJobs(made, before);
    this.#generated.set(id, { object, outcome });
    if (sameOutcome(outcome, before)) return;
    this.#jobs = undefined;
    if (outcome.problems.length > 0 && outcome.problems.join() !== before?.problems.join()) {
      this.#options.onRefused(object, outcome.problems);
    }
  }

  #decide({ kind, object }: Found): SelectionVerdict {
    const labels = this.#namespaces?.labelsOf(object.metadata.namespace ?? "");
    return this.#options.selection.decide(kind, object, labels);
  }

  #verdictOf(id: string, found: Found): MonitorVerdict {
    const outcome = this.#generated.get(id)?.outcome;
    return toVerdict(found, this.#decide(found), this.#pending.has(id) ? undefined : outcome);
  }

  /** By kind, namespace and name, bytewise. */
  #inOrder(ids: Iterable<string>): readonly string[] {
    const byKind = Map.groupBy(ids, kindOf);
    return MONITOR_KINDS.flatMap((kind) => (byKind.get(kind) ?? []).toSorted());
  }
}

/** The separator sorts before every character of a name, so that ids sort as namespaces, then names. */
function idOf(kind: MonitorKind, key: string): string {
  return `${kind} ${key.replace("/", "\u0000")}`;
}

function kindOf(id: string): MonitorKind {
  return id.slice(0, id.indexOf(" ")) as MonitorKind;
}

function increment<K extends string>(tally: Record<K, number> | undefined, field: K): void {
  if (tally !== undefined) tally[field] += 1;
}
