import { keyOf, type KubeObject, objectKey } from "../api/meta.ts";
import type { KubeClient } from "../kube/client.ts";
import { ConflictError, NotFoundError } from "../kube/errors.ts";
import type { ResourceLifecycle } from "../kube/resource-lifecycle.ts";
import type { Clock } from "../observability/clock.ts";
import type { ManagedKind, ManagedResource, ManagedStatus, Want } from "./managed-kind.ts";
import type { ObjectCache } from "./object-cache.ts";
import { ObjectWriter, type Outcome } from "./object-writer.ts";
import { type OptionalKinds, splitByKind } from "./optional-kinds.ts";
import { outcomeEvents, type Trouble, troubleOf, unknownKindNote } from "./outcome-report.ts";
import { type AppliedObject, type DesiredSet, planChanges, toDesiredSet } from "./plan.ts";
import type { EventRecorder } from "./runtime/event-recorder.ts";
import {
  DONE,
  type ReconcileContext,
  type Reconciler,
  type Request,
  type Result,
  TerminalError,
} from "./runtime/reconciler.ts";
import { compareStatus } from "./status-change.ts";
import { eventsBetween } from "./status-events.ts";

export interface ResourceReconcilerOptions<F extends ManagedResource, R extends F = F> {
  readonly kind: ManagedKind<F, R>;
  readonly client: KubeClient;
  /** Of the resources of this kind. */
  readonly lifecycle: ResourceLifecycle;
  /** Holds the resources. */
  readonly cache: ObjectCache;
  /** Objects of kinds that the cluster does not have are not made. */
  readonly kinds: Pick<OptionalKinds, "serves" | "served">;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

/** Counts of targets change all the time; a status tells them at most this often. */
const NUMBERS_INTERVAL_MS = 1_000;
/** How soon to look again for an object of a former resource of the same name. */
const LEFTOVER_RETRY_MS = 500;
/** Somebody else has written the resource: the cache will know in a moment. */
const CONFLICT_RETRY_MS = 250;
/** How soon to look again whether a name that something else took is free: nobody tells us. */
const TAKEN_RETRY_MS = 30_000;

/** What this process remembers of a resource between passes. All of it can be lost. */
interface Memory<R extends ManagedResource> {
  readonly uid: string;
  readonly applied: Map<string, AppliedObject>;
  /** What is wanted, as long as the resource asks for the same. */
  wanted?: Wanted<R>;
  /** The status as we wrote it onto this version of the resource. */
  written?: { readonly status: NonNullable<R["status"]>; readonly onto: string | undefined };
  /** On the monotonic clock. */
  statusWrittenAt?: number;
  /** Why the resource cannot be run, as it was thrown last. */
  refusal?: string | undefined;
}

/** What a resource asks for. */
interface Wanted<R extends ManagedResource> {
  /** Tells two versions of a resource apart where it matters. */
  readonly key: string;
  readonly spec: NonNullable<R["spec"]>;
  /** Why nothing can be built; undefined when it can. */
  readonly trouble: Trouble | undefined;
  readonly desired: DesiredSet;
  /** What is allowed and yet probably not meant, and what cannot be made here. */
  readonly warnings: readonly string[];
}

/** What a pass came to. */
interface Pass<R extends ManagedResource> {
  readonly resource: R;
  readonly trouble: Trouble | undefined;
  /** The outcome of writing; undefined when nothing could be built. */
  readonly outcome: Outcome | undefined;
  readonly appliedHash: string | undefined;
  readonly warnings: readonly string[];
}

/** Brings the objects of a resource to what it says, and its status to what is. */
export class ResourceReconciler<F extends ManagedResource, R extends F = F> implements Reconciler {
  readonly #options: ResourceReconcilerOptions<F, R>;
  readonly #writer: ObjectWriter;
  readonly #memories = new Map<string, Memory<R>>();

  constructor(options: ResourceReconcilerOptions<F, R>) {
    this.#options = options;
    this.#writer = new ObjectWriter(options.client, options.clock);
  }

