import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import { COLLECTOR_FINALIZER } from "../../src/controllers/finalizer.ts";
import { InvalidError, KubeError } from "../../src/kube/errors.ts";
import { receiving, RICH_SPEC } from "./collectors.ts";
import { type ClusterBackend, CollectorStage } from "./collector-stage.ts";
import { eventually } from "./eventually.ts";

const START_TIMEOUT_MS = 120_000;
const STEP_TIMEOUT_MS = 60_000;

/** Everything that is made for the collector `main` of the stage with a target allocator. */
const COLLECTOR_OBJECTS = [
  expect.stringMatching(/^ConfigMap main-collector-[0-9a-f]{8}$/),
  "NetworkPolicy main-collector-networkpolicy",
  "PodDisruptionBudget main-collector",
  "Service main-collector-monitoring",
  "ServiceAccount main-collector",
  "StatefulSet main-collector",
] as const;
const ALLOCATOR_OBJECTS = [
  "ConfigMap main-targetallocator",
  "Deployment main-targetallocator",
  "NetworkPolicy main-targetallocator-networkpolicy",
  "PodDisruptionBudget main-targetallocator",
  "Service main-targetallocator",
  "ServiceAccount main-targetallocator",
  "TargetAllocator main",
] as const;
const ALL_OBJECTS = expect.arrayContaining([...COLLECTOR_OBJECTS, ...ALLOCATOR_OBJECTS]);

/** What leads into the cluster, and to monitors, where there are such kinds. */
const EXPOSED = {
  ingress: { type: "route", hostname: "example.com" },
  httpRoute: { enabled: true, gateway: "front" },
  observability: { metrics: { enableMetrics: true } },
} as const;
const EXPOSED_OBJECTS = [
  "HTTPRoute main-more-httproute",
  "HTTPRoute main-otlp-http-httproute",
  "Route more-main-route",
  "Route otlp-grpc-main-route",
  "Route otlp-http-main-route",
  "ServiceMonitor main-collector",
  "ServiceMonitor main-monitoring-collector",
];

const PER_NODE = { enabled: true, allocationStrategy: "per-node" } as const;
const CLAIM = {
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1024Mi" } } },
};

