import { isDeepStrictEqual } from "node:util";
import { type CollectorInstance, equalCollectors } from "../allocator/index.ts";
import { RESOURCES } from "../api/resource-type.ts";
import type { Informer, InformerFactory } from "../kube/informer.ts";
import type { Clock } from "../observability/clock.ts";
import { CollectorMembership } from "./collector-membership.ts";
import { type CollectorSink, type CollectorSource, sortedByName } from "./collector-source.ts";
import { CollectorZones } from "./collector-zones.ts";
import type { Pod } from "./kubernetes/objects.ts";
import type { WaitingPod } from "./waiting-pod.ts";
import { Wakeup } from "./wakeup.ts";
import { explainWatchFailure } from "./watch-failure.ts";

/**
 * How long a collector that has gone is still reported. One that comes back in that time, as when a pod is replaced
 * quickly, has never been away: nothing moves twice.
 */
const DEPARTURE_DELAY_MS = 250;

/** Where collectors are looked for, and by which rules a pod is one. */
export interface CollectorWatcherOptions {
  readonly informers: InformerFactory;
  /** Where the collectors' pods are. */
  readonly namespace: string;
  /** Which pods are collectors, in the syntax of kubectl -l; "" for all. */
  readonly labelSelector: string;
  /** See {@link CollectorMembership}. */
  readonly notReadyGraceMs: number;
  /**
   * The label of nodes that says in which zone they are. Absent: nobody asks for zones, and no nodes are watched. While
   * nodes cannot be read, collectors are reported without zones.
   */
  readonly zoneLabel?: string;
  readonly clock: Clock;
}

/** The collectors among the pods of a namespace, by the rules of {@link CollectorMembership}. */
export class CollectorWatcher implements CollectorSource {
  readonly #options: CollectorWatcherOptions;

  constructor(options: CollectorWatcherOptions) {
    this.#options = options;
  }

  async run(sink: CollectorSink, signal: AbortSignal): Promise<void> {
    const { informers, namespace, labelSelector } = this.#options;
    const informer = informers.informer<Pod>({
      type: RESOURCES.Pod,
      shape: "discovery",
      ...(namespace === "" ? {} : { namespace }),
      ...(labelSelector === "" ? {} : { labelSelector }),
    });
    const roll = new Roll(informer, sink, this.#options);
    try {
      await roll.run(signal);
    } finally {
      roll.close();
      informer.release();
    }
  }
}

/** The collectors as they were reported, and what is about to change them. Lives for one run. */
class Roll {
  readonly #informer: Informer<Pod>;
  readonly #sink: CollectorSink;
  readonly #clock: Clock;
  readonly #membership: CollectorMembership;
  readonly #wakeup = new Wakeup();
  readonly #zones: CollectorZones | undefined;
  #cancelTimer = (): void => undefined;
  /** When collectors that have gone are no longer reported, on the monotonic clock; undefined while none has gone. */
  #departureAt: number | undefined;
  #reported: readonly CollectorInstance[] | undefined;
  #waiting: readonly WaitingPod[] = [];

  constructor(informer: Informer<Pod>, sink: CollectorSink, options: CollectorWatcherOptions) {
    const { informers, clock, notReadyGraceMs, zoneLabel: label } = options;
    this.#informer = informer;
    this.#sink = sink;
    this.#clock = clock;
    this.#membership = new CollectorMembership(notReadyGraceMs);
    this.#zones = label === undefined ? undefined : new CollectorZones(informers, label);
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#informer.onChange(() => this.#wakeup.notify());
    this.#informer.onHealth((error) => this.#healthChanged(error));
    void this.#informer.whenSynced(signal).then(
      () => this.#wakeup.notify(),
      () => undefined,
    );
    const onFailure = (error: Error | undefined): void => this.#sink.zonesFailed(error);
    this.#zones?.open({ onChange: () => this.#wakeup.notify(), onFailure }, signal);
    for (await this.#wakeup.wait(signal); !signal.aborted; await this.#wakeup.wait(signal)) {
      if (this.#informer.synced && this.#zones?.known !== false) this.#review();
    }
  }

  close(): void {
    this.#cancelTimer();
    this.#zones?.close();
  }

  #healthChanged(error: Error | undefined): void {
    if (error !== undefined) this.#sink.failed(new Error(explainWatchFailure(error), { cause: error }));
    else if (this.#reported !== undefined) this.#sink.update(this.#reported, this.#waiting);
  }

  #review(): void {
    const now = this.#clock.now();
    const { collectors: members, expiresAt, expired, waiting } = this.#membership.judge(this.#informer.list(), now);
    const collectors = members.map((member) => this.#zones?.locate(member) ?? member);
    const lingering = this.#lingering(collectors, expired);
    // Only where there is nobody does anybody ask who waits: a rollout need not be told pod by pod.
    const told = collectors.length === 0 && lingering.length === 0 ? waiting : [];
    this.#report(lingering.length === 0 ? collectors : sortedByName([...collectors, ...lingering]), told);

    this.#cancelTimer();
    const untilExpiry = (expiresAt ?? Infinity) - now;
    const untilDeparture = (this.#departureAt ?? Infinity) - this.#clock.monotonic();
    const next = Math.min(untilExpiry, untilDeparture);
    if (Number.isFinite(next)) this.#cancelTimer = this.#clock.after(next, () => this.#wakeup.notify());
  }

  /** Collectors that have gone, but may be back in a moment. Whoever had a grace period has had its moment. */
  #lingering(collectors: readonly CollectorInstance[], expired: ReadonlySet<string>): readonly CollectorInstance[] {
    const present = new Set(collectors.map(({ name }) => name));
    const gone = (this.#reported ?? []).filter(({ name }) => !present.has(name) && !expired.has(name));
    const now = this.#clock.monotonic();
    if (gone.length > 0) this.#departureAt ??= now + DEPARTURE_DELAY_MS;
    if (gone.length > 0 && now < (this.#departureAt ?? now)) return gone;
    this.#departureAt = undefined;
    return [];
  }

  #report(collectors: readonly CollectorInstance[], waiting: readonly WaitingPod[]): void {
    const same = this.#reported !== undefined && equalCollectors(this.#reported, collectors);
    if (same && isDeepStrictEqual(this.#waiting, waiting)) return;
    this.#reported = collectors;
    this.#waiting = waiting;
    this.#sink.update(collectors, waiting);
  }
}
