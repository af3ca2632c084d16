import { keyOf } from "../../api/meta.ts";
import { type DefaultedCollector, withDefaults } from "../../api/opentelemetry/default.ts";
import type { OpenTelemetryCollector, OpenTelemetryCollectorStatus } from "../../api/opentelemetry/v1beta1.ts";
import { warningsOf } from "../../api/opentelemetry/validate.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { KubeClient } from "../../kube/client.ts";
import { ConflictError, NotFoundError } from "../../kube/errors.ts";
import type { ResourceLifecycle } from "../../kube/resource-lifecycle.ts";
import type { Clock } from "../../observability/clock.ts";
import type { AllocationHost, AllocationSummary } from "../allocation-host.ts";
import { knownAllocation } from "../allocation-status.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import type { ObjectCache } from "../object-cache.ts";
import { outcomeNote, type Trouble, troubleOf, unknownKindNote } from "../outcome-report.ts";
import { type OptionalKinds, splitByKind } from "../optional-kinds.ts";
import { type AppliedObject, type DesiredSet, planChanges, toDesiredSet } from "../plan.ts";
import { inResourceTerms } from "../resource-terms.ts";
import type { EventRecorder } from "../runtime/event-recorder.ts";
import {
  DONE,
  type ReconcileContext,
  type Reconciler,
  type Request,
  type Result,
  TerminalError,
} from "../runtime/reconciler.ts";
import { compareStatus } from "../status-change.ts";
import { eventsBetween } from "../status-events.ts";
import { buildCollector } from "./build.ts";
import { type CollectorInput, hasAllocator } from "./collector-input.ts";
import { findProblems } from "./collector-problems.ts";
import { keptConfigMaps } from "./kept-config-maps.ts";
import { ObjectWriter, type Outcome } from "../object-writer.ts";
import { outageOverdueInMs, toStatus } from "./status.ts";
import { findWorkload, toWorkloadState } from "./workload-status.ts";

export interface CollectorReconcilerOptions {
  readonly client: KubeClient;
  /** Of OpenTelemetryCollectors, with the finalizer {@link COLLECTOR_FINALIZER}. */
  readonly lifecycle: ResourceLifecycle;
  /** Holds the collectors and what they own. */
  readonly cache: ObjectCache;
  /** Objects of kinds that the cluster does not have are not made. */
  readonly kinds: Pick<OptionalKinds, "serves" | "served">;
  readonly allocations: Pick<AllocationHost, "summary">;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly settings: ManifestSettings;
}

/**
 * Kept on collectors by the Go operator where it makes cluster roles for them. It is never set here: what is made here
 * goes with its owner. Collectors that bring it are let go.
 */
export const COLLECTOR_FINALIZER = "opentelemetrycollector.opentelemetry.io/finalizer";

/** Counts of targets change all the time; a status tells them at most this often. */
const NUMBERS_INTERVAL_MS = 1_000;
/** How soon to look again for an object of a former resource of the same name. */
const LEFTOVER_RETRY_MS = 500;
/** Somebody else has written the resource: the cache will know in a moment. */
const CONFLICT_RETRY_MS = 250;
/** How soon to look again whether a name that something else took is free: nobody tells us. */
const TAKEN_RETRY_MS = 30_000;

/** What this process remembers of a collector between passes. All of it can be lost. */
interface Memory {
  readonly uid: string;
  readonly applied: Map<string, AppliedObject>;
  /** What is wanted, as long as the collector asks for the same. */
  wanted?: Wanted;
  /** The status as we wrote it onto this version of the collector. */
  written?: { readonly status: OpenTelemetryCollectorStatus; readonly onto: string | undefined };
  /** On the monotonic clock. */
  statusWrittenAt?: number;
  /** Why the collector cannot be run, as it was thrown last. */
  refusal?: string | undefined;
}

/** What a collector asks for. */
interface Wanted {
  /** Tells two versions of a collector apart where it matters. */
  readonly key: string;
  readonly spec: DefaultedCollector["spec"];
  /** Why nothing can be built; undefined when it can. */
  readonly problem: string | undefined;
  readonly desired: DesiredSet;
  /** What is allowed and yet probably not meant, and what cannot be made here. */
  readonly warnings: readonly string[];
}

/** What a pass came to. */
interface Pass {
  readonly input: CollectorInput;
  readonly trouble: Trouble | undefined;
  /** The outcome of writing; undefined when nothing could be built. */
  readonly outcome: Outcome | undefined;
  readonly appliedHash: string | undefined;
  readonly warnings: readonly string[];
}

