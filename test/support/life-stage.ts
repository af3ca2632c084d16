import { setTimeout as delay } from "node:timers/promises";
import type { KubeObject } from "../../src/api/meta.ts";
import { RESOURCES, type ResourceType } from "../../src/api/resource-type.ts";
import { OWNED_KINDS } from "../../src/controllers/owned-kinds.ts";
import { controllerOf } from "../../src/controllers/manifests/owner-reference.ts";
import { createKubeConnection, type KubeConnection } from "../../src/kube/client-node/connection.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { type ControlPlane, installCrds, startControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { ALLOCATOR_CHANGES, COLLECTOR_CHANGES, EMBEDDED_ALLOCATOR_CHANGES, lifeConfig } from "./field-changes.ts";
import { MortalOperator } from "./mortal-operator.ts";

const NAMESPACE = "life";
const NODES = 2;
const VOLUMES = 8;
const { OpenTelemetryCollector: COLLECTOR, TargetAllocator: ALLOCATOR } = RESOURCES;

/** Something that a user does. */
export type Step = () => Promise<void>;

interface Resource extends KubeObject {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  };
}

const resource = (type: ResourceType, name: string, spec: Readonly<Record<string, unknown>>): Resource => ({
  apiVersion: `${type.group}/${type.version}`,
  kind: type.kind,
  metadata: {
    name,
    namespace: NAMESPACE,
    labels: name === "guest" ? { tier: "guest", "opentelemetry.io/target-allocator": "shared" } : {},
  },
  spec,
});

/** One of each: what runs as a StatefulSet, a DaemonSet and a Deployment, and two that share an allocator. */
const NEWBORN: readonly Resource[] = [
  resource(ALLOCATOR, "shared", {}),
  resource(COLLECTOR, "main", {
    mode: "statefulset",
    targetAllocator: { enabled: true },
    config: lifeConfig("shop", "local"),
  }),
  resource(COLLECTOR, "edge", { mode: "daemonset", config: lifeConfig("edge") }),
  resource(COLLECTOR, "gate", { mode: "deployment", config: lifeConfig("gate") }),
  resource(COLLECTOR, "guest", { mode: "statefulset", config: lifeConfig("guest") }),
];

/** A real control plane with simulated kubelets, a user, and one operator after the other. */
export class LifeStage {
  readonly #plane: ControlPlane;
  readonly #user: KubeConnection;

