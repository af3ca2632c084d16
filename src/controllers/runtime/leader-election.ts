import { keyOf, type NamespacedName } from "../../api/meta.ts";
import { apiVersionOf, RESOURCES } from "../../api/resource-type.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { InformerFactory } from "../../kube/informer.ts";
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from "../../kube/errors.ts";
import { delay, type Clock } from "../../observability/clock.ts";
import type { Logger } from "../../observability/logger.ts";
import type { GaugeSeries, Metrics } from "../../observability/metrics.ts";
import { DrainTimeoutError } from "./drain-timeout-error.ts";
import { holderOf, type Lease, type LeaseSpec } from "./lease.ts";
import { LeaseWatch } from "./lease-watch.ts";
import { toMicroTime } from "./micro-time.ts";

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Watches the Lease while this process stands by, so that one that is released is taken at once. @default it is polled */
  readonly informers?: InformerFactory;
  /** The Lease that contenders share. */
  readonly lease: NamespacedName;
  /** Tells contenders apart; two processes must never have the same, not even one after the other. */
  readonly identity: string;
  /** How long a contender must have seen the Lease unchanged before it takes it over. Whole seconds. @default 15_000 */
  readonly leaseDurationMs?: number;
  /** How long the leader tries to renew before it gives up. Less than the lease's duration. @default 10_000 */
  readonly renewDeadlineMs?: number;
  /** Time between two tries. Less than the renew deadline. @default 2_000 */
  readonly retryPeriodMs?: number;
  /** Contenders spread their tries over this share of the period. In [0, 1). @default 0.2 */
  readonly jitter?: number;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** A Lease as this process saw it last. */
interface Sighting {
  readonly lease: Lease;
  /** When its content was first seen, on this process's monotonic clock. */
  readonly since: number;
}

/** Time given to a last request once the process is told to end. */
const RELEASE_TIMEOUT_MS = 2_000;

/**
 * Makes one of several processes the leader, by a Lease, with the algorithm of client-go: a contender takes the Lease over
 * when *it has watched it* unchanged for the lease's duration. No process compares another's wall clock with its own, so
 * clocks may differ; they must only run at about the same speed.
 *
 * The leader renews; when it could not for the renew deadline, or sees another holder, its term is over before anybody
 * else's can begin. A leader that is told to stop gives the Lease back, and the next one follows when it sees that in its
 * watch, or within one retry period.
 *
 * Source: https://github.com/kubernetes/client-go/blob/master/tools/leaderelection/leaderelection.go
 */
