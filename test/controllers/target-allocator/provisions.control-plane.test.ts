import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { X509Certificate } from "node:crypto";
import { join } from "node:path";

import type { KubeObject } from "../../../src/api/meta.ts";
import type { TargetAllocatorResourceSpec } from "../../../src/api/opentelemetry/target-allocator.ts";
import { RESOURCES, type ResourceType } from "../../../src/api/resource-type.ts";
import { COLLECTOR_FINALIZER } from "../../../src/controllers/finalizer.ts";
import { createKubeConnection, type KubeConnection } from "../../../src/kube/client-node/connection.ts";
import { OperatorHost } from "../../../src/kube/client-node/operator-host.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import { ROOT } from "../../../tools/real-parts/parts.ts";
import { RICH_ALLOCATOR } from "../../support/allocator-inputs.ts";
import { CollectorStage } from "../../support/collector-stage.ts";
import { type ControlPlane, installCrds, START_TIMEOUT_MS, startControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { installKinds } from "../../support/kind-definitions.ts";

const NAMESPACE = "opentelemetry-operator-system";
const ACCOUNT = "opentelemetry-operator-controller-manager";
const STEP_TIMEOUT_MS = 120_000;
const JOB = { job_name: "pods", kubernetes_sd_configs: [{ role: "pod" }] };
const OWN_CERTIFICATES = { enabled: true, useCertManager: false };

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

async function apply(namespace: string, spec: TargetAllocatorResourceSpec): Promise<void> {
  await stage.applyAllocator(namespace, "web", { scrapeConfigs: [JOB], ...spec });
}

async function degraded(namespace: string): Promise<string> {
  const { conditions = [] } = await stage.allocatorStatus(namespace, "web");
  const found = conditions.find(({ type }) => type === "Degraded");
  return `${found?.reason ?? ""}: ${found?.message ?? ""}`;
}

async function secretsOf(namespace: string): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
  const names = ["web-ca-cert", "web-ta-server-cert", "web-ta-client-cert"];
  const found = await Promise.all(names.map(async (name) => stage.get(RESOURCES.Secret, namespace, name)));
  return Object.fromEntries(
    found.flatMap((secret) => (secret === undefined ? [] : [[secret.metadata.name, secret.data ?? {}]])),
  );
}

/** `Kind namespace/name` of everything that grants the allocator something. */
async function rolesOf(namespace: string): Promise<readonly string[]> {
  const types: readonly ResourceType[] = [
    RESOURCES.ClusterRole,
    RESOURCES.ClusterRoleBinding,
    RESOURCES.Role,
    RESOURCES.RoleBinding,
  ];
  const labelSelector = `app.kubernetes.io/instance=${namespace}.web`;
  const lists = await Promise.all(
    types.map(async (type) =>
      (await stage.user.list<KubeObject>(type, { labelSelector })).map(
        ({ metadata }) => `${type.kind} ${metadata.namespace ?? "*"}/${metadata.name}`,
      ),
    ),
  );
  return lists.flat();
}

async function finalizersOf(namespace: string): Promise<readonly string[]> {
  return (await stage.get(RESOURCES.TargetAllocator, namespace, "web"))?.metadata.finalizers ?? [];
}

/** A control plane on a loopback address tells no instances of itself. */
async function moveApiServer(address: string): Promise<void> {
  const slice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "kubernetes-test",
      namespace: "default",
      labels: { "kubernetes.io/service-name": "kubernetes" },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: [address] }],
    ports: [{ name: "https", port: 6443, protocol: "TCP" }],
  };
  await stage.user.apply(RESOURCES.EndpointSlice, slice);
}

const text = (base64 = ""): string => Buffer.from(base64, "base64").toString();

