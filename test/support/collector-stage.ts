import type { Condition, KubeObject } from "../../src/api/meta.ts";
import { RESOURCES, type ResourceType } from "../../src/api/resource-type.ts";
import type {
  TargetAllocator,
  TargetAllocatorResourceSpec,
  TargetAllocatorStatus,
} from "../../src/api/opentelemetry/target-allocator.ts";
import type {
  OpenTelemetryCollector,
  OpenTelemetryCollectorSpec,
  OpenTelemetryCollectorStatus,
} from "../../src/api/opentelemetry/v1beta1.ts";
import { OPTIONAL_KINDS, OWNED_KINDS } from "../../src/controllers/owned-kinds.ts";
import type { ManifestSettings } from "../../src/controllers/manifests/manifest-settings.ts";
import { newControllers } from "../../src/controllers/new-controllers.ts";
import type { ObjectEvent } from "../../src/controllers/runtime/event-recorder.ts";
import { Manager } from "../../src/controllers/runtime/manager.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import type { ResourceLifecycle } from "../../src/kube/resource-lifecycle.ts";
import type { InformerFactory } from "../../src/kube/informer.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { collector, type CollectorOptions, SETTINGS } from "./collectors.ts";
import { FakeAllocationHost } from "./fake-allocation-host.ts";
import { FlakyConnection } from "./flaky-client.ts";
import { MemoryLogger } from "./memory-logger.ts";
import { targetAllocator } from "./target-allocators.ts";

/** A cluster to try controllers on. */
export interface ClusterBackend {
  readonly user: KubeClient;
  /** The operator's own, under its own field manager. */
  readonly operator: KubeClient;
  /** The operator's. */
  readonly lifecycle: ResourceLifecycle;
  readonly informers: InformerFactory;
  /** Lets the cluster have further kinds. */
  install(types: readonly ResourceType[]): Promise<void>;
  stop(): Promise<void>;
}

const OWNERS: ReadonlySet<string> = new Set(["OpenTelemetryCollector", "TargetAllocator"]);
const WRITES = /^(?:create|replace|apply|applyStatus|mergePatch|delete|writeStatus|finalize) /;

