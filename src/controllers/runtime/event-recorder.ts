import { randomBytes } from "node:crypto";
import type { KubeObject } from "../../api/meta.ts";
import { apiVersionOf, RESOURCES } from "../../api/resource-type.ts";
import type { KubeClient } from "../../kube/client.ts";
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from "../../kube/errors.ts";
import { delay, type Clock } from "../../observability/clock.ts";
import type { Logger } from "../../observability/logger.ts";
import { EventBudget } from "./event-budget.ts";
import { toMicroTime } from "./micro-time.ts";

/** Something that happened to an object, for whoever runs `kubectl describe`. */
export interface ObjectEvent {
  readonly type: "Normal" | "Warning";
  /** Why, in UpperCamelCase; people and alerts match on it. At most 128 characters. */
  readonly reason: string;
  /** What was done or tried, in UpperCamelCase. At most 128 characters. @default "Reconcile" */
  readonly action?: string;
  /** For people. Cut at 1024 bytes. Keep it the same for the same trouble, or it is not taken for a repetition. */
  readonly note: string;
}

/** Writes Kubernetes Events. Events are best effort: recording never throws, never waits and never fails a pass. */
export interface EventRecorder {
  record(regarding: KubeObject, event: ObjectEvent): void;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** The `reportingController`: a qualified name, such as `opentelemetry.io/otel-allocator`. */
  readonly controller: string;
  /** The `reportingInstance`: this process among its replicas, such as the pod's name. */
  readonly instance: string;
}

/** A repetition within this time since the last one counts into the same Event. */
const SERIES_WINDOW_MS = 600_000;
/** An Event that repeats is updated at most this often. */
const SERIES_UPDATE_MS = 30_000;
/** Event series that are remembered; the oldest is forgotten first. */
const MAX_SERIES = 4_096;
/** How long a namespace in which Events were refused is left alone. */
const FORBIDDEN_FOR_MS = 600_000;
const MAX_NOTE_BYTES = 1_024;
const MAX_NAME_LENGTH = 253;
const RETRY_DELAYS_MS = [1_000, 2_000, 4_000];

/** One Event object and how often what it tells has happened. */
interface Series {
  readonly event: KubeObject;
  count: number;
  /** On the monotonic clock. */
  lastSeenAt: number;
  /** For users. */
  lastObservedTime: string;
  /** The count that the server knows; 0 before the Event exists. */
  writtenCount: number;
  /** On the monotonic clock. */
  writtenAt: number;
  /** Cancels the wait for the next update; undefined while none is due. */
  cancel: (() => void) | undefined;
}

/**
 * Records through the `events.k8s.io/v1` API. The same event of the same object is written once and then counted in its
 * `series`, and an object that produces ever new events is limited to a few of them: an Event per failed pass would be
 * more load than the passes.
 */
export class KubeEventRecorder implements EventRecorder {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #reporter: { readonly reportingController: string; readonly reportingInstance: string };
  readonly #budget: EventBudget;
  /** By everything that makes an event the same; the longest unseen first. */
  readonly #series = new Map<string, Series>();
  readonly #due = new Set<Series>();
  readonly #giveUp = new AbortController();
  /** Namespaces in which Events were refused, and when, on the monotonic clock. */
  readonly #forbidden = new Map<string, number>();
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor({ client, clock, log, controller, instance }: EventRecorderOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
    this.#reporter = { reportingController: controller, reportingInstance: instance.slice(0, 128) };
    this.#budget = new EventBudget(clock);
  }