/** What the collector controllers promise, on any cluster. */
export function describeCollectorReconciler(name: string, start: () => Promise<ClusterBackend>): void {
  describe(`collectors on ${name}`, () => {
    let backend: ClusterBackend;
    let stage: CollectorStage;
    let namespaces = 0;

    beforeAll(async () => {
      backend = await start();
      stage = new CollectorStage(backend);
      stage.start();
    }, START_TIMEOUT_MS);

    afterAll(async () => {
      await stage.stop();
      await backend.stop();
    }, START_TIMEOUT_MS);

    /** A namespace of its own for each test. */
    async function newNamespace(): Promise<string> {
      namespaces += 1;
      const namespace = `shop-${String(namespaces)}`;
      await stage.createNamespace(namespace);
      return namespace;
    }

    /** A namespace in which the collector and all its objects stand. */
    async function withCollector(): Promise<string> {
      const namespace = await newNamespace();
      await stage.apply(namespace);
      await eventually(async () => expect(await stage.owned(namespace)).toEqual(ALL_OBJECTS));
      await settled();
      return namespace;
    }

    /** Waits until the operator has nothing left to write; numbers are held back for a second. */
    async function settled(everyMs = 400): Promise<void> {
      let before = -1;
      await eventually(
        () => {
          const writes = stage.writes.length;
          const quiet = writes === before;
          before = writes;
          expect(quiet).toBe(true);
        },
        { everyMs },
      );
    }

    /** A pass in which nothing has changed. */
    async function oneMorePass(namespace: string): Promise<void> {
      const { asked } = stage.allocations;
      stage.allocations.touch(`${namespace}/main`);
      await eventually(() => expect(stage.allocations.asked).toBeGreaterThan(asked), { everyMs: 5 });
    }

    /** Another operator in the place of the one so far, when it has seen to everything. */
    async function afterRestart(namespace: string): Promise<CollectorStage> {
      await settled(1_200);
      await stage.stop();
      stage = new CollectorStage(backend);
      stage.start();
      await eventually(() => expect(stage.allocations.definitions.has(`${namespace}/main`)).toBe(true));
      await settled();
      await oneMorePass(namespace);
      return stage;
    }

    async function edited(namespace: string, change: () => Promise<void>, wanted: () => Promise<void>): Promise<void> {
      await change();
      await eventually(wanted);
      expect(await stage.conditions(namespace)).toContain("Degraded=False/CollectorsStarting");
    }

    describe("creation", () => {
      it(
        "makes all objects, those of the allocator owned by its TargetAllocator, the others by the collector",
        async () => {
          const namespace = await withCollector();
          expect(await stage.owned(namespace)).toHaveLength(COLLECTOR_OBJECTS.length + ALLOCATOR_OBJECTS.length);
          const owner = expect.objectContaining({ kind: "OpenTelemetryCollector", name: "main", controller: true });
          const workload = await stage.get(RESOURCES.StatefulSet, namespace, "main-collector");
          expect(workload?.metadata.ownerReferences).toEqual([owner]);
          const allocator = await stage.get(RESOURCES.TargetAllocator, namespace, "main");
          expect(allocator?.metadata.ownerReferences).toEqual([owner]);
          const deployment = await stage.get(RESOURCES.Deployment, namespace, "main-targetallocator");
          expect(deployment?.metadata.ownerReferences).toEqual([
            expect.objectContaining({ kind: "TargetAllocator", name: "main", controller: true }),
          ]);
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "starts the allocation with the file that the allocator gets",
        async () => {
          const namespace = await withCollector();
          const live = await stage.get(RESOURCES.ConfigMap, namespace, "main-targetallocator");
          expect(stage.allocations.definitions.get(`${namespace}/main`)).toEqual({
            namespace,
            name: "main",
            collectors: ["main"],
            fileText: live?.data?.["targetallocator.yaml"],
          });
        },
        STEP_TIMEOUT_MS,
      );
    });

    describe("repair", () => {
      it(
        "sets back a field that somebody edited",
        async () => {
          const namespace = await withCollector();
          const key = { namespace, name: "main-targetallocator" };
          const patch = {
            spec: { ports: [{ name: "targetallocation", port: 81, targetPort: "http", protocol: "TCP" }] },
          };
          await edited(
            namespace,
            async () => void (await stage.user.mergePatch(RESOURCES.Service, key, patch)),
            async () => {
              const service = await stage.get(RESOURCES.Service, namespace, key.name);
              expect(service?.spec?.["ports"]).toEqual([expect.objectContaining({ port: 80 })]);
            },
          );
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "takes away what somebody added where it changes what runs",
        async () => {
          const namespace = await withCollector();
          const selector = { region: "elsewhere" };
          const key = { namespace, name: "main-targetallocator" };
          await edited(
            namespace,
            async () => void (await stage.user.mergePatch(RESOURCES.Service, key, { spec: { selector } })),
            async () => {
              const service = await stage.get(RESOURCES.Service, namespace, key.name);
              expect(service?.spec?.["selector"]).not.toHaveProperty("region");
            },
          );
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "makes an object again that somebody deleted",
        async () => {
          const namespace = await withCollector();
          const key = { namespace, name: "main-collector" };
          const before = await stage.get(RESOURCES.ServiceAccount, namespace, key.name);
          await edited(
            namespace,
            async () => stage.user.delete(RESOURCES.ServiceAccount, key),
            async () => {
              const account = await stage.get(RESOURCES.ServiceAccount, namespace, key.name);
              expect(account?.metadata.uid).toMatch(/.+/);
              expect(account?.metadata.uid).not.toBe(before?.metadata.uid);
            },
          );
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "gives back the label by which its objects are found",
        async () => {
          const namespace = await withCollector();
          const key = { namespace, name: "main-targetallocator" };
          const label = "app.kubernetes.io/managed-by";
          await edited(
            namespace,
            async () =>
              void (await stage.user.mergePatch(RESOURCES.ConfigMap, key, { metadata: { labels: { [label]: null } } })),
            async () => {
              const live = await stage.get(RESOURCES.ConfigMap, namespace, key.name);
              expect(live?.metadata.labels?.[label]).toBe("opentelemetry-operator");
            },
          );
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "leaves alone what somebody added",
        async () => {
          const namespace = await withCollector();
          const key = { namespace, name: "main-collector" };
          const before = stage.writes.length;
          await stage.user.mergePatch(RESOURCES.ServiceAccount, key, { metadata: { annotations: { role: "mine" } } });
          stage.allocations.touch(`${namespace}/main`);
          await settled();
          const account = await stage.get(RESOURCES.ServiceAccount, namespace, key.name);
          expect(account?.metadata.annotations).toEqual({ role: "mine" });
          // How pods are may be news meanwhile.
          expect(stage.writes.slice(before).filter((write) => !write.startsWith("writeStatus "))).toEqual([]);
        },
        STEP_TIMEOUT_MS,
      );
    });

    describe("change", () => {
      it(
        "takes away a field that the collector no longer asks for",
        async () => {
          const namespace = await withCollector();
          const nodeSelectorOf = async (): Promise<unknown> => {
            const workload = await stage.get(RESOURCES.StatefulSet, namespace, "main-collector");
            const template = workload?.spec?.["template"] as { readonly spec: Readonly<Record<string, unknown>> };
            return template.spec["nodeSelector"];
          };
          await stage.patchSpec(namespace, { nodeSelector: { disk: "fast" } });
          await eventually(async () => expect(await nodeSelectorOf()).toEqual({ disk: "fast" }));
          await stage.patchSpec(namespace, { nodeSelector: null });
          await eventually(async () => expect(await nodeSelectorOf()).toBeUndefined());
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "prunes the allocator when it is switched off, and ends the allocation",
        async () => {
          const namespace = await withCollector();
          await stage.patchSpec(namespace, { targetAllocator: { enabled: false } });
          await eventually(async () => expect(await stage.owned(namespace)).toEqual([...COLLECTOR_OBJECTS]));
          await eventually(() => expect(stage.allocations.definitions.has(`${namespace}/main`)).toBe(false));
          await eventually(async () => expect(await stage.status(namespace)).not.toHaveProperty("allocation"));
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "refuses another mode while pods run in the former one, and takes it when those are gone",
        async () => {
          const namespace = await withCollector();
          await stage.patchSpec(namespace, { mode: "deployment" });
          await eventually(async () =>
            expect(await stage.conditions(namespace)).toEqual(
              expect.arrayContaining(["Degraded=True/ConfigInvalid", "Available=False/NoCollectorReady"]),
            ),
          );
          expect(await stage.owned(namespace)).toContain("StatefulSet main-collector");
          expect(await stage.owned(namespace)).not.toContain("Deployment main-collector");
          await stage.user.delete(RESOURCES.StatefulSet, { namespace, name: "main-collector" });
          await eventually(async () => expect(await stage.owned(namespace)).toContain("Deployment main-collector"));
          expect(await stage.conditions(namespace)).toContain("Degraded=False/CollectorsStarting");
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "keeps as many earlier configurations as asked for",
        async () => {
          const namespace = await withCollector();
          await stage.patchSpec(namespace, { configVersions: 1, targetAllocator: { enabled: false } });
          const configMaps = async (): Promise<readonly string[]> =>
            (await stage.owned(namespace)).filter((id) => id.startsWith("ConfigMap "));
          const seen = new Set<string>();
          for (const port of [4001, 4002, 4003]) {
            const endpoint = `0.0.0.0:${String(port)}`;
            await stage.patchSpec(
              namespace,
              receiving({ prometheus: null, otlp: { protocols: { grpc: { endpoint } } } }),
            );
            await eventually(async () => {
              const fresh = (await configMaps()).filter((id) => !seen.has(id));
              expect(fresh.length).toBeGreaterThan(0);
            });
            for (const id of await configMaps()) seen.add(id);
          }
          await eventually(async () => expect(await configMaps()).toHaveLength(2));
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "touches nothing of an unmanaged collector",
        async () => {
          const namespace = await withCollector();
          await stage.patchSpec(namespace, { managementState: "unmanaged" });
          await settled();
          const before = stage.writes.length;
          await stage.patchSpec(namespace, { replicas: 7 });
          await stage.user.delete(RESOURCES.Service, { namespace, name: "main-targetallocator" });
          await settled();
          expect(stage.writes.slice(before)).toEqual([]);
        },
        STEP_TIMEOUT_MS,
      );
    });

    it(
      "makes objects of kinds that the cluster does not have when it has them, and prunes them",
      async () => {
        const namespace = await newNamespace();
        await stage.apply(namespace, { spec: { ...RICH_SPEC, ...EXPOSED } });
        await eventually(async () =>
          expect(await stage.conditions(namespace)).toEqual(
            expect.arrayContaining([expect.stringMatching(/^Degraded=False/)]),
          ),
        );
        const notes = stage.events.filter(({ object }) => object === `${namespace}/main`).map(({ note }) => note);
        expect(notes).toEqual(expect.arrayContaining([expect.stringMatching(/^no ServiceMonitor is made/)]));
        await stage.installOptionalKinds();
        await eventually(async () => expect(await stage.ownedOptional(namespace)).toEqual(EXPOSED_OBJECTS));
        await settled();
        const before = stage.writes.length;
        for (let pass = 0; pass < 5; pass += 1) await oneMorePass(namespace);
        expect(stage.writes.slice(before)).toEqual([]);
        const restarted = await afterRestart(namespace);
        expect(restarted.writes).toEqual([]);
        await stage.patchSpec(namespace, { ingress: null, httpRoute: null, observability: null });
        await eventually(async () => expect(await stage.ownedOptional(namespace)).toEqual([]));
      },
      STEP_TIMEOUT_MS,
    );

    it(
      "deletion takes all objects and the allocation along",
      async () => {
        const namespace = await withCollector();
        await stage.user.delete(RESOURCES.OpenTelemetryCollector, { namespace, name: "main" });
        await eventually(async () => expect(await stage.owned(namespace)).toEqual([]));
        await eventually(() => expect(stage.allocations.definitions.has(`${namespace}/main`)).toBe(false));
      },
      STEP_TIMEOUT_MS,
    );

    it(
      "deletion lets go of a collector that the Go operator holds",
      async () => {
        const namespace = await withCollector();
        const key = { namespace, name: "main" };
        await stage.user.mergePatch(RESOURCES.OpenTelemetryCollector, key, {
          metadata: { finalizers: [COLLECTOR_FINALIZER] },
        });
        await stage.user.delete(RESOURCES.OpenTelemetryCollector, key);
        await eventually(async () =>
          expect(await stage.user.get(RESOURCES.OpenTelemetryCollector, key)).toBeUndefined(),
        );
      },
      STEP_TIMEOUT_MS,
    );

    it(
      "at rest 20 passes write nothing",
      async () => {
        const namespace = await withCollector();
        stage.allocations.report(`${namespace}/main`, { collectors: 3, jobs: 1, targets: 12 });
        await settled();
        const before = stage.writes.length;
        for (let pass = 0; pass < 20; pass += 1) await oneMorePass(namespace);
        expect(stage.writes.slice(before)).toEqual([]);
      },
      STEP_TIMEOUT_MS,
    );

    it.each([
      { name: "a Deployment", spec: { mode: "deployment" } },
      { name: "a StatefulSet", spec: { mode: "statefulset", volumeClaimTemplates: [CLAIM] } },
      { name: "a DaemonSet", spec: { mode: "daemonset", hostNetwork: true, targetAllocator: PER_NODE } },
    ] as const)(
      "at rest nothing is written for $name with nearly everything that a spec can say",
      async ({ spec }) => {
        const namespace = await newNamespace();
        await stage.apply(namespace, { spec: { ...RICH_SPEC, ...spec } });
        await eventually(async () =>
          expect(await stage.conditions(namespace)).toEqual(
            expect.arrayContaining([expect.stringMatching(/^Degraded=False/)]),
          ),
        );
        await settled();
        const before = stage.writes.length;
        for (let pass = 0; pass < 5; pass += 1) await oneMorePass(namespace);
        expect(stage.writes.slice(before)).toEqual([]);
        const restarted = await afterRestart(namespace);
        expect(restarted.writes).toEqual([]);
      },
      STEP_TIMEOUT_MS,
    );

    it(
      "a restarted operator writes nothing when nothing has changed",
      async () => {
        const namespace = await withCollector();
        const restarted = await afterRestart(namespace);
        expect(restarted.writes).toEqual([]);
      },
      STEP_TIMEOUT_MS,
    );

    describe("trouble", () => {
      it(
        "refuses an object of the same name that something else controls, and makes it when it is gone",
        async () => {
          const namespace = await newNamespace();
          const owner = await stage.user.create<KubeObject>(RESOURCES.ConfigMap, {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "somebody", namespace },
          });
          await stage.user.create(RESOURCES.ServiceAccount, {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: {
              name: "main-collector",
              namespace,
              ownerReferences: [
                {
                  apiVersion: "v1",
                  kind: "ConfigMap",
                  name: "somebody",
                  uid: owner.metadata.uid ?? "",
                  controller: true,
                },
              ],
            },
          });
          await stage.apply(namespace);
          await eventually(async () => expect(await stage.conditions(namespace)).toContain("Degraded=True/NameTaken"));
          const account = await stage.get(RESOURCES.ServiceAccount, namespace, "main-collector");
          expect(account?.metadata.labels).toBeUndefined();
          expect(await stage.owned(namespace)).toContain("StatefulSet main-collector");
          expect(stage.events).toContainEqual(
            expect.objectContaining({
              object: `${namespace}/main`,
              reason: "NameTaken",
              note: expect.stringContaining(`belongs to ConfigMap ${namespace}/somebody`),
            }),
          );
          await stage.user.delete(RESOURCES.ServiceAccount, { namespace, name: "main-collector" });
          stage.allocations.touch(`${namespace}/main`);
          await eventually(async () =>
            expect(await stage.conditions(namespace)).toContain("Degraded=False/CollectorsStarting"),
          );
          expect(await stage.owned(namespace)).toContain("ServiceAccount main-collector");
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "leaves a user's own object of the same name as it is, until it is handed over by its label",
        async () => {
          const namespace = await newNamespace();
          await stage.user.create(RESOURCES.ServiceAccount, {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: { name: "main-collector", namespace, annotations: { role: "mine" } },
          });
          await stage.apply(namespace);
          await eventually(async () => expect(await stage.conditions(namespace)).toContain("Degraded=True/NameTaken"));
          const key = { namespace, name: "main-collector" };
          const account = await stage.get(RESOURCES.ServiceAccount, namespace, key.name);
          expect(account?.metadata).toMatchObject({ annotations: { role: "mine" } });
          expect(account?.metadata.ownerReferences).toBeUndefined();
          const labels = { "app.kubernetes.io/managed-by": "opentelemetry-operator" };
          await stage.user.mergePatch(RESOURCES.ServiceAccount, key, { metadata: { labels } });
          stage.allocations.touch(`${namespace}/main`);
          await eventually(async () => expect(await stage.owned(namespace)).toEqual(ALL_OBJECTS));
          const taken = await stage.get(RESOURCES.ServiceAccount, namespace, key.name);
          expect(taken?.metadata.annotations).toEqual({ role: "mine" });
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "tells what is wrong with a configuration and keeps the last valid objects and allocation",
        async () => {
          const namespace = await withCollector();
          const before = await stage.owned(namespace);
          await stage.patchSpec(namespace, receiving({ prometheus: null, otlp: {} }));
          await eventually(async () => {
            expect(await stage.conditions(namespace)).toEqual(
              expect.arrayContaining(["Ready=False/ReconcileError", "Degraded=True/ConfigInvalid"]),
            );
          });
          expect(await stage.owned(namespace)).toEqual(before);
          expect(stage.allocations.definitions.has(`${namespace}/main`)).toBe(true);
          expect(stage.events).toContainEqual({
            object: `${namespace}/main`,
            kind: "OpenTelemetryCollector",
            type: "Warning",
            reason: "ConfigInvalid",
            note: expect.stringContaining("no prometheus receiver"),
          });
          expect((await stage.status(namespace)).observedGeneration).toBe(2);
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "tells what the API server refuses, prunes nothing meanwhile, and goes on when it can",
        async () => {
          const namespace = await withCollector();
          const message = "applying StatefulSet: admission webhook denied the request";
          stage.refusal = new InvalidError(message, { status: 422, reason: "Invalid" });
          await stage.patchSpec(namespace, { replicas: 2, targetAllocator: { enabled: false } });
          await eventually(async () =>
            expect(await stage.conditions(namespace)).toContain("Degraded=True/ApplyFailed"),
          );
          expect(await stage.owned(namespace)).toEqual(ALL_OBJECTS);
          expect(stage.events).toContainEqual(
            expect.objectContaining({ reason: "ApplyFailed", note: expect.stringContaining(message) }),
          );
          stage.refusal = undefined;
          await eventually(async () =>
            expect(await stage.conditions(namespace)).toContain("Degraded=False/CollectorsStarting"),
          );
          expect(await stage.owned(namespace)).toEqual([...COLLECTOR_OBJECTS]);
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "tells once what is wrong, and goes on with the numbers of the last valid allocation",
        async () => {
          const namespace = await withCollector();
          await stage.patchSpec(namespace, receiving({ prometheus: null, otlp: {} }));
          await eventually(async () =>
            expect(await stage.conditions(namespace)).toContain("Degraded=True/ConfigInvalid"),
          );
          for (let targets = 1; targets <= 20; targets += 1) {
            stage.allocations.report(`${namespace}/main`, { collectors: 3, jobs: 1, targets });
            await oneMorePass(namespace);
          }
          await eventually(async () => expect((await stage.status(namespace)).allocation?.targets).toBe(20));
          const told = stage.log.entries.filter(
            ({ level, fields }) =>
              level === "warn" &&
              fields["namespace"] === namespace &&
              fields["controller"] === "opentelemetrycollector",
          );
          expect(told.map(({ message }) => message)).toEqual(["reconcile failed, not retried until something changes"]);
          expect(
            stage.events.filter(({ object, type }) => object === `${namespace}/main` && type === "Warning"),
          ).toEqual([
            expect.objectContaining({ kind: "OpenTelemetryCollector", reason: "ConfigInvalid" }),
            expect.objectContaining({ kind: "TargetAllocator", reason: "ConfigInvalid" }),
          ]);
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "records one Event for a refusal with a very long message, however often it is retried",
        async () => {
          const namespace = await withCollector();
          stage.refusal = new InvalidError(`applying StatefulSet: ${"no ".repeat(2_000)}`, {
            status: 422,
            reason: "Invalid",
          });
          await stage.patchSpec(namespace, { replicas: 2 });
          const failures = (): readonly unknown[] =>
            stage.log.entries.filter(
              ({ message, fields }) => message.includes("will be retried") && fields["namespace"] === namespace,
            );
          await eventually(() => expect(failures().length).toBeGreaterThan(4));
          stage.refusal = undefined;
          await eventually(async () =>
            expect(await stage.conditions(namespace)).toContain("Degraded=False/CollectorsStarting"),
          );
          expect(
            stage.events.filter(({ object, reason }) => object === `${namespace}/main` && reason === "ApplyFailed"),
          ).toHaveLength(1);
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "goes on with other collectors while one cannot be run",
        async () => {
          const [broken, sound] = [await newNamespace(), await newNamespace()];
          await stage.apply(broken, { spec: receiving({ prometheus: null, otlp: {} }) });
          await stage.apply(sound);
          await eventually(async () => expect(await stage.owned(sound)).toEqual(ALL_OBJECTS));
          await eventually(async () => expect(await stage.conditions(broken)).toContain("Degraded=True/ConfigInvalid"));
          expect(await stage.owned(broken)).toEqual([]);
        },
        STEP_TIMEOUT_MS,
      );
    });

    describe("status", () => {
      it(
        "tells generation, version, image, scale and conditions",
        async () => {
          const namespace = await withCollector();
          await eventually(async () =>
            expect(await stage.status(namespace)).toMatchObject({
              observedGeneration: 1,
              version: "0.0.1",
              image: "collector:0.0.1",
              scale: {
                selector: expect.stringContaining(`app.kubernetes.io/instance=${namespace}.main`),
                statusReplicas: "0/1",
              },
              allocation: { endpoint: "http://main-targetallocator:80" },
            }),
          );
          expect(await stage.conditions(namespace)).toEqual([
            "Ready=True/Reconciled",
            "Available=False/NoCollectorReady",
            "Progressing=True/RollingOut",
            "Degraded=False/CollectorsStarting",
            "ConfigurationValid=True/Valid",
            "CollectorsReady=False/NoneReady",
            "TargetsAllocated=Unknown/Pending",
          ]);
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "follows the allocation, a burst of numbers in few writes",
        async () => {
          const namespace = await withCollector();
          const before = stage.writes.length;
          for (let targets = 1; targets <= 50; targets += 1) {
            stage.allocations.report(`${namespace}/main`, { collectors: 3, jobs: 2, targets });
          }
          await eventually(async () =>
            expect((await stage.status(namespace)).allocation).toEqual({
              endpoint: "http://main-targetallocator:80",
              collectors: 3,
              jobs: 2,
              targets: 50,
              unassignedTargets: 0,
            }),
          );
          expect(stage.writes.length - before).toBeLessThanOrEqual(3);
          expect(await stage.conditions(namespace)).toContain("TargetsAllocated=True/AllAssigned");
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "waits longer and longer while it cannot be written",
        async () => {
          const namespace = await withCollector();
          stage.allocations.report(`${namespace}/main`, { collectors: 1, targets: 6 });
          await eventually(async () => expect((await stage.status(namespace)).allocation?.targets).toBe(6));
          stage.statusRefusal = new KubeError("writing status: no answer", { status: 0, reason: "" });
          stage.allocations.report(`${namespace}/main`, { collectors: 1, targets: 7 });
          const failures = (): readonly unknown[] =>
            stage.log.entries
              .filter(({ fields, message }) => fields["namespace"] === namespace && message.includes("will be retried"))
              .map(({ fields }) => fields["failures"]);
          await eventually(() => expect(failures()).toEqual(expect.arrayContaining([1, 2, 3, 4, 5])));
          stage.statusRefusal = undefined;
          await eventually(async () => expect((await stage.status(namespace)).allocation?.targets).toBe(7));
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "names what hinders jobs",
        async () => {
          const namespace = await withCollector();
          const problems = [{ job: "shop", reason: "JobRejected", message: "relabel_configs[0]: unknown action" }];
          stage.allocations.report(`${namespace}/main`, { collectors: 1, targets: 5, unassigned: 2, problems });
          await eventually(async () =>
            expect(await stage.conditions(namespace)).toEqual(
              expect.arrayContaining(["Degraded=True/AllocationProblems", "TargetsAllocated=False/Unassigned"]),
            ),
          );
          expect((await stage.status(namespace)).allocation).toMatchObject({ unassignedTargets: 2, problems });
          const told = {
            object: `${namespace}/main`,
            type: "Warning",
            reason: "AllocationProblems",
            note: "shop: JobRejected: relabel_configs[0]: unknown action",
          };
          await eventually(() =>
            expect(new Set(stage.events.filter(({ reason }) => reason === "AllocationProblems"))).toEqual(
              new Set([
                { ...told, kind: "OpenTelemetryCollector" },
                { ...told, kind: "TargetAllocator" },
              ]),
            ),
          );
        },
        STEP_TIMEOUT_MS,
      );
    });
  });
}