  async reconcile(request: Request, { signal }: ReconcileContext): Promise<Result> {
    const { kind, cache } = this.#options;
    const found = cache.get(kind.type, request) as F | undefined;
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
      this.#memories.delete(keyOf(request));
      return DONE;
    }
    if (kind.isLeftAlone(found)) return DONE;
    const memory = this.#remember(request, found);
    const wanted = this.#wantedOf(found, memory);
    const resource: R = { ...(found as R), spec: wanted.spec, status: this.#latestStatus(found, memory) ?? {} };
    const pass = await this.#act(resource, wanted, { memory, signal });
    const delayMs = await this.#report(pass, memory, signal);
    throwFailures(pass, memory);
    const retryMs = retryDelay(pass.outcome);
    const delays = [delayMs, retryMs].filter((delay) => delay !== undefined);
    return delays.length === 0 ? DONE : { requeueAfterMs: Math.min(...delays) };
  }

  /** A resource that was deleted and made again under its name is another one. */
  #remember(request: Request, { metadata }: F): Memory<R> {
    const key = keyOf(request);
    const known = this.#memories.get(key);
    if (known !== undefined && known.uid === metadata.uid) return known;
    const memory = { uid: metadata.uid ?? "", applied: new Map<string, AppliedObject>() };
    this.#memories.set(key, memory);
    return memory;
  }

  #latestStatus({ metadata, status }: F, { written }: Memory<R>): ManagedStatus | undefined {
    // Every write makes a new version, so this one is from before it.
    return written !== undefined && written.onto === metadata.resourceVersion ? written.status : status;
  }

  /** Most passes are about counts and pods: they find what they want where the last one left it. */
  #wantedOf(found: F, memory: Memory<R>): Wanted<R> {
    const { kind, kinds } = this.#options;
    const { generation, labels, annotations } = found.metadata;
    const key = JSON.stringify([generation, labels, annotations, kinds.served, kind.surroundings(found)]);
    if (generation !== undefined && memory.wanted?.key === key) return memory.wanted;
    const { spec, trouble, objects, warnings: doubts } = this.#ask(found);
    const { makeable, unknown } = splitByKind(trouble === undefined ? objects : [], kinds);
    const warnings = [...doubts, ...unknown.map(unknownKindNote)];
    memory.wanted = { key, spec, trouble, desired: toDesiredSet(makeable), warnings };
    return memory.wanted;
  }

  /** What a builder cannot cope with is told like any other resource that cannot be run. */
  #ask(found: F): Want<R> {
    const { kind } = this.#options;
    try {
      return kind.want(found);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `building the objects of ${found.kind} ${objectKey(found)}: ${reason}; please report this`;
      return {
        spec: kind.defaultedSpec(found),
        trouble: { reason: "ConfigInvalid", message },
        objects: [],
        warnings: [],
      };
    }
  }

  async #act(
    resource: R,
    { trouble: refusal, desired, warnings }: Wanted<R>,
    { memory, signal }: { readonly memory: Memory<R>; readonly signal: AbortSignal },
  ): Promise<Pass<R>> {
    const { kind, kinds } = this.#options;
    if (refusal !== undefined) {
      const appliedHash = resource.status?.appliedHash;
      return { resource, trouble: refusal, outcome: undefined, appliedHash, warnings };
    }
    // Of a kind that comes or goes not all objects may be known.
    const owned = kind.owned(resource).filter((object) => kinds.serves(object.kind));
    const plan = planChanges({
      desired,
      owned,
      applied: memory.applied,
      appliedSetHash: appliedSetHash(resource),
      kept: kind.kept(resource, owned, desired.objects),
    });
    const predecessor = kind.predecessor(resource);
    const outcome = await this.#writer.write(plan, { owner: resource, predecessor, applied: memory.applied, signal });
    const trouble = troubleOf(outcome);
    return { resource, trouble, outcome, appliedHash: trouble === undefined ? desired.hash : undefined, warnings };
  }

  /** Writes the status if it is another one. Returns when to come back, for numbers that were held back or in time. */
  async #report(pass: Pass<R>, memory: Memory<R>, signal: AbortSignal): Promise<number | undefined> {
    const { kind, clock } = this.#options;
    const status = this.#statusOf(pass);
    this.#tell(pass, status);
    const change = compareStatus(pass.resource.status, status);
    if (change === "none") return kind.overdueInMs(status, clock.now());
    const now = clock.monotonic();
    const sinceLast = now - (memory.statusWrittenAt ?? -Infinity);
    if (change === "numbers" && sinceLast < NUMBERS_INTERVAL_MS) return NUMBERS_INTERVAL_MS - sinceLast;
    if (!(await this.#writeStatus(pass.resource, status, memory, signal))) return CONFLICT_RETRY_MS;
    // Only now: a write that failed is retried, and not held back as if it had been done.
    memory.statusWrittenAt = now;
    return kind.overdueInMs(status, clock.now());
  }

  #statusOf({ resource, trouble, outcome, appliedHash, warnings }: Pass<R>): NonNullable<R["status"]> {
    const { kind, clock } = this.#options;
    const objects: readonly KubeObject[] = [...(outcome?.written.values() ?? []), ...kind.owned(resource)];
    const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    return kind.statusOf(resource, { trouble, warnings, objects, appliedHash, now });
  }

  /** Returns false when the resource has changed meanwhile. */
  async #writeStatus(
    resource: R,
    status: NonNullable<R["status"]>,
    memory: Memory<R>,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await this.#options.lifecycle.writeStatus(resource, { ...status }, signal);
      memory.written = { status, onto: resource.metadata.resourceVersion };
      return true;
    } catch (error) {
      if (error instanceof ConflictError) return false;
      if (error instanceof NotFoundError) return true; // it is gone, and so will be its request
      throw error;
    }
  }

  /** Events for what is new: a pass at rest tells nothing. */
  #tell({ resource, outcome, warnings }: Pass<R>, status: NonNullable<R["status"]>): void {
    const { events } = this.#options;
    const done = outcome === undefined ? [] : outcomeEvents(outcome);
    for (const event of [...done, ...eventsBetween(resource.status, status)]) events.record(resource, event);
    if (resource.status?.observedGeneration === status.observedGeneration) return;
    for (const warning of warnings)
      events.record(resource, { type: "Warning", reason: "ConfigWarning", note: warning });
  }
}

