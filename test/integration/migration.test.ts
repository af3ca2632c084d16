import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import type { KubeObject } from "../../src/api/meta.ts";
import { cachedPath, locate, PARTS, ROOT } from "../../tools/real-parts/parts.ts";
import { START_TIMEOUT_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { OPERATOR_NAMESPACE } from "../support/installation.ts";
import { OperatorStage } from "../support/operator-stage.ts";
import { callNoConversionWebhook } from "../support/webhook-stage.ts";

const STEP_TIMEOUT_MS = 180_000;
const CRD = "opentelemetrycollectors.opentelemetry.io";
const GROUP = "opentelemetry.io";
const OPERATOR = "opentelemetry-operator-controller-manager";

/** The commands of the page, in order. */
const COMMANDS = [
  ...readFileSync(join(ROOT, "docs", "migration.md"), "utf8").matchAll(/^```sh\n([^]*?)^```$/gm),
].flatMap(([, block = ""]) => block.trim().split("\n"));

let stage: OperatorStage;
beforeAll(async () => {
  stage = await OperatorStage.start({ controllerManager: true });
}, START_TIMEOUT_MS);
afterAll(async () => stage.stop(), START_TIMEOUT_MS);

/** In a shell, as a reader does, with the kubectl of the tests. */
async function inShell(command: string): Promise<void> {
  const kubectl = locate("kubectl") ?? cachedPath(PARTS.kubectl);
  const env = {
    PATH: `${join(kubectl, "..")}:/usr/bin:/bin`,
    KUBECONFIG: stage.plane.kubeconfigPath,
    HOME: stage.dir,
  };
  await promisify(execFile)("sh", ["-ec", command], { cwd: ROOT, env });
}

const create = async (object: unknown): Promise<KubeObject> =>
  JSON.parse(await stage.plane.kubectl(["create", "-f", "-", "-o", "json"], JSON.stringify(object))) as KubeObject;

const ownedBy = ({ apiVersion, kind, metadata: { name, uid } }: KubeObject): unknown => [
  { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true },
];

/** A webhook that nobody answers any more blocks every write to collectors. */
function webhooks(kind: string, name: string): unknown {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind,
    metadata: { name },
    webhooks: [
      {
        name: "collectors.opentelemetry.io",
        failurePolicy: "Fail",
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        clientConfig: { url: "https://127.0.0.1:1/" },
        rules: [
          {
            apiGroups: [GROUP],
            apiVersions: ["v1beta1"],
            operations: ["CREATE", "UPDATE"],
            resources: ["opentelemetrycollectors"],
          },
        ],
        // So that the first step, which the Go operator would answer, can run without it.
        matchConditions: [
          { name: "later", expression: "has(object.metadata.labels) && 'later' in object.metadata.labels" },
        ],
      },
    ],
  };
}

/** A Deployment of one container, with the given image. */
function deployment(metadata: Readonly<Record<string, unknown>>, image: string, labels: unknown): unknown {
  const template = { metadata: { labels }, spec: { containers: [{ name: "ta-container", image }] } };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { selector: { matchLabels: labels }, template } };
}

/** What the Go operator leaves behind: its CRD with a conversion webhook, webhooks, itself, and a collector's allocator. */
async function leaveAsGoOperator(): Promise<KubeObject> {
  const crd = parse(readFileSync(join(ROOT, "crds", `${GROUP}_opentelemetrycollectors.yaml`), "utf8")) as {
    spec: Record<string, unknown>;
  };
  const service = { name: "opentelemetry-operator-webhook-service", namespace: OPERATOR_NAMESPACE, path: "/convert" };
  crd.spec["conversion"] = {
    strategy: "Webhook",
    webhook: { conversionReviewVersions: ["v1alpha1", "v1beta1"], clientConfig: { service } },
  };
  await stage.plane.kubectl(["replace", "-f", "-"], JSON.stringify(crd));
  const stored = JSON.stringify({ status: { storedVersions: ["v1alpha1", "v1beta1"] } });
  await stage.plane.kubectl(["patch", "crd", CRD, "--subresource=status", "--type=merge", "-p", stored]);
  await create({ apiVersion: "v1", kind: "Namespace", metadata: { name: OPERATOR_NAMESPACE } });
  const own = { name: OPERATOR, namespace: OPERATOR_NAMESPACE };
  await create(deployment(own, "go-operator:1", { "control-plane": "controller-manager" }));
  const collector = await create({
    apiVersion: `${GROUP}/v1beta1`,
    kind: "OpenTelemetryCollector",
    metadata: { name: "main", namespace: "shop" },
    spec: {
      mode: "statefulset",
      targetAllocator: { enabled: true },
      config: {
        receivers: { prometheus: { config: { scrape_configs: [{ job_name: "web", static_configs: [] }] } } },
        exporters: { debug: {} },
        service: { pipelines: { metrics: { receivers: ["prometheus"], exporters: ["debug"] } } },
      },
    },
  });
  const allocator = await create({
    apiVersion: `${GROUP}/v1alpha1`,
    kind: "TargetAllocator",
    metadata: { name: "main", namespace: "shop", ownerReferences: ownedBy(collector) },
    spec: {},
  });
  const labels = {
    "app.kubernetes.io/component": "opentelemetry-targetallocator",
    "app.kubernetes.io/instance": "shop.main",
    "app.kubernetes.io/managed-by": "opentelemetry-operator",
    "app.kubernetes.io/name": "main-targetallocator",
    "app.kubernetes.io/part-of": "opentelemetry",
  };
  const metadata = { name: "main-targetallocator", namespace: "shop", ownerReferences: ownedBy(allocator), labels };
  for (const kind of ["Mutating", "Validating"]) {
    const name = `opentelemetry-operator-${kind.toLowerCase()}-webhook-configuration`;
    await create(webhooks(`${kind}WebhookConfiguration`, name));
  }
  return create(deployment(metadata, "go-allocator:1", labels));
}

describe("the commands of docs/migration.md", () => {
  it(
    "lead from what the Go operator leaves to a collector that this one keeps, with the allocator and its Deployment in place",
    async () => {
      const before = await leaveAsGoOperator();
      const allocator = await stage.get<KubeObject>("targetallocator", "main");
      expect(COMMANDS).toHaveLength(7);
      for (const command of COMMANDS) await inShell(command);
      // Nothing leads to Services here. What is called under an address is shown by installation.test.ts.
      await callNoConversionWebhook(stage.plane);
      const callers = "mutatingwebhookconfigurations,validatingwebhookconfigurations";
      await stage.plane.kubectl(["delete", callers, "--all"]);
      const operator = await stage.startOperator("operator", ["--target-allocator-image=ours:1"]);
      await operator.ready();
      await stage.kubectl(["label", "otelcol", "main", "later=true"]);
      await eventually(
        async () => {
          const after = await stage.get<KubeObject & { readonly spec: unknown }>("deployment", "main-targetallocator");
          expect(after.metadata.uid).toBe(before.metadata.uid);
          expect(after.metadata.ownerReferences).toEqual([
            expect.objectContaining({ kind: "TargetAllocator", name: "main", uid: allocator.metadata.uid }),
          ]);
          expect(after.spec).toMatchObject({ template: { spec: { containers: [{ image: "ours:1" }] } } });
          expect(await stage.degraded("main")).toMatchObject({ status: "False" });
        },
        { withinMs: 90_000 },
      );
    },
    STEP_TIMEOUT_MS,
  );
});
