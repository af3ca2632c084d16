import type { Clock } from "../../observability/clock.ts";
import type { Logger } from "../../observability/logger.ts";
import { DrainTimeoutError } from "./drain-timeout-error.ts";
import { HealthChecks } from "./health-checks.ts";
import type { LeaderElector } from "./leader-election.ts";
import type { Runnable } from "./runnable.ts";
import type { OpenSource } from "./source.ts";

export interface ManagerOptions {
  readonly log: Logger;
  readonly clock: Clock;
  /** Decides which replica runs what needs leader election. @default this one does */
  readonly election?: LeaderElector;
  /** How long work in hand may go on after the stop before it is given up. @default 10_000 */
  readonly drainTimeoutMs?: number;
}

/** Time for what was given up to notice it. */
const GIVE_UP_GRACE_MS = 1_000;

/** A start that waits longer for its caches is worth a warning. */
const SLOW_SYNC_MS = 30_000;

interface NamedSource {
  readonly name: string;
  readonly open: OpenSource;
}

/**
 * Starts and stops controllers and whatever else runs beside them.
 *
 * Start: caches fill; then everything that needs no leader election runs; then, on the replica that leads, the rest. A
 * replica that stands by keeps its caches filled, so that it can take over at once, and one that loses the leadership
 * stands by again.
 *
 * Stop, when told to or when a runnable fails: no new work is taken; work in hand ends, at the latest when it is given up;
 * the lease is released; the caches end.
 */
export class Manager {
  /** The process must be started anew when this is unhealthy. */
  readonly liveness = new HealthChecks();
  /** Requests may come when this is healthy: caches are filled and nothing is stopping. */
  readonly readiness = new HealthChecks();
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #election: LeaderElector | undefined;
  readonly #drainTimeoutMs: number;
  readonly #runnables = new Map<string, Runnable>();
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  readonly #givenUp = Promise.withResolvers<void>();
  readonly #timers: (() => void)[] = [];
  #phase: "new" | "syncing" | "running" | "stopping" = "new";
  #waitingFor: () => string = () => "";
  #failure: Error | undefined;