/** Brings the objects of an OpenTelemetryCollector to what it says, and its status to what is. */
export class CollectorReconciler implements Reconciler {
  readonly #lifecycle: ResourceLifecycle;
  readonly #cache: ObjectCache;
  readonly #kinds: Pick<OptionalKinds, "serves" | "served">;
  readonly #allocations: Pick<AllocationHost, "summary">;
  readonly #events: EventRecorder;
  readonly #clock: Clock;
  readonly #settings: ManifestSettings;
  readonly #writer: ObjectWriter;
  readonly #memories = new Map<string, Memory>();

  constructor(options: CollectorReconcilerOptions) {
    this.#lifecycle = options.lifecycle;
    this.#cache = options.cache;
    this.#kinds = options.kinds;
    this.#allocations = options.allocations;
    this.#events = options.events;
    this.#clock = options.clock;
    this.#settings = options.settings;
    this.#writer = new ObjectWriter(options.client);
  }

  async reconcile(request: Request, { signal }: ReconcileContext): Promise<Result> {
    const found: OpenTelemetryCollector | undefined = this.#cache.get(RESOURCES.OpenTelemetryCollector, request);
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
      this.#memories.delete(keyOf(request));
      if (found !== undefined) await this.#letGo(found, signal);
      return DONE;
    }
    if (found.spec?.managementState === "unmanaged") return DONE;
    const memory = this.#remember(request, found);
    const wanted = this.#wantedOf(found, memory);
    const collector = { ...found, spec: wanted.spec, status: this.#latestStatus(found, memory) ?? {} };
    const pass = await this.#act({ collector, settings: this.#settings }, wanted, { memory, signal });
    const delayMs = await this.#report(pass, memory, signal);
    throwFailures(pass, memory);
    const retryMs = retryDelay(pass.outcome);
    const delays = [delayMs, retryMs].filter((delay) => delay !== undefined);
    return delays.length === 0 ? DONE : { requeueAfterMs: Math.min(...delays) };
  }