/** A set that was applied for an earlier generation may have been overlaid in part by another since. */
function appliedSetHash({ metadata, status }: ManagedResource): string | undefined {
  return status?.observedGeneration === metadata.generation ? status?.appliedHash : undefined;
}

/** Somebody has to change a resource before these are over. */
const REFUSALS: ReadonlySet<Trouble["reason"]> = new Set(["AllocatorMissing", "ConfigInvalid"]);

/**
 * After the pass is finished and reported, so that one bad object holds up nothing else. A resource that cannot be run is
 * one failure, however many passes its pods and targets make due while it stays so.
 */
function throwFailures<R extends ManagedResource>({ resource, trouble, outcome }: Pass<R>, memory: Memory<R>): void {
  const { namespace = "", name } = resource.metadata;
  const what = `reconciling ${resource.kind} ${namespace}/${name}`;
  const known = memory.refusal;
  memory.refusal = trouble !== undefined && REFUSALS.has(trouble.reason) ? trouble.message : undefined;
  if (memory.refusal !== undefined && memory.refusal !== known) throw new TerminalError(`${what}: ${memory.refusal}`);
  const errors = outcome?.errors ?? [];
  if (errors.length > 0) throw new AggregateError(errors, `${what}: ${String(errors.length)} objects failed`);
}

function retryDelay(outcome: Outcome | undefined): number | undefined {
  const taken = outcome?.taken ?? [];
  if (taken.length === 0) return undefined;
  return taken.some(({ leftover }) => leftover) ? LEFTOVER_RETRY_MS : TAKEN_RETRY_MS;
}