  constructor({ log, clock, election, drainTimeoutMs = 10_000 }: ManagerOptions) {
    this.#log = log;
    this.#clock = clock;
    this.#election = election;
    this.#drainTimeoutMs = drainTimeoutMs;
    this.readiness.add("manager", () => this.#notReady());
    if (election === undefined) return;
    this.readiness.add("leader-election", election.misconfigured);
    this.liveness.add("leader-election", election.stuck);
  }

  /** Adds something to run; before {@link run}, under a name of its own. */
  add(runnable: Runnable): void {
    if (this.#phase !== "new") throw new Error(`adding ${runnable.name}: the manager runs already`);
    if (this.#runnables.has(runnable.name)) throw new Error(`adding ${runnable.name}: the name is taken`);
    this.#runnables.set(runnable.name, runnable);
  }

  /**
   * Runs everything until the signal is aborted, which is success, or until a runnable fails: then it rejects with that
   * failure when the others have stopped, and further failures are logged. Can be called once.
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#phase !== "new") throw new Error("a manager can be run once");
    this.#phase = "syncing";
    const onAbort = (): void => this.#beginStop();
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    const sources = this.#openSources();
    try {
      if (await this.#synced(sources)) await this.#runEverything();
    } finally {
      signal.removeEventListener("abort", onAbort);
      for (const { open } of sources) open.close();
      for (const disarm of this.#timers.splice(0)) disarm();
    }
    if (this.#failure !== undefined) throw this.#failure;
    this.#log.info("manager stopped");
  }

  async #runEverything(): Promise<void> {
    const runnables = [...this.#runnables.values()];
    const onAll = runnables.filter(({ needsLeaderElection }) => !needsLeaderElection);
    const onLeader = runnables.filter(({ needsLeaderElection }) => needsLeaderElection);
    const running = [this.#runAll(onAll, this.#stop.signal, this.#abort.signal), this.#runOnLeader(onLeader)];
    // Each by itself: the failure of one is what stops the other.
    await Promise.all(running.map(async (one) => one.catch((error: unknown) => this.#fail(error as Error))));
  }

  async #runOnLeader(runnables: readonly Runnable[]): Promise<void> {
    const lead = async (lost: AbortSignal): Promise<void> => {
      const stop = AbortSignal.any([this.#stop.signal, lost]);
      // Whoever is no longer the leader must not write: what is in hand is given up at once.
      await this.#runAll(runnables, stop, AbortSignal.any([this.#abort.signal, lost]));
    };
    if (this.#election === undefined) await lead(new AbortController().signal);
    else await this.#election.run(this.#stop.signal, lead);
  }

  /** Runs them until they are told to stop and have ended; DrainTimeoutError when some have not in time. */
  async #runAll(runnables: readonly Runnable[], stop: AbortSignal, abort: AbortSignal): Promise<void> {
    const running = new Set(runnables.map(({ name }) => name));
    const ends = runnables.map(async (runnable) => {
      try {
        await runnable.run(stop, abort);
      } catch (error) {
        if (abort.aborted) this.#log.debug("given up", { runnable: runnable.name, error });
        else this.#fail(new Error(`${runnable.name} failed`, { cause: error }));
      } finally {
        running.delete(runnable.name);
      }
    });
    await Promise.race([Promise.all([...ends, aborted(stop)]), this.#givenUp.promise]);
    if (running.size > 0) throw new DrainTimeoutError([...running], this.#drainTimeoutMs + GIVE_UP_GRACE_MS);
  }

  /** Notes the failure, the first to be thrown by {@link run}, and stops the others. */
  #fail(error: Error): void {
    if (this.#failure === undefined) this.#failure = error;
    else this.#log.error("failed while stopping", { error });
    this.#beginStop();
  }

  #beginStop(): void {
    if (this.#phase === "stopping") return;
    this.#phase = "stopping";
    this.#log.info("manager stopping");
    this.#timers.push(
      this.#clock.after(this.#drainTimeoutMs, () => {
        this.#log.warn("work in hand did not end in time and is given up", { timeoutMs: this.#drainTimeoutMs });
        this.#abort.abort(new Error(`stopping: given up after ${this.#drainTimeoutMs} ms`));
      }),
      this.#clock.after(this.#drainTimeoutMs + GIVE_UP_GRACE_MS, this.#givenUp.resolve),
    );
    this.#stop.abort(new Error("stopping"));
  }

  /** Caches are kept filled for as long as the manager runs, whoever leads. */
  #openSources(): readonly NamedSource[] {
    const sources = new Set([...this.#runnables.values()].flatMap((runnable) => runnable.sources ?? []));
    return [...sources].map((source) => ({ name: source.name, open: source.open() }));
  }

  /** Waits until all are in sync. Resolves to false when the manager is stopped before. */
  async #synced(sources: readonly NamedSource[]): Promise<boolean> {
    this.#waitingFor = () => describeWaiting(sources.filter(({ open }) => !open.synced));
    const disarm = this.#clock.after(SLOW_SYNC_MS, () => {
      this.#log.warn("controllers wait for their caches", { caches: this.#waitingFor() });
    });
    try {
      await Promise.all(sources.map(async ({ open }) => open.whenSynced(this.#stop.signal)));
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    } finally {
      disarm();
    }
    if (this.#stop.signal.aborted) return false;
    this.#phase = "running";
    this.#log.info("caches in sync", { caches: sources.length });
    return true;
  }

  #notReady(): string | undefined {
    switch (this.#phase) {
      case "new":
        return "not started";
      case "syncing":
        return `waiting for caches: ${this.#waitingFor()}`;
      case "running":
        return undefined;
      case "stopping":
        return "stopping";
    }
  }
}

/** One trouble, such as a server that is away, is mostly the trouble of all: the first with a problem speaks for them. */
function describeWaiting(waiting: readonly NamedSource[]): string {
  const first = waiting.find(({ open }) => open.problem() !== undefined) ?? waiting[0];
  if (first === undefined) return "";
  const rest = waiting.length === 1 ? "" : ` and ${waiting.length - 1} more`;
  return `${first.name} (${first.open.problem() ?? "not in sync"})${rest}`;
}

/** Resolves when the signal is aborted. */
async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
