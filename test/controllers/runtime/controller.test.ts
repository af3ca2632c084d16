import { afterEach, describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../../src/api/meta.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { Controller, type ControllerOptions } from "../../../src/controllers/runtime/controller.ts";
import { enqueueObject } from "../../../src/controllers/runtime/event-handler.ts";
import {
  DONE,
  TerminalError,
  type ReconcileContext,
  type Request,
  type Result,
} from "../../../src/controllers/runtime/reconciler.ts";
import { watchSource } from "../../../src/controllers/runtime/source.ts";
import { ConflictError } from "../../../src/kube/errors.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import { PromClientMetrics } from "../../../src/observability/prom-client-metrics.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { FakeInformers } from "../../support/fake-informers.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";

type Reconcile = (request: Request, context: ReconcileContext) => Promise<Result>;

const scope = { type: RESOURCES.ConfigMap };
const object = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "shop" },
});

/** A controller of ConfigMaps that runs on a fake clock and a watch in sync. */
class Bench {
  readonly clock = new FakeClock();
  readonly log = new MemoryLogger();
  readonly metrics = new PromClientMetrics();
  readonly informers = new FakeInformers();
  readonly watch = this.informers.watch(scope).sync();
  readonly stop = new AbortController();
  readonly abort = new AbortController();
  readonly controller: Controller;
  #ended: Promise<void> = Promise.resolve();

  constructor(reconcile: Reconcile, options: Partial<ControllerOptions> = {}) {
    this.controller = new Controller({
      name: "config",
      reconciler: { reconcile },
      sources: [watchSource({ informers: this.informers, scope, handler: enqueueObject })],
      log: this.log,
      clock: this.clock,
      metrics: this.metrics,
      ...options,
    });
  }

  readonly start = async (): Promise<void> => {
    this.#ended = this.controller.run(this.stop.signal, this.abort.signal);
    await settle();
  };

  readonly end = async (): Promise<void> => this.#ended;

  readonly put = async (...names: string[]): Promise<void> => {
    for (const name of names) this.watch.put(object(name));
    await settle();
  };

  readonly samples = async (pattern: RegExp): Promise<string[]> =>
    (await this.metrics.text()).split("\n").filter((line) => !line.startsWith("#") && pattern.test(line));
}

let bench: Bench | undefined;
function benchOf(reconcile: Reconcile, options?: Partial<ControllerOptions>): Bench {
  bench = new Bench(reconcile, options);
  return bench;
}

afterEach(async () => {
  bench?.stop.abort();
  bench?.abort.abort();
  await bench?.end();
});