  /** Owner references clean up; nothing keeps a collector that is being deleted. */
  async #letGo(collector: OpenTelemetryCollector, signal: AbortSignal): Promise<void> {
    if (collector.metadata.finalizers?.includes(COLLECTOR_FINALIZER) !== true) return;
    await this.#lifecycle.finalize(collector, async () => Promise.resolve(), signal);
  }

  /** A collector that was deleted and made again under its name is another one. */
  #remember(request: Request, { metadata }: OpenTelemetryCollector): Memory {
    const key = keyOf(request);
    const known = this.#memories.get(key);
    if (known !== undefined && known.uid === metadata.uid) return known;
    const memory = { uid: metadata.uid ?? "", applied: new Map<string, AppliedObject>() };
    this.#memories.set(key, memory);
    return memory;
  }

  #latestStatus(
    { metadata, status }: OpenTelemetryCollector,
    memory: Memory,
  ): OpenTelemetryCollectorStatus | undefined {
    const { written } = memory;
    // Every write makes a new version, so this one is from before it.
    return written !== undefined && written.onto === metadata.resourceVersion ? written.status : status;
  }

  /** Most passes are about counts and pods: they find what they want where the last one left it. */
  #wantedOf(found: OpenTelemetryCollector, memory: Memory): Wanted {
    const { generation, labels, annotations } = found.metadata;
    const key = JSON.stringify([generation, labels, annotations, this.#kinds.served]);
    if (generation !== undefined && memory.wanted?.key === key) return memory.wanted;
    const collector = withDefaults(found);
    const problems = findProblems(collector);
    const problem = problems.length === 0 ? undefined : problems.join("; ");
    const objects = problem === undefined ? buildCollector({ collector, settings: this.#settings }) : [];
    const { makeable, unknown } = splitByKind(objects, this.#kinds);
    const warnings = [...warningsOf(collector), ...unknown.map(unknownKindNote)];
    memory.wanted = { key, spec: collector.spec, problem, desired: toDesiredSet(makeable), warnings };
    return memory.wanted;
  }

  async #act(
    input: CollectorInput,
    { problem, desired, warnings }: Wanted,
    { memory, signal }: { readonly memory: Memory; readonly signal: AbortSignal },
  ): Promise<Pass> {
    const { collector } = input;
    if (problem !== undefined) {
      const trouble: Trouble = { reason: "ConfigInvalid", message: problem };
      return { input, trouble, outcome: undefined, appliedHash: collector.status?.appliedHash, warnings };
    }
    // Of a kind that comes or goes not all objects may be known.
    const owned = this.#cache.controlledBy(memory.uid).filter(({ kind }) => this.#kinds.serves(kind));
    const kept = keptConfigMaps(collector, owned, desired.objects);
    const plan = planChanges({
      desired,
      owned,
      applied: memory.applied,
      appliedSetHash: appliedSetHash(collector),
      kept,
    });
    const outcome = await this.#writer.write(plan, { owner: collector, applied: memory.applied, signal });
    const trouble = troubleOf(outcome);
    return { input, trouble, outcome, appliedHash: trouble === undefined ? desired.hash : undefined, warnings };
  }

  /** Writes the status if it is another one. Returns when to come back for numbers that were held back. */
  async #report(pass: Pass, memory: Memory, signal: AbortSignal): Promise<number | undefined> {
    const { collector } = pass.input;
    const status = this.#statusOf(pass, memory);
    this.#tell(pass, status);
    const change = compareStatus(collector.status, status);
    if (change === "none") return outageOverdueInMs(status, this.#clock.now());
    const now = this.#clock.monotonic();
    const sinceLast = now - (memory.statusWrittenAt ?? -Infinity);
    if (change === "numbers" && sinceLast < NUMBERS_INTERVAL_MS) return NUMBERS_INTERVAL_MS - sinceLast;
    if (!(await this.#writeStatus(collector, status, memory, signal))) return CONFLICT_RETRY_MS;
    // Only now: a write that failed is retried, and not held back as if it had been done.
    memory.statusWrittenAt = now;
    return outageOverdueInMs(status, this.#clock.now());
  }

  #statusOf({ input, trouble, outcome, appliedHash, warnings }: Pass, memory: Memory): OpenTelemetryCollectorStatus {
    const { collector } = input;
    const { namespace = "", name } = collector.metadata;
    const workload = findWorkload(collector, [
      ...(outcome?.written.values() ?? []),
      ...this.#cache.controlledBy(memory.uid),
    ]);
    return toStatus({
      ...input,
      observation: {
        mode: collector.spec.mode,
        workload: workload === undefined ? undefined : toWorkloadState(workload),
        trouble,
        warnings,
        allocation: hasAllocator(input)
          ? knownAllocation(this.#summaryOf(keyOf({ namespace, name })), collector.status)
          : undefined,
      },
      appliedHash,
      previous: collector.status,
      now: new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, "Z"),
    });
  }

  #summaryOf(key: string): AllocationSummary | undefined {
    const summary = this.#allocations.summary(key);
    return summary === undefined ? undefined : inResourceTerms(summary, "OpenTelemetryCollector");
  }

  /** Returns false when the collector has changed meanwhile. */
  async #writeStatus(
    collector: OpenTelemetryCollector,
    status: OpenTelemetryCollectorStatus,
    memory: Memory,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await this.#lifecycle.writeStatus(collector, { ...status }, signal);
      memory.written = { status, onto: collector.metadata.resourceVersion };
      return true;
    } catch (error) {
      if (error instanceof ConflictError) return false;
      if (error instanceof NotFoundError) return true; // it is gone, and so will be its request
      throw error;
    }
  }

  /** Events for what is new: a pass at rest tells nothing. */
  #tell({ input, outcome, warnings }: Pass, status: OpenTelemetryCollectorStatus): void {
    const { collector } = input;
    const note = outcome === undefined ? undefined : outcomeNote(outcome);
    if (note !== undefined) this.#events.record(collector, { type: "Normal", reason: "Applied", note });
    for (const event of eventsBetween(collector.status, status)) this.#events.record(collector, event);
    if (collector.status?.observedGeneration === status.observedGeneration) return;
    for (const warning of warnings) {
      this.#events.record(collector, { type: "Warning", reason: "ConfigWarning", note: warning });
    }
  }
}

/** A set that was applied for an earlier generation may have been overlaid in part by another since. */
function appliedSetHash({ metadata, status }: DefaultedCollector): string | undefined {
  return status?.observedGeneration === metadata.generation ? status?.appliedHash : undefined;
}

/**
 * After the pass is finished and reported, so that one bad object holds up nothing else. A collector that cannot be run
 * is one failure, however many passes its pods and targets make due while it stays so.
 */
function throwFailures({ input, trouble, outcome }: Pass, memory: Memory): void {
  const { namespace = "", name } = input.collector.metadata;
  const what = `reconciling OpenTelemetryCollector ${namespace}/${name}`;
  const known = memory.refusal;
  memory.refusal = trouble?.reason === "ConfigInvalid" ? trouble.message : undefined;
  if (memory.refusal !== undefined && memory.refusal !== known) throw new TerminalError(`${what}: ${memory.refusal}`);
  const errors = outcome?.errors ?? [];
  if (errors.length > 0) throw new AggregateError(errors, `${what}: ${String(errors.length)} objects failed`);
}

function retryDelay(outcome: Outcome | undefined): number | undefined {
  const taken = outcome?.taken ?? [];
  if (taken.length === 0) return undefined;
  return taken.some(({ leftover }) => leftover) ? LEFTOVER_RETRY_MS : TAKEN_RETRY_MS;
}
