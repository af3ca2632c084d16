import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import type { KubeObject, OwnerReference } from "../../src/api/meta.ts";
import { RESOURCES, type ResourceType } from "../../src/api/resource-type.ts";
import { ownedKind } from "../../src/controllers/owned-kinds.ts";
import { sha256 } from "../../src/controllers/manifests/canonical-json.ts";
import { controllerReference } from "../../src/controllers/manifests/owner-reference.ts";
import { createKubeConnection, type KubeConnection } from "../../src/kube/client-node/connection.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { type ControlPlane, installCrds, startControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { MortalOperator } from "./mortal-operator.ts";

const TESTDATA = join(import.meta.dirname, "../controllers/testdata/go-operator");
const { OpenTelemetryCollector: COLLECTOR, TargetAllocator: ALLOCATOR, Pod: POD } = RESOURCES;
const COMPONENT = "app.kubernetes.io/component";
const NODES = 2;
/** What Kubernetes appends has to fit into the 63 characters of a label. */
const LONGEST_NAME = 52;

/** Any object, with what a test looks at. */
export interface LiveObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly LiveCondition[] };
}

interface LiveCondition {
  readonly type: string;
  readonly status: string;
  readonly message: string;
}

/** One recorded cluster of the Go operator: a resource, and what it made of it. */
export interface GoCase {
  readonly name: string;
  readonly resource: LiveObject;
  readonly objects: readonly LiveObject[];
}

const RECORDED: readonly GoCase[] = readdirSync(TESTDATA).map((name) => {
  const read = (file: string): string => readFileSync(join(TESTDATA, name, file), "utf8");
  const documents = parseAllDocuments(read("want.yaml")).map((document) => document.toJS() as LiveObject);
  const objects = documents.filter((one) => !("error" in one) && one.kind !== COLLECTOR.kind);
  return { name, resource: parse(read("input.yaml")) as LiveObject, objects };
});
/** All that was recorded, as it is on a real API server. What the recording tool could not make is left out. */
export const GO_CASES: readonly GoCase[] = RECORDED.map((one) =>
  Object.assign(one, { objects: one.objects.map((object) => asOnAnApiServer(object, filesOf(one))) }),
);

function filesOf({ objects }: GoCase): readonly string[] {
  return objects.flatMap(({ data }) => data?.["targetallocator.yaml"] ?? []);
}

/**
 * The recording tool has no API server: none whose address it could name, so that allocators may reach port 0, which no
 * server accepts; and none that fills in the defaults of a resource, some of which stand in an allocator's file.
 */
function asOnAnApiServer(object: LiveObject, files: readonly string[]): LiveObject {
  const data = object.data?.["targetallocator.yaml"];
  const text = JSON.stringify(
    data === undefined ? object : { ...object, data: { "targetallocator.yaml": defaulted(data) } },
  );
  const hashes = files.map((file) => [sha256(file), sha256(defaulted(file))] as const);
  const hashed = hashes.reduce((all, [was, is]) => all.replaceAll(was, is), text);
  return JSON.parse(hashed.replaceAll('"port":0,', '"port":443,')) as LiveObject;
}

function defaulted(file: string): string {
  return file
    .replace('filter_strategy: ""\n', "filter_strategy: relabel-config\n")
    .replace("collector_selector:", "collector_not_ready_grace_period: 30s\ncollector_selector:")
    .replaceAll(/(_namespace_selector): null/g, "$1:\n    matchlabels: {}\n    matchexpressions: []")
    .replace("  enabled: true\n", "  enabled: true\n  evaluation_interval: 30s\n")
    .replace("  service_monitor_namespace", "  scrape_interval: 30s\n  service_monitor_namespace");
}

/** A real control plane with simulated kubelets, as the Go operator leaves it. */
export class GoOperatorStage {
  readonly #plane: ControlPlane;
  /** Of the Go operator: its field manager, and its way of writing. */
  readonly #go: KubeConnection;

