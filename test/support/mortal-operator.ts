import { OperatorProcess } from "../../src/commands/operator-process.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import { COLLECTOR_FINALIZER } from "../../src/controllers/index.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { createKubeConnection, type KubeConnection } from "../../src/kube/client-node/connection.ts";
import { OperatorHost } from "../../src/kube/client-node/operator-host.ts";
import type { ResourceLifecycle } from "../../src/kube/resource-lifecycle.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import type { Clock } from "../../src/observability/clock.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { SETTINGS } from "./collectors.ts";
import { MemoryLogger } from "./memory-logger.ts";

/** When an operator is killed. */
export interface Death {
  /** With this request from now on. */
  readonly atRequest: number;
  /** The server has done what was asked, and nobody has heard the answer. Otherwise it has not even been asked. */
  readonly answered: boolean;
}

const NO_PROXIES = { httpProxy: "", httpsProxy: "", noProxy: "" };

/**
 * The whole operator in this process, which can be killed at any of its requests: from then on no request of it reaches the
 * server, as if the process had been killed, and what it knew is lost.
 */
export class MortalOperator {
  readonly log = new MemoryLogger();
  /** What it has asked for that changes something, as `method Kind`. */
  readonly writes: string[] = [];
  readonly #connection: KubeConnection;
  readonly #stop = new AbortController();
  readonly #death = Promise.withResolvers<void>();
  readonly #running: Promise<unknown>;
  readonly #operator: OperatorProcess;
  #dead = false;
  #left = Infinity;
  #answered = false;

  constructor(kubeconfigPath: string, clock: Clock = systemClock) {
    this.#connection = createKubeConnection({
      kubeconfigPath,
      fieldManager: "otel-allocator",
      timers: systemClock,
      onWarning: () => undefined,
    });
    const { client, informers } = this.#connection;
    const host = new OperatorHost({
      connection: this.#connection,
      resources: [{ type: RESOURCES.OpenTelemetryCollector }, { type: RESOURCES.TargetAllocator }],
      finalizer: COLLECTOR_FINALIZER,
    });
    const operator = new OperatorProcess({
      client: this.#mortalClient(client),
      informers,
      lifecycle: this.#mortalLifecycle(host),
      manifests: { ...SETTINGS, operatorUrl: undefined, networkPolicies: true, fallbackStrategy: false },
      watchNamespaces: [],
      instance: "mortal",
      proxyEnvironment: NO_PROXIES,
      clock,
      log: this.log,
      metrics: new PromClientMetrics(),
    });
    this.#operator = operator;
    this.#running = operator.run(this.#stop.signal, {}).catch((error: unknown) => error);
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Resolves when it has died of {@link dieOf}. */
  async whenDead(): Promise<void> {
    await this.#death.promise;
  }

  /** What it waits for before it works; nothing when it does. */
  get waitingFor(): readonly string[] {
    return this.#operator.waitingFor();
  }

  dieOf({ atRequest, answered }: Death): void {
    this.#left = atRequest;
    this.#answered = answered;
  }

  /** Ends it at once, however it is, and releases what it held. */
  async kill(): Promise<void> {
    this.#dead = true;
    this.#stop.abort();
    await this.#running;
    await this.#connection.close();
  }

  #mortalClient(server: KubeClient): KubeClient {
    return new Proxy(server, {
      get:
        (_target, method: keyof KubeClient) =>
        async (...parameters: readonly unknown[]) => {
          const call = server[method] as (...all: readonly unknown[]) => Promise<unknown>;
          const { kind } = parameters[0] as { readonly kind: string };
          if (method !== "get" && method !== "list" && kind !== "Event") this.writes.push(`${method} ${kind}`);
          return this.#send(async () => call.apply(server, [...parameters]));
        },
    });
  }

  #mortalLifecycle(lifecycle: ResourceLifecycle): ResourceLifecycle {
    return {
      finalize: async (object, ...rest) => this.#send(async () => lifecycle.finalize(object, ...rest)),
      writeStatus: async (object, ...rest) => {
        this.writes.push(`writeStatus ${object.kind}`);
        await this.#send(async () => lifecycle.writeStatus(object, ...rest));
      },
    };
  }

  async #send<T>(call: () => Promise<T>): Promise<T> {
    if (this.#dead) throw new Error("the operator is dead");
    this.#left -= 1;
    if (this.#left > 0) return call();
    this.#dead = true;
    if (this.#answered) await call().catch(() => undefined);
    this.#death.resolve();
    throw new Error("the operator has died");
  }
}