describe("by an operator with the shipped role", () => {
  it(
    "everything that an allocator can be told is accepted by the API server",
    async () => {
      await stage.createNamespace("rich");
      // A pod cannot have both a network of its node and users of its own.
      await apply("rich", { ...RICH_ALLOCATOR, hostNetwork: false });
      await eventually(async () => {
        expect(await stage.owned("rich")).toEqual([
          "ConfigMap web-targetallocator",
          "Deployment web-targetallocator",
          "NetworkPolicy web-targetallocator-networkpolicy",
          "PodDisruptionBudget web-targetallocator",
          "Service web-targetallocator",
          "ServiceAccount web-targetallocator",
        ]);
        expect(await degraded("rich")).toMatch(/^AsExpected/);
      });
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "a network policy lets the allocator reach the API server, also where it moves to",
    async () => {
      await stage.createNamespace("policy");
      await apply("policy", {});
      const { clusterIP } = (await stage.get(RESOURCES.Service, "default", "kubernetes"))?.spec ?? {};
      for (const address of ["192.0.2.7", "192.0.2.8"]) {
        await moveApiServer(address);
        await eventually(async () => {
          const policy = await stage.get(RESOURCES.NetworkPolicy, "policy", "web-targetallocator-networkpolicy");
          const cidrs = [String(clusterIP), address].map((each) => ({ ipBlock: { cidr: `${each}/32` } }));
          expect(policy?.spec?.["egress"]).toContainEqual({
            to: cidrs,
            ports: [443, 6443].map((port) => ({ port, protocol: "TCP" })),
          });
        });
      }
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "certificates and roles that it may not make are told in the status",
    async () => {
      await stage.createNamespace("poor");
      await apply("poor", { mtls: OWN_CERTIFICATES, rbac: { create: true } });
      await eventually(async () => {
        const message = await degraded("poor");
        expect(message).toContain("config/rbac-optional/certificates");
        expect(message).toContain("config/rbac-optional/granting");
        expect(message).toMatch(/^ApplyFailed/);
      });
      expect(await finalizersOf("poor")).toEqual([]);
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "cert-manager is asked for certificates where it is there",
    async () => {
      await stage.createNamespace("manager");
      await apply("manager", { mtls: { enabled: true } });
      await eventually(async () => expect(await degraded("manager")).toContain("cert-manager is not available"));
      await installKinds(plane, [RESOURCES.Issuer, RESOURCES.Certificate]);
      await eventually(
        async () => {
          const made = await stage.user.list<KubeObject>(RESOURCES.Certificate, { namespace: "manager" });
          expect(made.map(({ metadata }) => metadata.name).toSorted()).toEqual([
            "web-ca-cert",
            "web-ta-client-cert",
            "web-ta-server-cert",
          ]);
        },
        { withinMs: 60_000 },
      );
    },
    STEP_TIMEOUT_MS,
  );
});

describe("by an operator that an administrator gives more", () => {
  beforeAll(async () => {
    await stage.stop();
    for (const component of ["certificates", "granting"])
      await plane.kubectl(["apply", "-k", join(ROOT, "config", "rbac-optional", component)]);
    stage = await startStage();
  }, STEP_TIMEOUT_MS);

  it(
    "certificates are made without cert-manager, and go when mutual TLS is switched off",
    async () => {
      await stage.createNamespace("tls");
      await apply("tls", { mtls: OWN_CERTIFICATES });
      await eventually(async () => expect(Object.keys(await secretsOf("tls"))).toHaveLength(3));
      const secrets = await secretsOf("tls");
      const authority = new X509Certificate(text(secrets["web-ca-cert"]?.["tls.crt"]));
      for (const name of ["web-ta-server-cert", "web-ta-client-cert"]) {
        const leaf = new X509Certificate(text(secrets[name]?.["tls.crt"]));
        expect(leaf.verify(authority.publicKey)).toBe(true);
        expect(leaf.subjectAltName).toContain("DNS:web-targetallocator.tls.svc");
        expect(Object.keys(secrets[name] ?? {}).toSorted()).toEqual(["ca.crt", "tls.crt", "tls.key"]);
      }
      // What is good is left alone.
      await stage.user.mergePatch(
        RESOURCES.TargetAllocator,
        { namespace: "tls", name: "web" },
        { spec: { replicas: 2 } },
      );
      await eventually(async () =>
        expect((await stage.get(RESOURCES.Deployment, "tls", "web-targetallocator"))?.spec).toMatchObject({
          replicas: 2,
        }),
      );
      expect(await secretsOf("tls")).toEqual(secrets);

      await apply("tls", { mtls: { enabled: false } });
      await eventually(async () => expect(await secretsOf("tls")).toEqual({}));
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "a Secret of somebody else is left alone, and told",
    async () => {
      await stage.createNamespace("taken");
      const metadata = { name: "web-ta-server-cert", namespace: "taken" };
      const theirs = { apiVersion: "v1", kind: "Secret", metadata, stringData: { mine: "x" } };
      await stage.user.create(RESOURCES.Secret, theirs);
      await apply("taken", { mtls: OWN_CERTIFICATES });
      await eventually(async () =>
        expect(await degraded("taken")).toContain("Secret taken/web-ta-server-cert exists and is somebody's own"),
      );
      expect(Object.keys((await secretsOf("taken"))["web-ta-server-cert"] ?? {})).toEqual(["mine"]);
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "roles follow the configuration, go when nobody asks for them any more, and are held by a finalizer only so long",
    async () => {
      await stage.createNamespace("roles");
      await apply("roles", { rbac: { create: true } });
      await eventually(async () =>
        expect(await rolesOf("roles")).toEqual([
          "ClusterRole */web-roles-targetallocator",
          "ClusterRoleBinding */web-roles-targetallocator",
        ]),
      );
      expect(await finalizersOf("roles")).toEqual([COLLECTOR_FINALIZER]);
      const account = "--as=system:serviceaccount:roles:web-targetallocator";
      expect((await plane.kubectl(["auth", "can-i", "watch", "pods", "-A", account])).trim()).toBe("yes");

      const kubernetes = [{ role: "pod", namespaces: { own_namespace: true, names: ["default"] } }];
      await apply("roles", {
        rbac: { create: true },
        scrapeConfigs: [{ job_name: "a", kubernetes_sd_configs: kubernetes }],
      });
      await eventually(async () =>
        expect((await rolesOf("roles")).toSorted()).toEqual(
          ["Role default", "Role roles", "RoleBinding default", "RoleBinding roles"].map(
            (role) => `${role}/web-roles-targetallocator`,
          ),
        ),
      );

      await apply("roles", { rbac: { create: false } });
      await eventually(async () => {
        expect(await rolesOf("roles")).toEqual([]);
        expect(await finalizersOf("roles")).toEqual([]);
      });
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "roles go with their allocator",
    async () => {
      await stage.createNamespace("gone");
      await apply("gone", { rbac: { create: true } });
      await eventually(async () => expect(await rolesOf("gone")).toHaveLength(2));
      await stage.user.delete(RESOURCES.TargetAllocator, { namespace: "gone", name: "web" });
      await eventually(async () => expect(await stage.get(RESOURCES.TargetAllocator, "gone", "web")).toBeUndefined());
      expect(await rolesOf("gone")).toEqual([]);
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "a role that would give more than the operator has is told, and the others are made",
    async () => {
      await stage.createNamespace("more");
      await apply("more", {
        rbac: { create: true },
        prometheusCR: { enabled: true, podMonitorSelector: {}, secretNamespaces: ["default"] },
      });
      await eventually(async () =>
        expect(await degraded("more")).toContain("the operator may grant nothing that it may not do itself"),
      );
      expect(await rolesOf("more")).toContain("ClusterRole */web-more-targetallocator");
    },
    STEP_TIMEOUT_MS,
  );
});
