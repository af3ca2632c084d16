import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { join } from "node:path";
import { stringify } from "yaml";

import { RESOURCES, type ResourceType } from "../../../src/api/resource-type.ts";
import type { KubeObject } from "../../../src/api/meta.ts";
import type { CollectorConfig } from "../../../src/api/opentelemetry/v1beta1.ts";
import { COLLECTOR_FINALIZER } from "../../../src/controllers/finalizer.ts";
import { createKubeConnection, type KubeConnection } from "../../../src/kube/client-node/connection.ts";
import { OperatorHost } from "../../../src/kube/client-node/operator-host.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import { CollectorStage } from "../../support/collector-stage.ts";
import { type ControlPlane, installCrds, START_TIMEOUT_MS, startControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { ROOT } from "../../../tools/real-parts/parts.ts";

const NAMESPACE = "opentelemetry-operator-system";
const ACCOUNT = "opentelemetry-operator-controller-manager";
const STEP_TIMEOUT_MS = 120_000;
const READ = ["get", "list", "watch"];

/** What an administrator gives the operator so that it can grant it. */
const GRANTING = [
  {
    apiGroups: ["rbac.authorization.k8s.io"],
    resources: ["clusterroles", "clusterrolebindings"],
    verbs: ["create", "delete", "get", "list", "patch"],
  },
  { apiGroups: [""], resources: ["pods", "namespaces", "nodes", "events"], verbs: READ },
  { apiGroups: ["apps"], resources: ["replicasets"], verbs: READ },
];

interface Role extends KubeObject {
  readonly rules?: readonly { readonly resources: readonly string[] }[];
}

let plane: ControlPlane;
let stage: CollectorStage;
const connections: KubeConnection[] = [];

function connect(kubeconfigPath: string, fieldManager: string): KubeConnection {
  const connection = createKubeConnection({
    kubeconfigPath,
    fieldManager,
    timers: systemClock,
    onWarning: () => undefined,
  });
  connections.push(connection);
  return connection;
}

async function startStage(): Promise<CollectorStage> {
  const token = await plane.kubectl(["create", "token", ACCOUNT, "-n", NAMESPACE, "--duration=1h"]);
  const operator = connect(plane.kubeconfigWithToken(token.trim()), "otel-allocator");
  const started = new CollectorStage({
    user: connect(plane.kubeconfigPath, "kubectl").client,
    operator: operator.client,
    informers: operator.informers,
    lifecycle: new OperatorHost({
      connection: operator,
      resources: [{ type: RESOURCES.OpenTelemetryCollector }, { type: RESOURCES.TargetAllocator }],
      finalizer: COLLECTOR_FINALIZER,
    }),
    install: async () => Promise.resolve(),
    stop: async () => Promise.resolve(),
  });
  started.start();
  return started;
}

beforeAll(async () => {
  plane = await startControlPlane({ controllerManager: true });
  await installCrds(plane);
  await plane.kubectl(["apply", "-k", join(ROOT, "config", "rbac")]);
  stage = await startStage();
}, START_TIMEOUT_MS);

afterAll(async () => {
  await stage?.stop();
  for (const connection of connections) await connection.close();
  await plane?.stop();
}, START_TIMEOUT_MS);

/** A collector without an allocator whose pipeline has these processors and receivers. */
function configOf(components: Partial<Pick<CollectorConfig, "processors" | "receivers">>): CollectorConfig {
  const { receivers = { otlp: { protocols: { grpc: {} } } }, processors = {} } = components;
  const pipeline = { receivers: Object.keys(receivers), processors: Object.keys(processors), exporters: ["debug"] };
  return { receivers, processors, exporters: { debug: {} }, service: { pipelines: { metrics: pipeline } } };
}

const ATTRIBUTES = { processors: { k8sattributes: {} } };
const DETECTION = { processors: { resourcedetection: { detectors: ["k8snode"] } } };

async function apply(namespace: string, components: Parameters<typeof configOf>[0]): Promise<void> {
  await stage.createNamespace(namespace);
  await stage.apply(namespace, { spec: { mode: "deployment", config: configOf(components), targetAllocator: {} } });
}

async function change(namespace: string, components: Parameters<typeof configOf>[0]): Promise<void> {
  const { receivers, processors, service } = configOf(components);
  // A merge patch keeps what it does not name.
  const former = { k8sattributes: null, resourcedetection: null, ...processors };
  await stage.patchSpec(namespace, { config: { receivers, processors: former, service } });
}

const get = async (type: ResourceType, name: string): Promise<Role | undefined> =>
  stage.user.get(type, { namespace: "", name });
const roleOf = async (namespace: string): Promise<Role | undefined> =>
  get(RESOURCES.ClusterRole, `main-${namespace}-cluster-role`);
const bindingOf = async (namespace: string): Promise<Role | undefined> =>
  get(RESOURCES.ClusterRoleBinding, `main-${namespace}-collector`);
const finalizersOf = async (namespace: string): Promise<readonly string[]> =>
  (await stage.get(RESOURCES.OpenTelemetryCollector, namespace, "main"))?.metadata.finalizers ?? [];
const notesOf = (namespace: string, reason: string): readonly string[] =>
  stage.events
    .filter((event) => event.object === `${namespace}/main` && event.reason === reason)
    .map(({ note }) => note);

async function expectGone(namespace: string): Promise<void> {
  await eventually(
    async () => expect(await stage.get(RESOURCES.OpenTelemetryCollector, namespace, "main")).toBeUndefined(),
    { withinMs: 60_000 },
  );
}

async function remove(namespace: string): Promise<void> {
  await stage.user.delete(RESOURCES.OpenTelemetryCollector, { namespace, name: "main" });
  await expectGone(namespace);
}

describe("cluster roles of collectors, by an operator that may not manage any", () => {
  it(
    "are told, rule by rule, and hold nothing",
    async () => {
      await apply("told", ATTRIBUTES);
      await eventually(() =>
        expect(notesOf("told", "PermissionsNotGranted")).toEqual([
          "ServiceAccount main-collector needs for its configuration: get,list,watch pods,namespaces; " +
            "get,list,watch replicasets (apps). The operator does not grant it: it may not manage clusterroles and " +
            "clusterrolebindings. Bind a ClusterRole of these rules to the account, or allow the operator (docs/permissions.md)",
        ]),
      );
      expect(await finalizersOf("told")).toEqual([]);
      await remove("told");
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "let go of a collector that the Go operator holds, and say what may be left",
    async () => {
      await apply("held", {});
      const key = { namespace: "held", name: "main" };
      const metadata = { finalizers: [COLLECTOR_FINALIZER] };
      await stage.user.mergePatch(RESOURCES.OpenTelemetryCollector, key, { metadata });
      await remove("held");
      expect(notesOf("held", "ClusterRoleLeft")).toEqual([
        "ClusterRole main-held-cluster-role and ClusterRoleBinding main-held-collector may be left: the operator may not " +
          "remove them. Delete them if they are there",
      ]);
    },
    STEP_TIMEOUT_MS,
  );
});

describe("cluster roles of collectors, by an operator that may manage them", () => {
  beforeAll(async () => {
    await stage.stop();
    const name = "operator-grants";
    const metadata = { name };
    const subjects = [{ kind: "ServiceAccount", name: ACCOUNT, namespace: NAMESPACE }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name };
    const apiVersion = "rbac.authorization.k8s.io/v1";
    const role = { apiVersion, kind: "ClusterRole", metadata, rules: GRANTING };
    const binding = { apiVersion, kind: "ClusterRoleBinding", metadata, subjects, roleRef };
    await plane.kubectl(["apply", "-f", "-"], `${stringify(role)}---\n${stringify(binding)}`);
    stage = await startStage();
  }, STEP_TIMEOUT_MS);

  it(
    "follow the configuration: made, changed, taken away",
    async () => {
      await apply("follow", ATTRIBUTES);
      await eventually(async () => {
        expect((await roleOf("follow"))?.rules).toEqual([
          { apiGroups: [""], resources: ["pods", "namespaces"], verbs: READ },
          { apiGroups: ["apps"], resources: ["replicasets"], verbs: READ },
        ]);
        expect(await bindingOf("follow")).toMatchObject({
          subjects: [{ kind: "ServiceAccount", name: "main-collector", namespace: "follow" }],
          roleRef: { kind: "ClusterRole", name: "main-follow-cluster-role" },
        });
      });
      expect(await finalizersOf("follow")).toEqual([COLLECTOR_FINALIZER]);
      const account = "--as=system:serviceaccount:follow:main-collector";
      expect((await plane.kubectl(["auth", "can-i", "list", "pods", "-A", account])).trim()).toBe("yes");

      await change("follow", DETECTION);
      await eventually(async () =>
        expect((await roleOf("follow"))?.rules).toEqual([
          { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list"] },
        ]),
      );

      await change("follow", {});
      await eventually(async () => {
        expect(await roleOf("follow")).toBeUndefined();
        expect(await bindingOf("follow")).toBeUndefined();
        expect(await finalizersOf("follow")).toEqual([]);
      });
      expect(notesOf("follow", "PermissionsChanged")).toContainEqual(
        "cluster-wide permissions follow the configuration: ClusterRole main-follow-cluster-role, " +
          "ClusterRoleBinding main-follow-collector",
      );
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "are another account's when the resource names one, and go with the collector",
    async () => {
      await apply("gone", ATTRIBUTES);
      await eventually(async () => expect(await bindingOf("gone")).toBeDefined());
      await stage.patchSpec("gone", { serviceAccount: "mine" });
      await eventually(async () => expect(await bindingOf("gone")).toMatchObject({ subjects: [{ name: "mine" }] }));
      await remove("gone");
      expect([await roleOf("gone"), await bindingOf("gone")]).toEqual([undefined, undefined]);
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "stay while a configuration cannot be run, since what runs needs them",
    async () => {
      await apply("kept", ATTRIBUTES);
      await eventually(async () => expect(await bindingOf("kept")).toBeDefined());
      await stage.patchSpec("kept", { ports: [{ name: "a", port: 70_000 }], config: { processors: null } });
      await eventually(async () => expect(await stage.conditions("kept")).toContain("Degraded=True/ConfigInvalid"));
      expect(await roleOf("kept")).toBeDefined();
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "are refused where the operator would grant what it does not hold",
    async () => {
      const objects = [{ name: "certificatesigningrequests", group: "certificates.k8s.io", mode: "watch" }];
      await apply("refused", { receivers: { k8sobjects: { objects } } });
      await eventually(() =>
        expect(notesOf("refused", "PermissionsNotGranted")).toEqual([
          expect.stringMatching(
            /needs for its configuration: list,watch certificatesigningrequests \(certificates\.k8s\.io\)\. .* the API server refused it: .*The operator must hold itself what it grants$/s,
          ),
        ]),
      );
      expect(await roleOf("refused")).toBeUndefined();
      await remove("refused");
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "are not taken from somebody else",
    async () => {
      const name = "main-taken-cluster-role";
      const theirs = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name }, rules: [] };
      await stage.user.create(RESOURCES.ClusterRole, theirs);
      await apply("taken", ATTRIBUTES);
      await eventually(() =>
        expect(notesOf("taken", "PermissionsNotGranted")).toEqual([
          expect.stringContaining(`ClusterRole ${name} exists and is not this collector's; rename one of the two`),
        ]),
      );
      await remove("taken");
      expect((await roleOf("taken"))?.rules ?? []).toEqual([]);
      expect(await roleOf("taken")).toBeDefined();
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "that the Go operator made are taken over, and removed by their labels",
    async () => {
      await apply("adopted", ATTRIBUTES);
      await eventually(async () => expect(await bindingOf("adopted")).toBeDefined());
      // Go writes no annotation of ours.
      for (const [type, name] of [
        [RESOURCES.ClusterRole, "main-adopted-cluster-role"],
        [RESOURCES.ClusterRoleBinding, "main-adopted-collector"],
      ] as const) {
        const metadata = { annotations: null };
        await stage.user.mergePatch(type, { namespace: "", name }, { metadata });
      }
      await remove("adopted");
      expect([await roleOf("adopted"), await bindingOf("adopted")]).toEqual([undefined, undefined]);
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "never keep a collector whose operator has lost its rights",
    async () => {
      await apply("lost", ATTRIBUTES);
      await eventually(async () => expect(await bindingOf("lost")).toBeDefined());
      await plane.kubectl(["delete", "clusterrolebinding", "operator-grants"]);
      await remove("lost");
      expect(notesOf("lost", "ClusterRoleLeft")).toHaveLength(1);
    },
    STEP_TIMEOUT_MS,
  );
});