export class LeaderElector {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #informers: InformerFactory | undefined;
  readonly #log: Logger;
  readonly #status: GaugeSeries;
  readonly #lease: NamespacedName;
  readonly #identity: string;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #jitter: number;
  readonly #random: () => number;
  #seen: Sighting | undefined;
  #leading = false;
  /** When the last successful renewal was sent, on the monotonic clock. */
  #renewedAt = 0;
  /** When the last term was lost while its work still runs. */
  #lostAt: number | undefined;
  #failure: Error | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#informers = options.informers;
    this.#lease = options.lease;
    this.#identity = options.identity;
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2_000;
    this.#jitter = options.jitter ?? 0.2;
    this.#random = options.random ?? Math.random;
    this.#log = options.log.child({ lease: keyOf(options.lease), identity: options.identity });
    this.#status = options.metrics
      .gauge({
        name: "leader_election_master_status",
        help: "1 while this process leads, 0 while it stands by",
        labelNames: ["name"],
      })
      .with({ name: options.lease.name });
    this.#validate();
  }

  /** This process leads. */
  get leading(): boolean {
    return this.#leading;
  }

  /** The holder as last seen; undefined when nobody holds the Lease, or it was not read yet. */
  get leader(): string | undefined {
    return holderOf(this.#seen?.lease);
  }

  /** For readiness: why this process can never lead, such as missing permissions. Passing trouble is not reported. */
  readonly misconfigured = (): string | undefined =>
    [ForbiddenError, InvalidError, NotFoundError].some((type) => this.#failure instanceof type)
      ? `leader election: ${this.#failure?.message}`
      : undefined;

  /** For liveness: the work of a lost term does not end, so that this process can never lead again. */
  readonly stuck = (): string | undefined => {
    const lostForMs = this.#lostAt === undefined ? 0 : this.#clock.monotonic() - this.#lostAt;
    return lostForMs > this.#leaseDurationMs
      ? `leadership lost ${Math.round(lostForMs / 1_000)} s ago, but the work of that term still runs`
      : undefined;
  };

  /**
   * Stands for election, leads, and stands again when the leadership is lost, until stopped.
   *
   * @param stop - While leading: the term goes on until `lead` has ended by itself, then the Lease is released.
   * @param lead - The work of one term. Must end soon after `lost` is aborted. When it ends otherwise, so does the
   *   election, with its outcome; the Lease is released unless it left work behind ({@link DrainTimeoutError}).
   */
  async run(stop: AbortSignal, lead: (lost: AbortSignal) => Promise<void>): Promise<void> {
    for (;;) {
      if (!(await this.#acquire(stop))) return;
      const lost = await this.#term(lead);
      if (!lost) return;
    }
  }

  /** Resolves to true when this process leads, to false when it is stopped before. */
  async #acquire(stop: AbortSignal): Promise<boolean> {
    this.#log.info("standing for election");
    const watch = new LeaseWatch(this.#informers, this.#lease);
    try {
      while (!stop.aborted) {
        const freed = watch.next();
        // An answer that comes very late, as to a process that was stopped meanwhile, says nothing about now.
        if ((await this.#try(stop)) === "held" && this.#leftMs() > 0) return true;
        // The request that was cut off may have made this process the holder.
        if (stop.aborted) await this.#release();
        else await delay(this.#clock, this.#standbyPeriod(), AbortSignal.any([stop, freed])).catch(() => undefined);
      }
      return false;
    } finally {
      watch.end();
    }
  }

  /** One term. Resolves to whether it was lost. */
  async #term(lead: (lost: AbortSignal) => Promise<void>): Promise<boolean> {
    const lost = new AbortController();
    const ended = new AbortController();
    this.#leading = true;
    this.#status.set(1);
    this.#log.info("leading");
    const renewing = this.#renew(lost, ended.signal);
    let releasable = true;
    try {
      await lead(lost.signal);
    } catch (error) {
      releasable = !(error instanceof DrainTimeoutError);
      throw error;
    } finally {
      ended.abort();
      await renewing;
      this.#resign();
      this.#lostAt = undefined;
      if (releasable && !lost.signal.aborted) await this.#release();
    }
    return lost.signal.aborted;
  }

  /** Renews until the term has ended, or is lost. */
  async #renew(lost: AbortController, ended: AbortSignal): Promise<void> {
    const over = AbortSignal.any([lost.signal, ended]);
    const lose = (reason: string): void => {
      if (over.aborted) return;
      this.#lostAt = this.#clock.monotonic();
      this.#resign();
      this.#log.warn("leadership lost", { reason, error: this.#failure });
      lost.abort(new Error(`leadership lost: ${reason}`));
    };
    const late = `not renewed for ${this.#renewDeadlineMs} ms`;
    let triedAt = this.#renewedAt;
    for (;;) {
      // A timer and not this loop, because a request may hang.
      const disarm = this.#clock.after(this.#leftMs(), () => lose(late));
      await delay(this.#clock, triedAt + this.#retryPeriodMs - this.#clock.monotonic(), over).catch(() => undefined);
      triedAt = this.#clock.monotonic();
      if (!over.aborted && (await this.#try(over)) === "elsewhere") lose(`held by ${this.leader ?? "nobody"}`);
      disarm();
      if (over.aborted) return;
      // Timers come late after the process was stopped or busy; what counts is the clock.
      if (this.#leftMs() <= 0) lose(late);
    }
  }

  /** Until the term is over for want of a renewal. */
  #leftMs(): number {
    return this.#renewedAt + this.#renewDeadlineMs - this.#clock.monotonic();
  }

  /** Tries once to get or keep the Lease. Never rejects. */
  async #try(signal: AbortSignal): Promise<"held" | "elsewhere" | "failed"> {
    const request = new AbortController();
    const abort = (): void => request.abort(signal.reason);
    // Half the deadline, so that a request that hangs leaves time for another one.
    const timeoutMs = this.#renewDeadlineMs / 2;
    const disarm = this.#clock.after(timeoutMs, () => {
      request.abort(new Error(`no answer from the API server within ${timeoutMs} ms`));
    });
    signal.addEventListener("abort", abort, { once: true });
    try {
      const sentAt = this.#clock.monotonic();
      const held = await this.#acquireOrRenew(request.signal);
      if (held) this.#renewedAt = sentAt;
      if (this.#failure !== undefined) this.#log.info("leader election works again");
      this.#failure = undefined;
      return held ? "held" : "elsewhere";
    } catch (error) {
      this.#noteFailure(error, signal);
      return "failed";
    } finally {
      disarm();
      signal.removeEventListener("abort", abort);
    }
  }

  /** Resolves to whether this process holds the Lease. Rejects when that is not known. */
  async #acquireOrRenew(signal: AbortSignal): Promise<boolean> {
    if (this.#leading && this.#seen !== undefined) {
      try {
        await this.#write(this.#seen.lease, signal);
        return true;
      } catch (error) {
        // It was changed or deleted: what holds now must be read.
        if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error;
      }
    }
    const live = await this.#client.get<Lease>(RESOURCES.Lease, this.#lease, signal);
    if (live === undefined) {
      await this.#create(signal);
      return true;
    }
    this.#observe(live);
    const holder = holderOf(live);
    const mine = holder === this.#identity;
    if (!mine && (this.#leading || (holder !== undefined && !this.#expired()))) return false;
    await this.#write(live, signal);
    return true;
  }

  async #create(signal: AbortSignal): Promise<void> {
    const { namespace, name } = this.#lease;
    const created = await this.#client.create<Lease>(
      RESOURCES.Lease,
      {
        apiVersion: apiVersionOf(RESOURCES.Lease),
        kind: RESOURCES.Lease.kind,
        metadata: { namespace, name },
        spec: { ...this.#claim(), acquireTime: toMicroTime(this.#clock.now()), leaseTransitions: 0 },
      },
      signal,
    );
    this.#observe(created);
  }

  /** Makes or keeps this process the holder; ConflictError when the Lease is not the given one any more. */
  async #write(lease: Lease, signal: AbortSignal): Promise<void> {
    const mine = holderOf(lease) === this.#identity;
    const spec: LeaseSpec = mine
      ? { ...lease.spec, ...this.#claim() }
      : {
          ...lease.spec,
          ...this.#claim(),
          acquireTime: toMicroTime(this.#clock.now()),
          leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + 1,
        };
    this.#observe(await this.#client.replace<Lease>(RESOURCES.Lease, { ...lease, spec }, signal));
  }

  #claim(): LeaseSpec {
    return {
      holderIdentity: this.#identity,
      leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1_000),
      renewTime: toMicroTime(this.#clock.now()),
    };
  }

  #observe(lease: Lease): void {
    const before = this.#seen;
    const unchanged = before !== undefined && sameTerm(before.lease.spec, lease.spec);
    this.#seen = { lease, since: unchanged ? before.since : this.#clock.monotonic() };
    if (holderOf(before?.lease) !== this.leader) this.#log.info("leader changed", { leader: this.leader ?? "nobody" });
  }

  /** Nobody has renewed the Lease for as long as its holder said it would hold. */
  #expired(): boolean {
    if (this.#seen === undefined) return false;
    const { leaseDurationSeconds = this.#leaseDurationMs / 1_000 } = this.#seen.lease.spec ?? {};
    return this.#clock.monotonic() >= this.#seen.since + leaseDurationSeconds * 1_000;
  }

  /** Gives the Lease back so that nobody has to wait for its end. Never rejects: then the others do wait. */
  async #release(): Promise<void> {
    const timeout = new AbortController();
    const disarm = this.#clock.after(RELEASE_TIMEOUT_MS, () => timeout.abort(new Error("no answer in time")));
    try {
      const live = await this.#client.get<Lease>(RESOURCES.Lease, this.#lease, timeout.signal);
      if (live === undefined || holderOf(live) !== this.#identity) return;
      const { holderIdentity: _mine, ...rest } = live.spec ?? {};
      const now = toMicroTime(this.#clock.now());
      const spec: LeaseSpec = { ...rest, leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
      this.#observe(await this.#client.replace<Lease>(RESOURCES.Lease, { ...live, spec }, timeout.signal));
      this.#log.info("lease released");
    } catch (error) {
      this.#log.warn("lease not released, the next leader waits until it expires", { error });
    } finally {
      disarm();
    }
  }

  #resign(): void {
    this.#leading = false;
    this.#status.set(0);
  }

  /** Logs the first of a row of failures. */
  #noteFailure(error: unknown, signal: AbortSignal): void {
    // Of several contenders all but one meet a conflict; and who is stopped has asked for it.
    if (signal.aborted || error instanceof ConflictError) return;
    if (this.#failure === undefined) this.#log.warn("leader election fails, trying again", { error });
    this.#failure = error instanceof Error ? error : new Error(String(error));
  }

  /** Longer by up to the jitter, so that contenders do not try in step. */
  #standbyPeriod(): number {
    return this.#retryPeriodMs * (1 + this.#jitter * this.#random());
  }

  #validate(): void {
    const problems: string[] = [];
    if (this.#identity === "") problems.push("identity must not be empty");
    if (this.#retryPeriodMs <= 0) problems.push("retryPeriodMs must be positive");
    if (this.#jitter < 0 || this.#jitter >= 1) problems.push("jitter must be in [0, 1)");
    if (this.#renewDeadlineMs <= this.#retryPeriodMs * (1 + this.#jitter)) {
      problems.push("renewDeadlineMs must be greater than retryPeriodMs with its jitter");
    }
    if (this.#leaseDurationMs <= this.#renewDeadlineMs) {
      problems.push("leaseDurationMs must be greater than renewDeadlineMs");
    }
    if (this.#leaseDurationMs % 1_000 !== 0) problems.push("leaseDurationMs must be whole seconds");
    if (problems.length > 0) throw new RangeError(`leader election of ${keyOf(this.#lease)}: ${problems.join("; ")}`);
  }
}

/** Nothing was renewed or handed over; other fields may differ. */
function sameTerm(one: LeaseSpec = {}, other: LeaseSpec = {}): boolean {
  return (
    one.holderIdentity === other.holderIdentity &&
    one.renewTime === other.renewTime &&
    one.acquireTime === other.acquireTime &&
    one.leaseTransitions === other.leaseTransitions
  );
}