  private constructor(plane: ControlPlane) {
    this.#plane = plane;
    this.#go = createKubeConnection({
      kubeconfigPath: plane.kubeconfigPath,
      fieldManager: "manager",
      timers: systemClock,
      onWarning: () => undefined,
    });
  }

  static async start(): Promise<GoOperatorStage> {
    const plane = await startControlPlane({ controllerManager: true, scheduler: true, kwok: true });
    await installCrds(plane);
    for (let at = 0; at < NODES; at += 1) await plane.kubectl(["create", "-f", "-"], node(`node-${String(at)}`));
    const stage = new GoOperatorStage(plane);
    const namespaces = new Set(GO_CASES.map(({ resource }) => resource.metadata.namespace ?? ""));
    for (const namespace of namespaces) await plane.kubectl(["create", "namespace", namespace]);
    return stage;
  }

  async stop(): Promise<void> {
    await this.#go.close();
    await this.#plane.stop();
  }

  startOperator(): MortalOperator {
    return new MortalOperator(this.#plane.kubeconfigPath);
  }

  /** A user's resource, and what the Go operator made of it, owned as it does it. */
  async make({ resource, objects }: GoCase): Promise<void> {
    // Created: kubectl's own apply would leave out what is null, such as an exporter without settings.
    await this.#plane.kubectl(["create", "-f", "-"], JSON.stringify(resource));
    const { namespace = "", name } = resource.metadata;
    const owner = await this.get(resource);
    if (owner.kind === COLLECTOR.kind) await this.#leaveStatus(namespace, name);
    const own = objects.find(({ kind }) => kind === ALLOCATOR.kind);
    const allocator = own === undefined ? owner : await this.#create(own, owner);
    for (const object of objects.filter((one) => one !== own)) {
      const ofAllocator = object.metadata.labels?.[COMPONENT] === "opentelemetry-targetallocator";
      await this.#create(object, ofAllocator ? allocator : owner);
    }
  }

  async #create(object: LiveObject, owner: KubeObject): Promise<LiveObject> {
    const metadata = { ...object.metadata, ownerReferences: [controllerReference(owner)] };
    return this.#go.client.create(typeOf(object), { ...object, metadata });
  }

  async #leaveStatus(namespace: string, name: string): Promise<void> {
    const target = ["-n", namespace, "patch", "otelcol", name, "--type=merge"];
    const finalizers = ["opentelemetrycollector.opentelemetry.io/finalizer"];
    await this.#plane.kubectl([...target, `--patch=${JSON.stringify({ metadata: { finalizers } })}`]);
    const status = { observedGeneration: 1, version: "0.158.0", image: "collector:0.0.1", scale: { replicas: 1 } };
    await this.#plane.kubectl([...target, "--subresource=status", `--patch=${JSON.stringify({ status })}`]);
  }

  /** What the Go operator does in each pass: it reads the object, puts its own spec in place, and writes all of it. */
  async goPass({ objects }: GoCase): Promise<void> {
    for (const object of objects) {
      const { metadata, ...live } = await this.get(object);
      const labels = { ...metadata.labels, ...object.metadata.labels };
      const { metadata: _metadata, ...wanted } = object;
      const spec = { ...live.spec, ...wanted.spec };
      const next = { ...live, ...wanted, ...("spec" in wanted ? { spec } : {}), metadata: { ...metadata, labels } };
      await this.#go.client.replace(typeOf(object), next);
    }
  }

  async get(object: KubeObject): Promise<LiveObject> {
    const { namespace = "", name } = object.metadata;
    const found = await this.#go.client.get<LiveObject>(typeOf(object), { namespace, name });
    if (found === undefined) throw new Error(`there is no ${object.kind} ${namespace}/${name}`);
    return found;
  }

  /** UIDs of the pods of a workload. */
  async podsOf({ metadata: { namespace = "" }, spec = {} }: LiveObject): Promise<readonly string[]> {
    const { matchLabels } = spec["selector"] as { readonly matchLabels: Readonly<Record<string, string>> };
    const labelSelector = Object.entries(matchLabels)
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
    const pods = await this.#go.client.list<KubeObject>(POD, { namespace, labelSelector });
    return pods.map(({ metadata }) => metadata.uid ?? "").toSorted();
  }

  /** Until pods of all workloads run, but for one whose name is too long for a label of its pods. */
  async podsRun({ objects }: GoCase): Promise<void> {
    for (const workload of objects.filter((one) => isWorkload(one) && one.metadata.name.length <= LONGEST_NAME)) {
      await eventually(async () => {
        if ((await this.podsOf(workload)).length === 0) throw new Error(`${workload.metadata.name} has no pods`);
      });
    }
  }

  /** Until the operator has seen to the resource. */
  async seenTo({ resource }: GoCase): Promise<void> {
    await eventually(
      async () => {
        const { metadata, status } = await this.get(resource);
        const ready = status?.conditions?.find(({ type }) => type === "Ready");
        if (status?.observedGeneration !== metadata.generation || ready?.status !== "True")
          throw new Error(`${metadata.name} is not seen to: ${ready?.message ?? "nothing is said"}`);
      },
      { withinMs: 60_000 },
    );
  }

  async annotate({ resource }: GoCase, annotations: Readonly<Record<string, string>>): Promise<void> {
    const { namespace = "", name } = resource.metadata;
    await this.#go.client.mergePatch(typeOf(resource), { namespace, name }, { metadata: { annotations } });
  }
}

export function isWorkload({ kind }: KubeObject): boolean {
  return ["Deployment", "StatefulSet", "DaemonSet"].includes(kind);
}

function typeOf({ kind }: KubeObject): ResourceType {
  return ownedKind(kind) ?? COLLECTOR;
}

/** The controllers of an object. */
export function controllersOf({ metadata: { ownerReferences = [] } }: KubeObject): readonly OwnerReference[] {
  return ownerReferences.filter(({ controller }) => controller === true);
}

const node = (name: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, annotations: { "kwok.x-k8s.io/node": "fake" }, labels: { "kubernetes.io/hostname": name } },
  });