  private constructor(plane: ControlPlane) {
    this.#plane = plane;
    this.#user = createKubeConnection({
      kubeconfigPath: plane.kubeconfigPath,
      fieldManager: "kubectl",
      timers: systemClock,
      onWarning: () => undefined,
    });
  }

  /** @param nodeLabels - Of every node. */
  static async start(nodeLabels: Readonly<Record<string, string>>): Promise<LifeStage> {
    const plane = await startControlPlane({ controllerManager: true, scheduler: true, kwok: true });
    await installCrds(plane);
    await plane.kubectl(["create", "namespace", NAMESPACE]);
    const nodes = Array.from({ length: NODES }, (_, at) => node(`node-${String(at)}`, nodeLabels));
    const volumes = Array.from({ length: VOLUMES }, (_, at) => volume(`volume-${String(at)}`));
    for (const object of [...nodes, ...volumes]) await plane.kubectl(["create", "-f", "-"], JSON.stringify(object));
    return new LifeStage(plane);
  }

  async stop(): Promise<void> {
    await this.#user.close();
    await this.#plane.stop();
  }

  startOperator(): MortalOperator {
    return new MortalOperator(this.#plane.kubeconfigPath);
  }

  /** Everything that happens in a life, each once, in no particular order. */
  steps(): readonly Step[] {
    const collectors = Object.entries(COLLECTOR_CHANGES).map(([field, { on = "main", value }]) =>
      this.#patch(COLLECTOR, on, { [field]: value }),
    );
    const embedded = Object.entries(EMBEDDED_ALLOCATOR_CHANGES).map(([field, { value }]) =>
      this.#patch(COLLECTOR, "main", { targetAllocator: { [field]: value } }),
    );
    const allocators = Object.entries(ALLOCATOR_CHANGES).map(([field, { value }]) =>
      this.#patch(ALLOCATOR, "shared", { [field]: value }),
    );
    return [...collectors, ...embedded, ...allocators, ...this.#episodes()];
  }

  /** What is not a change for good: refused, broken, let alone, scaled by somebody, taken away by hand. */
  #episodes(): readonly Step[] {
    return [
      this.#patch(COLLECTOR, "gate", { mode: "statefulset" }),
      this.#patch(COLLECTOR, "edge", listeningAt("0.0.0.0:nowhere")),
      this.#patch(COLLECTOR, "guest", { managementState: "unmanaged", replicas: 2 }),
      async () => this.#kubectl(["scale", "otelcol", "guest", "--replicas=3"]),
      async () => this.#kubectl(["delete", "service,configmap", "--all", "--wait=false"]),
      async () => this.#kubectl(["label", "poddisruptionbudgets", "--all", "app.kubernetes.io/managed-by-"]),
      async () => this.#kubectl(["delete", "pods", "--all", "--wait=false"]),
    ];
  }

  /** Ends what episodes have begun. */
  async mendEverything(): Promise<void> {
    await this.#patch(COLLECTOR, "gate", { mode: "deployment" })();
    await this.#patch(COLLECTOR, "edge", listeningAt(null))();
    await this.#patch(COLLECTOR, "guest", { managementState: "managed" })();
    await this.#patch(COLLECTOR, "main", { targetAllocator: { enabled: true } })();
    // It is for pods that no resource stands for, and refused beside "guest".
    await this.#patch(ALLOCATOR, "shared", { collectorSelector: null })();
  }

  /** @param resources - @default as they are at the beginning */
  async create(resources: readonly Resource[] = NEWBORN): Promise<void> {
    for (const one of resources) await this.#user.client.create(typeOf(one), one);
  }

  /** The resources as a user would write them down now. */
  async specs(): Promise<readonly Resource[]> {
    const live = await this.#resources();
    return NEWBORN.map((one) => {
      const spec = live.find(({ kind, metadata }) => kind === one.kind && metadata.name === one.metadata.name)?.spec;
      return { ...one, spec: spec ?? one.spec };
    });
  }

  async deleteEverything(): Promise<void> {
    for (const one of NEWBORN) await this.#user.client.delete(typeOf(one), keyOf(one));
    await eventually(async () => mustBeEmpty(idsOf(await this.#objects())), { withinMs: 60_000 });
  }

  async touchEverything(): Promise<void> {
    for (const one of NEWBORN) {
      const metadata = { annotations: { "kubectl.kubernetes.io/last-applied-configuration": String(Date.now()) } };
      await this.#user.client.mergePatch(typeOf(one), keyOf(one), { metadata });
    }
  }

  /** Until the operator has died of what it should die of, or has nothing to do for a while. */
  async untilDeadOrIdle(operator: MortalOperator): Promise<void> {
    let before = -1;
    await eventually(
      () => {
        if (operator.dead) return;
        const idle = operator.waitingFor.length === 0 && operator.writes.length === before;
        before = operator.writes.length;
        if (!idle) throw new Error("it works");
      },
      { withinMs: 60_000, everyMs: 150 },
    );
  }

  /** Until everything is applied, everything has been told, and nothing happens any more. */
  async settled(operator: MortalOperator): Promise<void> {
    await eventually(
      async () => {
        mustBeEmpty((await this.#resources()).flatMap(unsettled));
        const before = operator.writes.length;
        await delay(1_500);
        if (operator.writes.length !== before)
          throw new Error(`it writes: ${operator.writes.slice(before).join(", ")}`);
      },
      { withinMs: 120_000, everyMs: 300 },
    );
  }

  /** Objects that nobody who lives wants. */
  async strays(): Promise<readonly string[]> {
    const owners = new Set([...(await this.#resources())].map(({ metadata }) => metadata.uid));
    return idsOf((await this.#objects()).filter((object) => !owners.has(controllerOf(object)?.uid)));
  }

  /** By kind and name: everything that was made. */
  async snapshot(): Promise<Readonly<Record<string, unknown>>> {
    const objects = await this.#objects();
    return Object.fromEntries(objects.map((object) => [idOf(object), withoutIdentity(object)]));
  }

  /** Without earlier configurations, which are kept for a while. */
  withoutHistory(snapshot: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const inUse = JSON.stringify(Object.entries(snapshot).filter(([id]) => !id.startsWith("ConfigMap ")));
    return Object.fromEntries(
      Object.entries(snapshot).filter(([id]) => {
        const [kind, name = ""] = id.split(" ");
        return kind !== "ConfigMap" || inUse.includes(JSON.stringify(name));
      }),
    );
  }

  #patch(type: ResourceType, name: string, spec: unknown): Step {
    return async () => void (await this.#user.client.mergePatch(type, { namespace: NAMESPACE, name }, { spec }));
  }

  async #kubectl(args: readonly string[]): Promise<void> {
    await this.#plane.kubectl(["-n", NAMESPACE, ...args]);
  }

  async #resources(): Promise<readonly Resource[]> {
    const lists = [COLLECTOR, ALLOCATOR].map(async (type) => this.#user.client.list<Resource>(type));
    return (await Promise.all(lists)).flat();
  }

  async #objects(): Promise<readonly KubeObject[]> {
    const types = [...OWNED_KINDS, ALLOCATOR];
    const lists = types.map(async (type) => this.#user.client.list(type, { namespace: NAMESPACE }));
    return (await Promise.all(lists)).flat().filter((object) => !isForeign(object));
  }
}

/** A configuration that the API server takes and nobody can run, when it has no port. */
function listeningAt(endpoint: string | null): unknown {
  return { config: { receivers: { otlp: { protocols: { grpc: { endpoint } } } } } };
}

/** What the user and Kubernetes itself have made. */
function isForeign({ kind, metadata }: KubeObject): boolean {
  const own = NEWBORN.some((one) => one.kind === kind && one.metadata.name === metadata.name);
  return own || ["kube-root-ca.crt", "default"].includes(metadata.name);
}

/** Why a resource is not at rest. */
function unsettled({ kind, metadata, status }: Resource): readonly string[] {
  const said = (type: string): string | undefined => status?.conditions?.find((one) => one.type === type)?.status;
  const id = `${kind} ${metadata.name}`;
  if (status?.observedGeneration !== metadata.generation) return [`${id} is not looked at`];
  return said("Ready") === "True" ? [] : [`${id}: ${JSON.stringify(status?.conditions)}`];
}

function typeOf({ kind }: KubeObject): ResourceType {
  return kind === ALLOCATOR.kind ? ALLOCATOR : COLLECTOR;
}

function keyOf({ metadata: { name } }: KubeObject): { readonly namespace: string; readonly name: string } {
  return { namespace: NAMESPACE, name };
}

function idOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name}`;
}

function idsOf(objects: readonly KubeObject[]): readonly string[] {
  return objects.map(idOf).toSorted();
}

function mustBeEmpty(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join("; "));
}

/** As two objects that are made for the same thing at different times agree. */
function withoutIdentity(object: KubeObject): unknown {
  const { metadata, ...content } = object as KubeObject & { readonly status?: unknown; readonly spec?: object };
  const { status: _status, ...rest } = content;
  const { name, labels, annotations = {}, ownerReferences = [] } = metadata;
  const {
    "deployment.kubernetes.io/revision": _r,
    "deprecated.daemonset.template.generation": _g,
    ...kept
  } = annotations;
  const { clusterIP: _ip, clusterIPs: _ips, ...spec } = (rest.spec ?? {}) as Readonly<Record<string, unknown>>;
  const owners = ownerReferences.map(({ uid: _uid, ...owner }) => owner);
  return { ...rest, spec, metadata: { name, labels, annotations: kept, owners } };
}

const node = (name: string, labels: Readonly<Record<string, string>>): unknown => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name,
    annotations: { "kwok.x-k8s.io/node": "fake" },
    labels: { "kubernetes.io/hostname": name, ...labels },
  },
});

const volume = (name: string): unknown => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name },
  spec: {
    capacity: { storage: "10Gi" },
    accessModes: ["ReadWriteOnce"],
    persistentVolumeReclaimPolicy: "Retain",
    hostPath: { path: "/nowhere" },
  },
});