  record(regarding: KubeObject, event: ObjectEvent): void {
    if (this.#closed) return;
    const subject = subjectOf(regarding);
    const key = [subject, event.type, event.reason, event.action, event.note].join("\u0000");
    const now = this.#clock.monotonic();
    const known = this.#series.get(key);
    if (known !== undefined && now - known.lastSeenAt < SERIES_WINDOW_MS) {
      known.count += 1;
      known.lastSeenAt = now;
      known.lastObservedTime = toMicroTime(this.#clock.now());
      this.#remember(key, known);
      this.#schedule(known);
      return;
    }
    if (this.#isForbidden(regarding)) return;
    if (!this.#budget.take(subject)) {
      this.#log.debug("event dropped, its object has too many", { reason: event.reason, note: event.note });
      return;
    }
    const started = this.#start(regarding, event);
    this.#remember(key, started);
    this.#schedule(started);
  }

  /** Writes what is left, until the signal is aborted; then drops it. Nothing is recorded afterwards. */
  async close(signal: AbortSignal): Promise<void> {
    this.#closed = true;
    for (const series of this.#series.values()) {
      if (series.cancel === undefined) continue;
      series.cancel();
      this.#due.add(series);
    }
    const giveUp = (): void => this.#giveUp.abort(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    await this.#write();
    signal.removeEventListener("abort", giveUp);
  }

  #start(regarding: KubeObject, { type, reason, note, action = "Reconcile" }: ObjectEvent): Series {
    const { name, namespace, uid, resourceVersion } = regarding.metadata;
    const eventTime = toMicroTime(this.#clock.now());
    const event = {
      apiVersion: apiVersionOf(RESOURCES.Event),
      kind: RESOURCES.Event.kind,
      // Events of cluster-scoped objects stand in "default".
      metadata: { name: eventName(name), namespace: namespace ?? "default" },
      eventTime,
      type,
      reason,
      action,
      note: cut(note),
      regarding: { apiVersion: regarding.apiVersion, kind: regarding.kind, name, namespace, uid, resourceVersion },
      ...this.#reporter,
    };
    return {
      event,
      count: 1,
      lastSeenAt: this.#clock.monotonic(),
      lastObservedTime: eventTime,
      writtenCount: 0,
      writtenAt: 0,
      cancel: undefined,
    };
  }

  #remember(key: string, series: Series): void {
    this.#series.delete(key);
    this.#series.set(key, series);
    if (this.#series.size <= MAX_SERIES) return;
    for (const [oldest, forgotten] of this.#series) {
      forgotten.cancel?.();
      this.#series.delete(oldest);
      return;
    }
  }

  /** New Events are written at once, counts some time after the last write. */
  #schedule(series: Series): void {
    if (series.cancel !== undefined || this.#due.has(series)) return;
    const becomeDue = (): void => {
      series.cancel = undefined;
      this.#due.add(series);
      void this.#write();
    };
    if (series.writtenCount === 0) becomeDue();
    else {
      const waitMs = series.writtenAt + SERIES_UPDATE_MS - this.#clock.monotonic();
      series.cancel = this.#clock.after(waitMs, becomeDue);
    }
  }

  /** Resolves when nothing is due any more. Never rejects. */
  async #write(): Promise<void> {
    if (this.#due.size === 0) return;
    this.#writing ??= this.#writeDue();
    await this.#writing;
  }

  /** One after the other, including what becomes due meanwhile. */
  async #writeDue(): Promise<void> {
    for (const series of this.#due) {
      await this.#writeOne(series);
      this.#due.delete(series);
      // A repetition that came during the write.
      if (series.count > series.writtenCount && series.writtenCount > 0 && !this.#closed) this.#schedule(series);
    }
    this.#writing = undefined;
  }

  async #writeOne(series: Series): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        this.#giveUp.signal.throwIfAborted();
        const { count } = series;
        await this.#put(series);
        series.writtenCount = count;
        series.writtenAt = this.#clock.monotonic();
        return;
      } catch (error) {
        const waitMs = isFinal(error) ? undefined : RETRY_DELAYS_MS[attempt];
        if (error instanceof ForbiddenError) {
          this.#refused(series, error);
          return;
        }
        if (waitMs === undefined || this.#giveUp.signal.aborted) {
          this.#log.warn("event not recorded", { event: series.event.metadata.name, error });
          return;
        }
        await delay(this.#clock, waitMs, this.#giveUp.signal).catch(() => undefined);
      }
    }
  }

  /** A namespace in which this account must not write Events is told once, and left alone for a while. */
  #refused({ event }: Series, error: ForbiddenError): void {
    const { name, namespace = "" } = event.metadata;
    if (!this.#forbidden.has(namespace)) this.#log.warn("event not recorded", { event: name, error });
    this.#forbidden.set(namespace, this.#clock.monotonic());
  }

  #isForbidden({ metadata: { namespace = "default" } }: KubeObject): boolean {
    const refusedAt = this.#forbidden.get(namespace);
    return refusedAt !== undefined && this.#clock.monotonic() - refusedAt < FORBIDDEN_FOR_MS;
  }

  async #put({ event, count, lastObservedTime, writtenCount }: Series): Promise<void> {
    const series = { count, lastObservedTime };
    const { signal } = this.#giveUp;
    if (writtenCount > 0) {
      const { name, namespace = "" } = event.metadata;
      try {
        await this.#client.mergePatch(RESOURCES.Event, { namespace, name }, { series }, signal);
        return;
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error; // else somebody deleted it: begin anew
      }
    }
    try {
      // A series has at least two: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/events.go
      await this.#client.create(RESOURCES.Event, count > 1 ? { ...event, series } : event, signal);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error; // else an earlier attempt, whose answer was lost, made it
    }
  }
}

/** What an event is about: an object, not another one of the same name later. */
function subjectOf({ apiVersion, kind, metadata }: KubeObject): string {
  return metadata.uid ?? [apiVersion, kind, metadata.namespace, metadata.name].join("\u0000");
}

/** Names of some kinds have characters that those of Events must not have. */
function eventName(name: string): string {
  const suffix = `.${randomBytes(8).toString("hex")}`;
  const stem = name
    .slice(0, MAX_NAME_LENGTH - suffix.length)
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, "-");
  return stem.replace(/[.-]+$/, "") + suffix;
}

/** Another attempt would end the same way. */
function isFinal(error: unknown): boolean {
  return [ForbiddenError, InvalidError, NotFoundError].some((type) => error instanceof type);
}

function cut(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= MAX_NOTE_BYTES) return note;
  const kept = bytes.subarray(0, MAX_NOTE_BYTES - Buffer.byteLength("…")).toString();
  return `${kept.replace(/\uFFFD+$/u, "")}…`; // without the halves of a character that the cut fell into
}
