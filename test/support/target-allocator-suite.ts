import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";

import type { KubeObject, ObjectMeta } from "../../src/api/meta.ts";
import { RESOURCES, type ResourceType } from "../../src/api/resource-type.ts";
import { COLLECTOR_FINALIZER } from "../../src/controllers/finalizer.ts";
import { controllerReference } from "../../src/controllers/manifests/owner-reference.ts";
import { type ClusterBackend, CollectorStage } from "./collector-stage.ts";
import { eventually } from "./eventually.ts";

const START_TIMEOUT_MS = 120_000;
const STEP_TIMEOUT_MS = 90_000;

const USES_SHARED = { "opentelemetry.io/target-allocator": "shared" };
const NO_ALLOCATOR = { targetAllocator: { enabled: false } };
const OWN_JOB = { job_name: "own", static_configs: [{ targets: ["10.0.0.9:80"] }] };
const FOUR_KINDS = [RESOURCES.ConfigMap, RESOURCES.Deployment, RESOURCES.Service, RESOURCES.ServiceAccount];

/** What the controllers promise about TargetAllocators and the collectors that use them, on any cluster. */
export function describeTargetAllocators(name: string, start: () => Promise<ClusterBackend>): void {
  describe(`TargetAllocators on ${name}`, () => {
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

    async function newNamespace(): Promise<string> {
      namespaces += 1;
      const namespace = `allocators-${String(namespaces)}`;
      await stage.createNamespace(namespace);
      return namespace;
    }

    /** A TargetAllocator `shared`, and the collector `main` that names it. */
    async function withUser(): Promise<string> {
      const namespace = await newNamespace();
      await stage.applyAllocator(namespace, "shared");
      await stage.apply(namespace, { metadata: { labels: USES_SHARED }, spec: NO_ALLOCATOR });
      await eventually(async () =>
        expect(await stage.allocatorFile(namespace, "shared")).toContain("- job_name: shop"),
      );
      await eventually(async () =>
        expect(await stage.collectorFile(namespace, "main")).toContain("http://shared-targetallocator:80"),
      );
      return namespace;
    }

    async function patchMain(namespace: string, metadata: Partial<Record<keyof ObjectMeta, unknown>>): Promise<void> {
      await stage.user.mergePatch(RESOURCES.OpenTelemetryCollector, { namespace, name: "main" }, { metadata });
    }

    async function patchShared(namespace: string, spec: Readonly<Record<string, unknown>>): Promise<void> {
      await stage.user.mergePatch(RESOURCES.TargetAllocator, { namespace, name: "shared" }, { spec });
    }

    async function uidsOf(namespace: string, types: readonly ResourceType[]): Promise<readonly (string | undefined)[]> {
      const live = await Promise.all(types.map(async (type) => stage.get(type, namespace, "main-targetallocator")));
      return live.map((object) => object?.metadata.uid);
    }

    /** Nothing is written in passes over both resources. */
    async function expectRest(namespace: string, key: string): Promise<void> {
      let writes = -1;
      await eventually(
        () => {
          const before = writes;
          writes = stage.writes.length;
          expect(writes).toBe(before);
        },
        { everyMs: 1_200 },
      );
      for (let pass = 0; pass < 5; pass += 1) {
        const { asked } = stage.allocations;
        stage.allocations.touch(`${namespace}/${key}`);
        await eventually(() => expect(stage.allocations.asked).toBeGreaterThan(asked), { everyMs: 5 });
      }
      expect(stage.writes.slice(writes)).toEqual([]);
    }

    describe("a collector that names one", () => {
      it(
        "gets its targets from it, and the TargetAllocator tells of it",
        async () => {
          const namespace = await withUser();
          await eventually(async () =>
            expect(await stage.allocatorStatus(namespace, "shared")).toMatchObject({
              observedGeneration: 1,
              version: "0.0.1",
              image: "target-allocator:0.0.1",
              readyReplicas: expect.stringMatching(/^\d\/1$/),
              collectors: ["main"],
              allocation: { endpoint: "http://shared-targetallocator:80" },
            }),
          );
          expect(await stage.allocatorConditions(namespace, "shared")).toEqual(
            expect.arrayContaining([
              "Ready=True/Reconciled",
              "Degraded=False/AsExpected",
              "ConfigurationValid=True/Valid",
              "TargetsAllocated=Unknown/Pending",
            ]),
          );
          expect(stage.allocations.definitions.get(`${namespace}/shared`)).toMatchObject({ collectors: ["main"] });
          stage.allocations.report(`${namespace}/shared`, { collectors: 3, jobs: 1, targets: 12 });
          for (const told of [
            async () => (await stage.status(namespace)).allocation,
            async () => (await stage.allocatorStatus(namespace, "shared")).allocation,
          ]) {
            await eventually(async () => expect(await told()).toMatchObject({ targets: 12 }));
          }
          await expectRest(namespace, "shared");
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "is told when there is none of that name, goes on once there is one, and can be deleted meanwhile",
        async () => {
          const namespace = await newNamespace();
          await stage.apply(namespace, { metadata: { labels: USES_SHARED }, spec: NO_ALLOCATOR });
          await eventually(async () =>
            expect(await stage.conditions(namespace)).toContain("Degraded=True/AllocatorMissing"),
          );
          expect(stage.events).toContainEqual(
            expect.objectContaining({
              object: `${namespace}/main`,
              reason: "AllocatorMissing",
              note: expect.stringContaining("names the TargetAllocator shared, which does not exist"),
            }),
          );
          await stage.applyAllocator(namespace, "shared");
          await eventually(async () =>
            expect(await stage.collectorFile(namespace, "main")).toContain("http://shared-targetallocator:80"),
          );
          await stage.user.delete(RESOURCES.TargetAllocator, { namespace, name: "shared" });
          await eventually(async () =>
            expect(await stage.conditions(namespace)).toContain("Degraded=True/AllocatorMissing"),
          );
          await patchMain(namespace, { finalizers: [COLLECTOR_FINALIZER] });
          const key = { namespace, name: "main" };
          await stage.user.delete(RESOURCES.OpenTelemetryCollector, key);
          await eventually(async () =>
            expect(await stage.user.get(RESOURCES.OpenTelemetryCollector, key)).toBeUndefined(),
          );
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "hears of its changes at once",
        async () => {
          const namespace = await withUser();
          await patchShared(namespace, { unshardedJobs: ["shop"], scrapeConfigs: [OWN_JOB] });
          await eventually(async () =>
            expect(await stage.collectorFile(namespace, "main")).toContain("job_name: shop"),
          );
          await eventually(async () =>
            expect(await stage.allocatorFile(namespace, "shared")).not.toContain("job_name: shop"),
          );
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "leaves it without a trace when the label goes",
        async () => {
          const namespace = await withUser();
          await patchMain(namespace, { labels: null });
          await eventually(async () =>
            expect(await stage.allocatorFile(namespace, "shared")).not.toContain("job_name: shop"),
          );
          await eventually(async () => {
            const file = await stage.collectorFile(namespace, "main");
            expect(file).toContain("job_name: shop");
            expect(file).not.toContain("target_allocator");
          });
          expect(stage.allocations.definitions.has(`${namespace}/shared`)).toBe(false);
          await eventually(async () =>
            expect(await stage.allocatorConditions(namespace, "shared")).toContain(
              "TargetsAllocated=False/NoCollectors",
            ),
          );
          expect(await stage.allocatorStatus(namespace, "shared")).not.toHaveProperty("collectors");
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "shares it with others, whose jobs must not be at odds with its own",
        async () => {
          const namespace = await withUser();
          const second = { name: "second", labels: USES_SHARED };
          const spec = { ...NO_ALLOCATOR };
          await stage.apply(namespace, { metadata: second, spec, scrapeConfigs: [OWN_JOB] });
          await eventually(async () => {
            const file = await stage.allocatorFile(namespace, "shared");
            expect(file).toMatch(/- job_name: shop\n[^]*- job_name: own\n/);
            expect(file).toContain(`values:\n    - ${namespace}.main\n    - ${namespace}.second\n`);
          });
          expect(stage.allocations.definitions.get(`${namespace}/shared`)?.collectors).toEqual(["main", "second"]);
          const before = await stage.allocatorFile(namespace, "shared");
          await stage.apply(namespace, { metadata: second, spec, scrapeConfigs: [{ job_name: "shop" }] });
          await eventually(async () =>
            expect(await stage.allocatorConditions(namespace, "shared")).toEqual(
              expect.arrayContaining(["Degraded=True/ConfigInvalid", "ConfigurationValid=False/Invalid"]),
            ),
          );
          expect(await stage.allocatorFile(namespace, "shared")).toBe(before);
        },
        STEP_TIMEOUT_MS,
      );
    });

    describe("one without a collector resource", () => {
      it(
        "gives targets to the pods that it selects",
        async () => {
          const namespace = await newNamespace();
          const collectorSelector = { matchLabels: { app: "gateway" } };
          await stage.applyAllocator(namespace, "shared", { collectorSelector, scrapeConfigs: [OWN_JOB] });
          await eventually(async () =>
            expect(await stage.allocatorFile(namespace, "shared")).toContain("matchlabels:\n    app: gateway\n"),
          );
          await eventually(() =>
            expect(stage.allocations.definitions.get(`${namespace}/shared`)).toMatchObject({ collectors: [] }),
          );
          stage.allocations.report(`${namespace}/shared`, { collectors: 2, jobs: 1, targets: 1 });
          await eventually(async () =>
            expect(await stage.allocatorConditions(namespace, "shared")).toEqual(
              expect.arrayContaining(["CollectorsReady=True/SelectedServed", "TargetsAllocated=True/AllAssigned"]),
            ),
          );
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "is made with the usual settings where its spec is empty",
        async () => {
          const namespace = await newNamespace();
          const key = { apiVersion: "opentelemetry.io/v1alpha1", kind: "TargetAllocator" };
          await stage.user.create(RESOURCES.TargetAllocator, { ...key, metadata: { name: "shared", namespace } });
          await eventually(async () =>
            expect(await stage.allocatorFile(namespace, "shared")).toContain("filter_strategy: relabel-config\n"),
          );
        },
        STEP_TIMEOUT_MS,
      );
    });

    describe("its objects", () => {
      it(
        "are pruned when they are no longer wanted, and repaired",
        async () => {
          const namespace = await withUser();
          const account = "ServiceAccount shared-targetallocator";
          const policy = "NetworkPolicy shared-targetallocator-networkpolicy";
          await eventually(async () =>
            expect(await stage.owned(namespace)).toEqual(expect.arrayContaining([account, policy])),
          );
          await patchShared(namespace, { serviceAccount: "mine", networkPolicy: { enabled: false } });
          await eventually(async () => {
            const owned = await stage.owned(namespace);
            expect(owned).not.toContain(account);
            expect(owned).not.toContain(policy);
          });
          const service = { namespace, name: "shared-targetallocator" };
          await stage.user.delete(RESOURCES.Service, service);
          await eventually(async () => expect(await stage.user.get(RESOURCES.Service, service)).toBeDefined());
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "are left alone while it is unmanaged",
        async () => {
          const namespace = await withUser();
          await patchShared(namespace, { managementState: "unmanaged" });
          await expectRest(namespace, "shared");
          const before = stage.writes.length;
          await patchShared(namespace, { serviceAccount: "mine" });
          await stage.user.delete(RESOURCES.Service, { namespace, name: "shared-targetallocator" });
          await expectRest(namespace, "shared");
          expect(stage.writes.slice(before).filter((call) => !call.includes("Collector"))).toEqual([]);
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "go with it, and its allocation",
        async () => {
          const namespace = await withUser();
          await stage.user.delete(RESOURCES.TargetAllocator, { namespace, name: "shared" });
          await eventually(async () => {
            const owned = await stage.owned(namespace);
            expect(owned.filter((id) => id.includes("shared"))).toEqual([]);
          });
          await eventually(() => expect(stage.allocations.definitions.has(`${namespace}/shared`)).toBe(false));
        },
        STEP_TIMEOUT_MS,
      );
    });

    describe("the name of a collector's own", () => {
      it(
        "is not taken from a TargetAllocator of the user",
        async () => {
          const namespace = await newNamespace();
          await stage.applyAllocator(namespace, "main", { replicas: 2, scrapeConfigs: [OWN_JOB] });
          await stage.apply(namespace);
          await eventually(async () => expect(await stage.conditions(namespace)).toContain("Degraded=True/NameTaken"));
          expect(stage.events).toContainEqual(
            expect.objectContaining({
              object: `${namespace}/main`,
              reason: "NameTaken",
              note: expect.stringMatching(/^TargetAllocator .*\/main exists and is somebody's own/),
            }),
          );
          const live = await stage.get(RESOURCES.TargetAllocator, namespace, "main");
          expect(live?.spec).toMatchObject({ replicas: 2 });
          expect(live?.metadata.ownerReferences).toBeUndefined();
          expect(await stage.allocatorFile(namespace, "main")).not.toContain("job_name: shop");
          await stage.user.delete(RESOURCES.TargetAllocator, { namespace, name: "main" });
          await eventually(async () =>
            expect(await stage.conditions(namespace)).not.toContain("Degraded=True/NameTaken"),
          );
          await eventually(async () =>
            expect(await stage.allocatorFile(namespace, "main")).toContain("job_name: shop"),
          );
        },
        STEP_TIMEOUT_MS,
      );
    });

    describe("objects that belong to the collector itself, as operators up to 0.98 made them", () => {
      /** The objects of the collector's allocator, as they would stand without a TargetAllocator between the two. */
      async function handedBack(): Promise<string> {
        const namespace = await newNamespace();
        const maker = await stage.apply(namespace);
        await eventually(async () => expect(await uidsOf(namespace, FOUR_KINDS)).not.toContain(undefined));
        await eventually(async () =>
          expect(await stage.allocatorConditions(namespace, "main")).toContain("Ready=True/Reconciled"),
        );
        await stage.stop();
        const ownerReferences = [controllerReference(maker)];
        for (const type of [...FOUR_KINDS, RESOURCES.PodDisruptionBudget]) {
          const key = { namespace, name: "main-targetallocator" };
          await stage.user.mergePatch(type, key, { metadata: { ownerReferences } });
        }
        const policy = { namespace, name: "main-targetallocator-networkpolicy" };
        await stage.user.mergePatch(RESOURCES.NetworkPolicy, policy, { metadata: { ownerReferences } });
        await stage.user.delete(RESOURCES.TargetAllocator, { namespace, name: "main" });
        return namespace;
      }

      async function restart(): Promise<void> {
        stage = new CollectorStage(backend);
        stage.start();
        await eventually(() => expect(stage.log.entries.map(({ message }) => message)).toContain("controller started"));
      }

      it(
        "become those of the TargetAllocator where they stand",
        async () => {
          const namespace = await handedBack();
          const before = await uidsOf(namespace, FOUR_KINDS);
          const deployment = await stage.get(RESOURCES.Deployment, namespace, "main-targetallocator");
          await restart();
          const ownersOf = async (): Promise<readonly unknown[]> => {
            const live = await Promise.all(
              FOUR_KINDS.map(async (type) => stage.get(type, namespace, "main-targetallocator")),
            );
            return live.map((object: KubeObject | undefined) => object?.metadata.ownerReferences);
          };
          const theirs = [expect.objectContaining({ kind: "TargetAllocator", name: "main", controller: true })];
          await eventually(async () => expect(await ownersOf()).toEqual(FOUR_KINDS.map(() => theirs)));
          expect(await uidsOf(namespace, FOUR_KINDS)).toEqual(before);
          const after = await stage.get(RESOURCES.Deployment, namespace, "main-targetallocator");
          expect(after?.spec?.["template"]).toEqual(deployment?.spec?.["template"]);
          expect(after?.metadata.generation).toBe(deployment?.metadata.generation);
          await expectRest(namespace, "main");
          expect(stage.writes.filter((call) => call.startsWith("delete"))).toEqual([]);
        },
        STEP_TIMEOUT_MS,
      );

      it(
        "are pruned by it when it does not want them, and by the collector when that has no allocator any more",
        async () => {
          const namespace = await handedBack();
          await stage.patchSpec(namespace, { targetAllocator: { enabled: true, serviceAccount: "mine" } });
          await restart();
          const account = "ServiceAccount main-targetallocator";
          await eventually(async () => expect(await stage.owned(namespace)).not.toContain(account));
          expect(await stage.owned(namespace)).toContain("Deployment main-targetallocator");
          const other = await handedBack();
          await stage.patchSpec(other, { targetAllocator: { enabled: false } });
          await restart();
          await eventually(async () => {
            const owned = await stage.owned(other);
            expect(owned.filter((id) => id.includes("-targetallocator"))).toEqual([]);
          });
        },
        STEP_TIMEOUT_MS,
      );
    });
  });
}
