import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { KubeObject } from "../../src/api/meta.ts";
import { type AuditedRequest, auditedRequests } from "../support/audit-log.ts";
import { START_TIMEOUT_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { OPERATOR_NAMESPACE, renderKustomization } from "../support/installation.ts";
import { OperatorStage } from "../support/operator-stage.ts";

const ACCOUNT = "opentelemetry-operator-controller-manager";
/** Long enough for what would come back every few seconds. */
const REST_MS = 10_000;
const LEASES = "leases.coordination.k8s.io";

jest.setTimeout(START_TIMEOUT_MS);

let stage: OperatorStage;
let url: string;

/** An operator with what config/namespaced grants, in a namespace to which somebody else has added one more. */
beforeAll(async () => {
  stage = await OperatorStage.start({ controllerManager: true, audit: true });
  await stage.plane.kubectl(["create", "namespace", OPERATOR_NAMESPACE]);
  const objects = renderKustomization("namespaced");
  for (const object of objects) await stage.apply(JSON.stringify(withoutPods(object)));
  const token = await stage.plane.kubectl(["create", "token", ACCOUNT, "-n", OPERATOR_NAMESPACE, "--duration=1h"]);
  const operator = await stage.startOperator("namespaced", [
    ...argumentsIn(objects).map((argument) => argument.replace("$(NAMESPACE)", OPERATOR_NAMESPACE)),
    `--leader-election-namespace=${OPERATOR_NAMESPACE}`,
    `--kubeconfig=${stage.plane.kubeconfigWithToken(token.trim())}`,
  ]);
  url = operator.url;
  await operator.ready();
}, START_TIMEOUT_MS);

afterAll(async () => stage.stop(), START_TIMEOUT_MS);

describe("an operator of one namespace", () => {
  it("looks after the collectors there, discovery and all, and after no others", async () => {
    for (const namespace of [OPERATOR_NAMESPACE, "shop"]) await stage.apply(collectorText(namespace));
    await eventually(async () => {
      const allocation = `${url}/namespaces/${OPERATOR_NAMESPACE}/opentelemetrycollectors/main`;
      const configs = await fetch(`${allocation}/scrape_configs`);
      expect([configs.status, await configs.text()]).toEqual([200, expect.stringContaining('"pods"')]);
      expect((await fetch(`${allocation}/jobs/pods/targets`)).status).toBe(200);
    });
    await eventually(async () => {
      const made = await stage.plane.kubectl(["-n", OPERATOR_NAMESPACE, "get", "statefulset,deployment", "-o=name"]);
      expect(made).toContain("statefulset.apps/main-collector");
      expect(made).toContain("deployment.apps/main-targetallocator");
    });
    expect(await stage.kubectl(["get", "statefulsets", "-o=name"])).toBe("");
  });

  it("says of a job that looks elsewhere that it may not", async () => {
    await stage.apply(collectorText(OPERATOR_NAMESPACE, "wide", [{ role: "pod" }]));
    await eventually(async () => {
      const text = await stage.plane.kubectl(["-n", OPERATOR_NAMESPACE, "get", "otelcol", "wide", "-o=yaml"]);
      expect(text).toMatch(/pods in all namespaces/);
    });
    await stage.plane.kubectl(["-n", OPERATOR_NAMESPACE, "delete", "otelcol", "wide"]);
  });

  it("asks for nothing but its lease at rest, and is denied but what only the whole cluster knows", async () => {
    await eventually(
      async () => {
        const before = requests().length;
        await delay(REST_MS);
        expect(
          requests()
            .slice(before)
            .filter(({ verb, resource }) => verb !== "watch" && resource !== LEASES),
        ).toEqual([]);
      },
      { withinMs: 6 * REST_MS },
    );
    const denied = requests().filter(({ status }) => status === 401 || status === 403);
    // Which kinds are installed and where the API server is, asked once; and the pods that the job above asked for.
    expect(new Set(denied.map(({ verb, resource }) => `${verb} ${resource}`))).toEqual(
      new Set([
        "list apiservices.apiregistration.k8s.io",
        "list customresourcedefinitions.apiextensions.k8s.io",
        "list endpointslices.discovery.k8s.io",
        "list pods",
        "list services",
      ]),
    );
  });
});

function requests(): readonly AuditedRequest[] {
  return auditedRequests(stage.plane, ACCOUNT);
}

function collectorText(namespace: string, name = "main", discovery?: readonly object[]): string {
  const kubernetes_sd_configs = discovery ?? [{ role: "pod", namespaces: { names: [namespace] } }];
  const config = {
    receivers: { prometheus: { config: { scrape_configs: [{ job_name: "pods", kubernetes_sd_configs }] } } },
    exporters: { debug: {} },
    service: { pipelines: { metrics: { receivers: ["prometheus"], exporters: ["debug"] } } },
  };
  return JSON.stringify({
    apiVersion: "opentelemetry.io/v1beta1",
    kind: "OpenTelemetryCollector",
    metadata: { namespace, name },
    spec: { mode: "statefulset", targetAllocator: { enabled: true }, config },
  });
}

interface Deployment extends KubeObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { args: readonly string[] }[] } };
  };
}

/** Nothing pulls images here: the operator runs beside the control plane. */
function withoutPods(object: KubeObject): KubeObject {
  return object.kind === "Deployment"
    ? ({ ...object, spec: { ...(object as Deployment).spec, replicas: 0 } } as KubeObject)
    : object;
}

function argumentsIn(objects: readonly KubeObject[]): readonly string[] {
  const deployment = objects.find(({ kind }) => kind === "Deployment") as Deployment | undefined;
  return deployment?.spec.template.spec.containers[0]?.args.slice(1) ?? [];
}