describe("Controller", () => {
  it("reconciles what exists, and what changes, each by itself", async () => {
    const seen: string[] = [];
    const { put, start } = benchOf(async ({ namespace, name }) => {
      seen.push(`${namespace}/${name}`);
      return DONE;
    });
    await put("a", "b");
    await start();
    await put("c", "a");
    expect(seen).toEqual(["shop/a", "shop/b", "shop/c", "shop/a"]);
  });

  it("starts no pass before every source is in sync", async () => {
    const seen: string[] = [];
    const informers = new FakeInformers();
    const pods = { type: RESOURCES.Pod };
    const sources = [scope, pods].map((one) => watchSource({ informers, scope: one, handler: enqueueObject }));
    const { start } = benchOf(
      async ({ name }) => {
        seen.push(name);
        return DONE;
      },
      { sources },
    );
    informers.watch(scope).put(object("a"));
    informers.watch(scope).sync();
    await start();
    expect(seen).toEqual([]);
    informers.watch(pods).sync();
    await settle();
    expect(seen).toEqual(["a"]);
  });

  it("runs a request again that changed while it was in its pass, and never in two passes", async () => {
    let running = 0;
    let most = 0;
    let passes = 0;
    const gates: (() => void)[] = [];
    const { put, start } = benchOf(
      async () => {
        passes += 1;
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => gates.push(resolve));
        running -= 1;
        return DONE;
      },
      { workers: 3 },
    );
    await start();
    await put("a");
    await put("a");
    await put("a");
    expect([passes, most]).toEqual([1, 1]);
    gates.shift()?.();
    await settle();
    expect([passes, most]).toEqual([2, 1]);
    gates.shift()?.();
    await settle();
    expect(passes).toBe(2);
  });

  it.each([1, 3])("runs passes of different requests on %d workers at once", async (workers) => {
    let running = 0;
    let most = 0;
    const { put, start, clock } = benchOf(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => clock.after(1, resolve));
        running -= 1;
        return DONE;
      },
      { workers },
    );
    await start();
    await put("a", "b", "c", "d", "e");
    await clock.advance(10);
    expect(most).toBe(workers);
  });

  it("runs a request again after requeueAfterMs", async () => {
    const at: number[] = [];
    const { put, start, clock } = benchOf(async () => {
      at.push(clock.monotonic());
      return at.length < 3 ? { requeueAfterMs: 1_000 } : DONE;
    });
    await start();
    await put("a");
    await clock.advance(10_000);
    expect(at).toEqual([0, 1_000, 2_000]);
  });

  it("retries a failed request with exponential back-off, and starts from the front after a success", async () => {
    const at: number[] = [];
    const failing = new Set([0, 1, 2, 4]);
    const { put, start, clock } = benchOf(async () => {
      at.push(clock.monotonic());
      if (failing.has(at.length - 1)) throw new Error("no connection");
      return DONE;
    });
    await start();
    await put("a");
    await clock.advance(1_000);
    expect(at).toEqual([0, 5, 15, 35]);
    await put("a");
    await clock.advance(1_000);
    expect(at.slice(4)).toEqual([1_000, 1_005]);
  });

  it("goes on with other requests while one fails, whether it throws or rejects", async () => {
    const seen: string[] = [];
    const { put, start } = benchOf(({ name }) => {
      if (name === "bad") throw new TypeError("undefined is not a function");
      seen.push(name);
      return Promise.resolve(DONE);
    });
    await start();
    await put("bad", "good");
    expect(seen).toEqual(["good"]);
  });

  it.each([
    { name: "a TerminalError", error: new TerminalError("bad spec") },
    { name: "an error caused by one", error: new Error("reconciling", { cause: new TerminalError("bad spec") }) },
  ])("does not retry $name until something changes", async ({ error }) => {
    let passes = 0;
    const { put, start, clock, log } = benchOf(async () => {
      passes += 1;
      throw error;
    });
    await start();
    await put("a");
    await clock.advance(3_600_000);
    expect(passes).toBe(1);
    await put("a");
    expect(passes).toBe(2);
    expect(log.messages("warn")).toEqual(Array(2).fill("reconcile failed, not retried until something changes"));
  });

  it("gives each pass a log that names controller, request and pass", async () => {
    const { put, start, log } = benchOf(async (_request, context) => {
      context.log.info("seen");
      return DONE;
    });
    await start();
    await put("a", "b");
    const entries = log.entries.filter(({ message }) => message === "seen").map(({ fields }) => fields);
    expect(entries).toMatchObject([
      { controller: "config", namespace: "shop", name: "a" },
      { controller: "config", namespace: "shop", name: "b" },
    ]);
    expect(new Set(entries.map((fields) => fields["reconcileId"])).size).toBe(2);
  });

  it("logs a failure once, with the error, its number and the wait", async () => {
    const error = new Error("no connection");
    const { put, start, log } = benchOf(() => Promise.reject(error));
    await start();
    await put("a");
    expect(log.entries.filter(({ level }) => level === "error")).toMatchObject([
      { message: "reconcile failed, will be retried", fields: { name: "a", error, failures: 1, retryInMs: 5 } },
    ]);
  });

  it("takes the first conflicts of a request for normal, and many in a row for a fault", async () => {
    const conflict = new ConflictError("applying Service shop/a: changed meanwhile", {
      status: 409,
      reason: "Conflict",
    });
    const { put, start, log, clock } = benchOf(() => Promise.reject(conflict));
    await start();
    await put("a");
    await clock.advance(5 + 10 + 20 - 1);
    expect(log.messages("error")).toEqual([]);
    await clock.advance(1);
    expect(log.messages("error")).toHaveLength(1);
  });

  it("aborts a pass that takes too long, and retries it", async () => {
    const reasons: unknown[] = [];
    const { put, start, clock } = benchOf(
      async (_request, { signal }) => {
        await new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        }).catch((error: unknown) => {
          reasons.push(error);
          throw error;
        });
        return DONE;
      },
      { passTimeoutMs: 1_000 },
    );
    await start();
    await put("a");
    await clock.advance(2_500);
    expect(reasons.map(String)).toEqual(Array(2).fill("Error: reconciling shop/a: aborted after 1000 ms"));
  });

  it("lets the event loop turn while passes need no I/O", async () => {
    let passes = 0;
    let turnedAfter = Infinity;
    const finished = Promise.withResolvers<void>();
    const { put, start } = benchOf(
      async () => {
        passes += 1;
        const until = performance.now() + 1;
        while (performance.now() < until);
        if (passes === 100) finished.resolve();
        return DONE;
      },
      { clock: systemClock },
    );
    await start();
    const queued = put(...Array.from({ length: 100 }, (_, index) => `object-${index}`));
    setImmediate(() => {
      turnedAfter = passes;
    });
    await queued;
    await finished.promise;
    expect(turnedAfter).toBeLessThan(100);
  });

  describe("when it is stopped", () => {
    it("ends the passes that run, takes nothing more, and closes its sources", async () => {
      const seen: string[] = [];
      const gate = Promise.withResolvers<void>();
      const { put, start, stop, watch, clock, end } = benchOf(async ({ name }, { signal }) => {
        seen.push(name);
        await gate.promise;
        expect(signal.aborted).toBe(false);
        seen.push(`${name} done`);
        return { requeueAfterMs: 1_000 };
      });
      await start();
      await put("a", "b");
      stop.abort();
      let ended = false;
      const ending = end().finally(() => {
        ended = true;
      });
      await settle();
      expect(ended).toBe(false);
      gate.resolve();
      await ending;
      expect(seen).toEqual(["a", "a done"]);
      expect(watch.uses).toBe(0);
      expect(clock.pending).toBe(0);
    });

    it("aborts the passes that run when it must give up, which is no failure", async () => {
      const { put, start, stop, abort, log, end, samples } = benchOf(
        async (_request, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
          }),
      );
      await start();
      await put("a");
      stop.abort();
      await settle();
      abort.abort(new Error("time is up"));
      await end();
      expect(log.messages("error")).toEqual([]);
      expect(await samples(/reconcile_errors_total/)).toEqual([
        'controller_runtime_reconcile_errors_total{controller="config"} 0',
        'controller_runtime_terminal_reconcile_errors_total{controller="config"} 0',
      ]);
    });

    it("ends before its sources are in sync", async () => {
      const informers = new FakeInformers();
      const { start, stop, end } = benchOf(async () => DONE, {
        sources: [watchSource({ informers, scope, handler: enqueueObject })],
      });
      await start();
      stop.abort();
      await end();
      expect(informers.watch(scope).uses).toBe(0);
    });

    it("can be run again, and then starts from what exists", async () => {
      const seen: string[] = [];
      const { put, start, stop, abort, end, controller } = benchOf(async ({ name }) => {
        seen.push(name);
        return DONE;
      });
      await start();
      await put("a");
      stop.abort();
      await end();
      const again = new AbortController();
      const ended = controller.run(again.signal, abort.signal);
      await settle();
      again.abort();
      await ended;
      expect(seen).toEqual(["a", "a"]);
    });
  });

  it("counts passes, errors, time and workers under controller-runtime's names", async () => {
    const ends: Record<string, () => Promise<Result>> = {
      good: async () => DONE,
      later: async () => ({ requeueAfterMs: 1e6 }),
      bad: () => Promise.reject(new Error("no connection")),
      hopeless: () => Promise.reject(new TerminalError("bad spec")),
    };
    const { put, start, clock, samples } = benchOf(
      async ({ name }) => {
        await new Promise<void>((resolve) => clock.after(2, resolve));
        return (ends[name] ?? (async () => DONE))();
      },
      { workers: 2, retry: { baseDelayMs: 1e6 } },
    );
    await start();
    await put("good", "later", "bad", "hopeless");
    expect(await samples(/workqueue_depth|active_workers|max_concurrent/)).toEqual([
      'controller_runtime_active_workers{controller="config"} 2',
      'controller_runtime_max_concurrent_reconciles{controller="config"} 2',
      'workqueue_depth{name="config",controller="config"} 2',
    ]);
    await clock.advance(1);
    expect(await samples(/workqueue_(unfinished|longest)/)).toEqual([
      'workqueue_unfinished_work_seconds{name="config",controller="config"} 0.002',
      'workqueue_longest_running_processor_seconds{name="config",controller="config"} 0.001',
    ]);
    await clock.advance(9);
    expect(await samples(/_(total|count)\{|_sum|active/)).toEqual([
      'controller_runtime_reconcile_total{controller="config",result="success"} 1',
      'controller_runtime_reconcile_total{controller="config",result="requeue_after"} 1',
      'controller_runtime_reconcile_total{controller="config",result="error"} 2',
      'controller_runtime_reconcile_errors_total{controller="config"} 2',
      'controller_runtime_terminal_reconcile_errors_total{controller="config"} 1',
      'controller_runtime_reconcile_time_seconds_sum{controller="config"} 0.008',
      'controller_runtime_reconcile_time_seconds_count{controller="config"} 4',
      'controller_runtime_active_workers{controller="config"} 0',
      'workqueue_adds_total{name="config",controller="config"} 4',
      'workqueue_retries_total{name="config",controller="config"} 1',
      'workqueue_queue_duration_seconds_sum{name="config",controller="config"} 0.004',
      'workqueue_queue_duration_seconds_count{name="config",controller="config"} 4',
      'workqueue_work_duration_seconds_sum{name="config",controller="config"} 0.008',
      'workqueue_work_duration_seconds_count{name="config",controller="config"} 4',
    ]);
  });
});
