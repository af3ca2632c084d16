import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { readFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "yaml";
import type { KubeObject } from "../../src/api/meta.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import type { OpenTelemetryCollector } from "../../src/api/opentelemetry/v1beta1.ts";
import { COLLECTOR_FINALIZER, OPERATOR_LEASE } from "../../src/controllers/index.ts";
import { controllerReference } from "../../src/controllers/manifests/owner-reference.ts";
import { createKubeConnection, type KubeConnection } from "../../src/kube/client-node/connection.ts";
import { ForbiddenError } from "../../src/kube/errors.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { type AuditedRequest, auditedRequests, resourceId } from "../support/audit-log.ts";
import { collector, STATIC_JOB } from "../support/collectors.ts";
import { runCommand, type CommandRun } from "../support/command-run.ts";
import { type ControlPlane, START_TIMEOUT_MS, installCrds, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { installKinds } from "../support/kind-definitions.ts";
import { installMonitorKinds } from "../support/monitor-definitions.ts";
import { freeAddress } from "../support/program.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAMESPACE = "opentelemetry-operator-system";
const ACCOUNT = "opentelemetry-operator-controller-manager";
const COLLECTORS = 20;
/** Long enough for several renewals of the lease, and for all that would come back every few seconds. */
const REST_MS = 12_000;

const MAIN = { namespace: "shop", name: "main" };
const LEASES = "leases.coordination.k8s.io";
const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";
/** No requests of their own: of who names an owner that blocks deletion, and, on OpenShift, of who names a Route's host. */
const ASKED_BY_ADMISSION = [
  "update opentelemetrycollectors/finalizers.opentelemetry.io",
  "update targetallocators/finalizers.opentelemetry.io",
  "create routes/custom-host.route.openshift.io",
];
/** Only somebody else can make a DaemonSet that must be made anew. */
const SELDOM = ["delete daemonsets.apps"];
/** Taken where webhooks are served, as they are in webhooks.test.ts. */
const TAKEN_BY_WEBHOOKS =
  /(?:mutating|validating)webhookconfigurations|^patch customresourcedefinitions\.apiextensions\.k8s\.io$/;

type Resource = OpenTelemetryCollector;
type CollectorMode = NonNullable<NonNullable<Resource["spec"]>["mode"]>;

/** Every role of service discovery, with all that it can attach. */
const KUBERNETES_JOB = {
  job_name: "kubernetes",
  kubernetes_sd_configs: [
    { role: "pod", attach_metadata: { node: true, namespace: true, deployment: true, job: true, cronjob: true } },
    { role: "node" },
    { role: "service" },
    { role: "endpoints" },
    { role: "endpointslice" },
    { role: "ingress" },
  ],
};

/** What is made only when it is asked for. */
const OPTIONAL_PARTS = { autoscaler: { maxReplicas: 3 }, ingress: { type: "ingress" } };

const EXPOSED = {
  ingress: { type: "route" },
  httpRoute: { enabled: true, gateway: "front" },
  observability: { metrics: { enableMetrics: true } },
};
const UNEXPOSED = { ingress: null, httpRoute: null, observability: null };
const ALL_MONITORS = {
  enabled: true,
  serviceMonitorSelector: {},
  podMonitorSelector: {},
  probeSelector: {},
  scrapeConfigSelector: {},
};

jest.setTimeout(START_TIMEOUT_MS);

let plane: ControlPlane;
let admin: KubeConnection;
let stop: AbortController;
let running: Promise<CommandRun>;
let metrics: string;

beforeAll(async () => {
  plane = await startControlPlane({
    controllerManager: true,
    audit: true,
    admissionPlugins: ["OwnerReferencesPermissionEnforcement"],
  });
  await installCrds(plane);
  for (const namespace of [NAMESPACE, "shop"]) await plane.kubectl(["create", "namespace", namespace]);
  await plane.kubectl(["apply", "-k", join(ROOT, "config", "rbac")]);
  admin = connect(plane.kubeconfigPath);
  await holdLease();
  const health = await freeAddress();
  metrics = await freeAddress();
  stop = new AbortController();
  running = runCommand(
    [
      "operator",
      `--kubeconfig=${await kubeconfigOf(ACCOUNT)}`,
      `--listen-addr=${await freeAddress()}`,
      `--health-probe-addr=${health}`,
      `--metrics-addr=${metrics}`,
      "--enable-webhooks=false",
      "--enable-leader-election",
      `--leader-election-namespace=${NAMESPACE}`,
      "--zap-log-level=error",
    ],
    { signal: stop.signal, env: { NO_PROXY: ".svc" } },
  );
  await eventually(async () => {
    const { ok } = await fetch(`http://${health}/readyz`);
    if (!ok) throw new Error("the operator is not ready");
  });
}, START_TIMEOUT_MS);

afterAll(async () => {
  stop.abort();
  await running;
  await admin.close();
  await plane.stop();
}, START_TIMEOUT_MS);

describe("the requests of an operator", () => {
  it("are lease renewals and resumed watches, and nothing else, at rest with 20 collectors", async () => {
    const names = Array.from({ length: COLLECTORS }, (_, i) => `rest-${String(i)}`);
    for (const [i, name] of names.entries()) await apply(name, i % 2 === 0 ? "statefulset" : "deployment");
    await eventually(async () => {
      const statuses = await Promise.all(names.map(statusOf));
      // No kubelet runs anything here.
      expect(statuses).toEqual(names.map(() => "CollectorsStarting"));
    });
    // A controller manager that is late with its statuses is not at rest; what comes back by itself never is.
    const atRest = await eventually(
      async () => {
        const before = requests().length;
        await delay(REST_MS);
        const made = requests().slice(before);
        expect(made.filter(({ verb, resource }) => verb !== "watch" && resource !== LEASES)).toEqual([]);
        return made;
      },
      { withinMs: 8 * REST_MS },
    );
    expect(atRest.filter(({ verb, resource }) => verb === "update" && resource === LEASES)).not.toEqual([]);
    for (const name of names) await admin.client.delete(RESOURCES.OpenTelemetryCollector, { namespace: "shop", name });
  });

  it("take every permission of the shipped roles, and none is turned away", async () => {
    await apply("main", "statefulset", [KUBERNETES_JOB]);
    await patchSpec({ ports: [{ name: "more", port: 9000 }], ...OPTIONAL_PARTS });
    await eventually(async () => expect(await live("StatefulSet", "main-collector")).toBeDefined());
    expect(JSON.stringify(await live("StatefulSet", "main-collector"))).toContain('{"name":"NO_PROXY","value":".svc"}');
    await eventually(async () => expect(await live("Ingress", "main-ingress")).toBeDefined());
    await eventually(async () => expect(await live("HorizontalPodAutoscaler", "main-collector")).toBeDefined());
    await patchSpec({ targetAllocator: { prometheusCR: ALL_MONITORS } });
    await eventually(() => expect(requests().map(({ resource }) => resource)).toContain(DEFINITIONS));
    await installMonitorKinds(plane);
    await eventually(() => expect(requests().flatMap(permissionsOf)).toContain("watch probes.monitoring.coreos.com"));
    await installKinds(plane, [RESOURCES.HTTPRoute, RESOURCES.Route, RESOURCES.Certificate, RESOURCES.Issuer]);
    await patchSpec(EXPOSED);
    await eventually(async () => expect(await live("HTTPRoute", "main-more-httproute")).toBeDefined());
    await eventually(async () => expect(await live("Route", "more-main-route")).toBeDefined());
    await eventually(async () => expect(await live("ServiceMonitor", "main-monitoring-collector")).toBeDefined());
    await installKinds(plane, [RESOURCES.Issuer, RESOURCES.Certificate]);
    await patchSpec({ targetAllocator: { mtls: { enabled: true } } });
    await eventually(async () => expect(await live("Certificate", "main-ca-cert")).toBeDefined());
    await patchSpec({ targetAllocator: { mtls: null } });
    await eventually(async () => expect(await live("Issuer", "main-ca-issuer")).toBeUndefined());
    await patchSpec({ ...UNEXPOSED, autoscaler: null, networkPolicy: { enabled: false } });
    await eventually(async () => expect(await live("NetworkPolicy", "main-collector-networkpolicy")).toBeUndefined());
    await changeAllocator();
    await changeMode("StatefulSet", { mode: "daemonset", targetAllocator: { allocationStrategy: "per-node" } });
    await eventually(async () => expect(await live("DaemonSet", "main-collector")).toBeDefined());
    await changeMode("DaemonSet", { mode: "deployment", targetAllocator: { enabled: false } });
    await eventually(async () => expect(await live("TargetAllocator", "main")).toBeUndefined());
    await eventually(async () => expect(await live("Deployment", "main-collector")).toBeDefined());
    await changeMode("Deployment", { mode: "sidecar", observability: EXPOSED.observability });
    await eventually(async () => expect(await live("PodMonitor", "main-collector")).toBeDefined());
    await patchSpec({ observability: null });
    await eventually(async () => expect(await live("PodMonitor", "main-collector")).toBeUndefined());
    // The same event for the second time is counted into the first one, at the latest when the operator ends.
    await replaceServiceAccount();
    await replaceServiceAccount();
    const held = { metadata: { finalizers: [COLLECTOR_FINALIZER] } };
    await admin.client.mergePatch(RESOURCES.OpenTelemetryCollector, MAIN, held);
    await admin.client.delete(RESOURCES.OpenTelemetryCollector, MAIN);
    await eventually(async () => expect(await live("OpenTelemetryCollector", "main")).toBeUndefined());
    expect(await metricsAsSeenBy(ACCOUNT)).toBe(403);
    const lease = { namespace: NAMESPACE, name: OPERATOR_LEASE };
    await admin.client.delete(RESOURCES.Lease, lease);
    await eventually(async () => expect(await admin.client.get(RESOURCES.Lease, lease)).toBeDefined());
    stop.abort();
    expect(await running).toEqual({ code: 0, out: "", err: "" });
    const taken = new Set(requests().flatMap(permissionsOf));
    const left = granted().filter((permission) => !taken.has(permission) && !TAKEN_BY_WEBHOOKS.test(permission));
    expect(left.toSorted()).toEqual([...ASKED_BY_ADMISSION, ...SELDOM].toSorted());
    const refused = requests().filter(({ status }) => status === 401 || status === 403);
    // The right to Secrets is given where the operator makes certificates itself; elsewhere it only asks whether it has.
    expect(refused.filter(({ verb, resource }) => verb !== "get" || resource !== "secrets")).toEqual([]);
  });

  it("need the permission that only an admission plugin asks for", async () => {
    const rules = managerRules().filter(({ resources }) => !resources.includes("opentelemetrycollectors/finalizers"));
    const limited = connect(await accountWith("limited", rules));
    try {
      const owner = await admin.client.create(RESOURCES.OpenTelemetryCollector, toResource("owner", "sidecar"));
      const making = limited.client.apply(RESOURCES.ConfigMap, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "owned", namespace: "shop", ownerReferences: [controllerReference(owner)] },
      });
      await expect(making).rejects.toThrow(/cannot set blockOwnerDeletion/);
      await expect(making).rejects.toBeInstanceOf(ForbiddenError);
    } finally {
      await limited.close();
    }
  });
});