/** The collector controllers at work on a cluster, and a user beside them. */
export class CollectorStage {
  readonly allocations = new FakeAllocationHost();
  readonly events: (ObjectEvent & { readonly kind: string; readonly object: string })[] = [];
  readonly log = new MemoryLogger();
  /** Of a user: not the operator's. */
  readonly user: KubeClient;
  /** Rejects what the operator writes about status with this, while set. */
  statusRefusal: Error | undefined;
  readonly #connection: FlakyConnection;
  readonly #backend: ClusterBackend;
  readonly #settings: Partial<ManifestSettings>;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(backend: ClusterBackend, settings: Partial<ManifestSettings> = {}) {
    this.#backend = backend;
    this.#settings = settings;
    this.user = backend.user;
    this.#connection = new FlakyConnection(backend.operator);
  }

  start(): void {
    const { log } = this;
    const manager = new Manager({ log, clock: systemClock });
    const controllers = newControllers({
      client: this.#connection.client,
      lifecycle: this.#counted(this.#backend.lifecycle),
      informers: this.#backend.informers,
      allocations: this.allocations,
      events: {
        record: (regarding, event) => {
          const { kind, metadata } = regarding;
          this.events.push({ ...event, kind, object: `${metadata.namespace ?? ""}/${metadata.name}` });
        },
      },
      clock: systemClock,
      log,
      metrics: new PromClientMetrics(),
      settings: { ...SETTINGS, ...this.#settings, watchNamespaces: [] },
    });
    for (const controller of controllers) manager.add(controller);
    this.#running = manager.run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Lets the cluster have the kinds that not every cluster has. */
  async installOptionalKinds(): Promise<void> {
    await this.#backend.install(OPTIONAL_KINDS);
  }

  /** As {@link owned}, of the kinds that not every cluster has. */
  async ownedOptional(namespace: string): Promise<readonly string[]> {
    return this.#ownedOf(OPTIONAL_KINDS, namespace);
  }

  /** Rejects the operator's requests with this, all but those about status, while set. */
  set refusal(error: Error | undefined) {
    this.#connection.refusal = error;
  }

  /** The operator's writes so far, as `method kind`. */
  get writes(): readonly string[] {
    return this.#connection.calls.filter((call) => WRITES.test(call));
  }

  #counted(lifecycle: ResourceLifecycle): ResourceLifecycle {
    const { calls } = this.#connection;
    return {
      finalize: async (object, ...rest) => {
        calls.push(`finalize ${object.kind}`);
        return lifecycle.finalize(object, ...rest);
      },
      writeStatus: async (object, ...rest) => {
        calls.push(`writeStatus ${object.kind}`);
        if (this.statusRefusal !== undefined) throw this.statusRefusal;
        await lifecycle.writeStatus(object, ...rest);
      },
    };
  }

  async createNamespace(name: string): Promise<void> {
    await this.user.create(RESOURCES.Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }

  async apply(namespace: string, options: CollectorOptions = {}): Promise<OpenTelemetryCollector> {
    const { spec, ...object } = collector(options);
    const metadata = { name: "main", namespace, ...withoutUid(options.metadata) };
    const applied: OpenTelemetryCollector = { ...object, metadata, ...(spec === undefined ? {} : { spec }) };
    return this.user.apply(RESOURCES.OpenTelemetryCollector, applied);
  }

  /** A TargetAllocator of the user. */
  async applyAllocator(namespace: string, name: string, spec: TargetAllocatorResourceSpec = {}): Promise<void> {
    const { metadata: _fixed, ...object } = targetAllocator({ spec });
    await this.user.apply(RESOURCES.TargetAllocator, { ...object, metadata: { name, namespace } });
  }

  async allocatorStatus(namespace: string, name: string): Promise<TargetAllocatorStatus> {
    const live = await this.user.get<TargetAllocator>(RESOURCES.TargetAllocator, { namespace, name });
    return live?.status ?? {};
  }

  /** `type=status/reason` of each condition of a TargetAllocator. */
  async allocatorConditions(namespace: string, name: string): Promise<readonly string[]> {
    return toVerdicts(await this.allocatorStatus(namespace, name));
  }

  /** The file of an allocator; undefined while there is none. */
  async allocatorFile(namespace: string, name: string): Promise<string | undefined> {
    const live = await this.get(RESOURCES.ConfigMap, namespace, `${name}-targetallocator`);
    return live?.data?.["targetallocator.yaml"];
  }

  /** The configuration that a collector's pods are to run with; undefined while there are none. */
  async collectorFile(namespace: string, name: string): Promise<string | undefined> {
    const workload = await this.get(RESOURCES.StatefulSet, namespace, `${name}-collector`);
    const volumes = JSON.stringify(workload?.spec?.["template"] ?? {});
    const configMap = new RegExp(`"${name}-collector-[0-9a-f]{8}"`).exec(volumes)?.[0].slice(1, -1);
    const live = configMap === undefined ? undefined : await this.get(RESOURCES.ConfigMap, namespace, configMap);
    return live?.data?.["collector.yaml"];
  }

  async patchSpec(namespace: string, spec: Partial<Record<keyof OpenTelemetryCollectorSpec, unknown>>): Promise<void> {
    await this.user.mergePatch(RESOURCES.OpenTelemetryCollector, { namespace, name: "main" }, { spec });
  }

  async get(type: ResourceType, namespace: string, name: string): Promise<LiveObject | undefined> {
    return this.user.get<LiveObject>(type, { namespace, name });
  }

  async status(namespace: string): Promise<OpenTelemetryCollectorStatus> {
    const key = { namespace, name: "main" };
    const live = await this.user.get<OpenTelemetryCollector>(RESOURCES.OpenTelemetryCollector, key);
    return live?.status ?? {};
  }

  /** `type=status/reason` of each condition. */
  async conditions(namespace: string): Promise<readonly string[]> {
    return toVerdicts(await this.status(namespace));
  }

  /** `Kind name` of everything in the namespace that a collector or TargetAllocator controls, sorted. */
  async owned(namespace: string): Promise<readonly string[]> {
    return this.#ownedOf([...OWNED_KINDS, RESOURCES.TargetAllocator], namespace);
  }

  async #ownedOf(types: readonly ResourceType[], namespace: string): Promise<readonly string[]> {
    const lists = await Promise.all(types.map(async (type) => this.user.list(type, { namespace })));
    return lists
      .flat()
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ kind }) => OWNERS.has(kind)))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      .toSorted();
  }
}

function toVerdicts({ conditions = [] }: { readonly conditions?: readonly Condition[] }): readonly string[] {
  return conditions.map(({ type, status, reason }) => `${type}=${status}/${reason}`);
}

/** Any object, to be looked at. */
export interface LiveObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

function withoutUid(metadata: CollectorOptions["metadata"] = {}): CollectorOptions["metadata"] {
  const { uid: _uid, ...rest } = metadata;
  return rest;
}