/** Somebody leads, and soon is seen to be gone: an operator that starts then stands by first, and watches. */
async function holdLease(): Promise<void> {
  const spec = { holderIdentity: "somebody", leaseDurationSeconds: 5, leaseTransitions: 0 };
  const metadata = { namespace: NAMESPACE, name: OPERATOR_LEASE };
  await admin.client.create(RESOURCES.Lease, {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata,
    spec,
  } as KubeObject);
}

/** The status of an answer to an account's token. */
async function metricsAsSeenBy(account: string): Promise<number | undefined> {
  const token = await plane.kubectl(["create", "token", account, "-n", NAMESPACE]);
  const headers = { authorization: `Bearer ${token.trim()}` };
  return new Promise((resolve, reject) => {
    get(`https://${metrics}/metrics`, { rejectUnauthorized: false, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
}

function connect(kubeconfigPath: string): KubeConnection {
  return createKubeConnection({ kubeconfigPath, timers: systemClock, onWarning: () => undefined });
}

function requests(): readonly AuditedRequest[] {
  return auditedRequests(plane, ACCOUNT);
}

/** Server-side apply of an object that is not there takes the permission to create too. */
function permissionsOf({ verb, resource, status }: AuditedRequest): readonly string[] {
  return verb === "patch" && status === 201 ? [`patch ${resource}`, `create ${resource}`] : [`${verb} ${resource}`];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

function managerRules(file = "role.yaml"): readonly Rule[] {
  const text = readFileSync(join(ROOT, "config", "rbac", file), "utf8");
  return (parse(text) as { readonly rules: readonly Rule[] }).rules;
}

/** `verb resource.group` of everything that the shipped roles allow. */
function granted(): readonly string[] {
  return [...managerRules(), ...managerRules("leader_election_role.yaml")].flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resourceId(group, resource.split("/"))}`)),
    ),
  );
}

/** A kubeconfig of a new account with these permissions. */
async function accountWith(name: string, rules: readonly Rule[]): Promise<string> {
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name }, rules };
  await plane.kubectl(["create", "serviceaccount", name, "-n", NAMESPACE]);
  await plane.kubectl(["create", "-f", "-"], JSON.stringify(role));
  const subject = `--serviceaccount=${NAMESPACE}:${name}`;
  await plane.kubectl(["create", "clusterrolebinding", name, `--clusterrole=${name}`, subject]);
  return kubeconfigOf(name);
}

async function kubeconfigOf(account: string): Promise<string> {
  const token = await plane.kubectl(["create", "token", account, "-n", NAMESPACE, "--duration=1h"]);
  return plane.kubeconfigWithToken(token.trim());
}

function toResource(name: string, mode: CollectorMode, scrapeConfigs: readonly unknown[] = [STATIC_JOB]): Resource {
  const { apiVersion, kind, spec } = collector({ scrapeConfigs, spec: { mode } });
  return { apiVersion, kind, metadata: { name, namespace: "shop" }, ...(spec === undefined ? {} : { spec }) };
}

async function apply(name: string, mode: CollectorMode, scrapeConfigs?: readonly unknown[]): Promise<void> {
  await admin.client.create(RESOURCES.OpenTelemetryCollector, toResource(name, mode, scrapeConfigs));
}

async function patchSpec(spec: Readonly<Record<string, unknown>>): Promise<void> {
  await admin.client.mergePatch(RESOURCES.OpenTelemetryCollector, MAIN, { spec });
}

/** Objects of the allocator that come, go, and must be made anew; and the claims of the collectors, which must be too. */
async function changeAllocator(): Promise<void> {
  const account = "main-targetallocator";
  await eventually(async () => expect(await live("ServiceAccount", account)).toBeDefined());
  await patchSpec({ targetAllocator: { serviceAccount: "theirs", mtls: { enabled: true } } });
  await eventually(async () => expect(await live("ServiceAccount", account)).toBeUndefined());
  await eventually(async () => expect(await live("Certificate", "main-ca-cert")).toBeDefined());
  await patchSpec({ targetAllocator: { mtls: { enabled: false } } });
  await eventually(async () => expect(await live("Certificate", "main-ca-cert")).toBeUndefined());
  const uid = (await live("Deployment", account))?.metadata.uid;
  const metadata = { labels: { "app.kubernetes.io/name": "renamed" } };
  await admin.client.mergePatch(RESOURCES.OpenTelemetryCollector, MAIN, { metadata });
  await eventually(async () => expect((await live("Deployment", account))?.metadata.uid ?? uid).not.toBe(uid));
  const claim = {
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };
  const former = (await live("StatefulSet", "main-collector"))?.metadata.uid;
  await patchSpec({ volumeClaimTemplates: [claim] });
  await eventually(async () =>
    expect((await live("StatefulSet", "main-collector"))?.metadata.uid ?? former).not.toBe(former),
  );
  for (const seconds of ["40s", "50s", "60s"]) {
    await patchSpec({
      configVersions: 1,
      volumeClaimTemplates: null,
      targetAllocator: { collectorTargetReloadInterval: seconds },
    });
    await eventually(async () =>
      expect(
        (await admin.client.get<Resource>(RESOURCES.OpenTelemetryCollector, MAIN))?.status?.observedGeneration,
      ).toBe((await live("OpenTelemetryCollector", "main"))?.metadata.generation),
    );
  }
}

/** A mode is changed for good only when whoever wants it takes the workload away. */
async function changeMode(workload: keyof typeof RESOURCES, spec: Readonly<Record<string, unknown>>): Promise<void> {
  await patchSpec(spec);
  await eventually(async () => expect(await statusOf("main")).toBe("ConfigInvalid"));
  await admin.client.delete(RESOURCES[workload], { namespace: "shop", name: "main-collector" });
}

async function live(kind: keyof typeof RESOURCES, name: string): Promise<KubeObject | undefined> {
  return admin.client.get(RESOURCES[kind], { namespace: "shop", name });
}

/** The reason of Degraded. */
async function statusOf(name: string): Promise<string | undefined> {
  const found: Resource | undefined = await live("OpenTelemetryCollector", name);
  return found?.status?.conditions?.find(({ type }) => type === "Degraded")?.reason;
}

/** Somebody deletes it, and the operator makes it again. */
async function replaceServiceAccount(): Promise<void> {
  const before = await live("ServiceAccount", "main-collector");
  await admin.client.delete(RESOURCES.ServiceAccount, { namespace: "shop", name: "main-collector" });
  await eventually(async () => {
    const after = await live("ServiceAccount", "main-collector");
    expect(after?.metadata.uid).toBeDefined();
    expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
  });
  await settled();
}

/** Waits until a second passes without a write of the operator, those of its lease aside. */
async function settled(): Promise<void> {
  let before = -1;
  await eventually(
    () => {
      const writes = requests().filter(({ verb, resource }) => verb !== "watch" && resource !== LEASES).length;
      const quiet = writes === before;
      before = writes;
      expect(quiet).toBe(true);
    },
    { everyMs: 1_000 },
  );
}
