import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { KubeObject } from "../../src/api/meta.ts";
import { ensurePart } from "../../tools/real-parts/build.ts";
import { freePorts } from "../../tools/real-parts/child.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import {
  byName,
  helm,
  helmInstall,
  OPERATOR_NAMESPACE,
  renderChart,
  renderKustomization,
} from "../support/installation.ts";
import { freeAddress, startProgram } from "../support/program.ts";
import { callNoConversionWebhook, callWebhooksAt, untilTrusted } from "../support/webhook-stage.ts";

const BUILD_TIMEOUT_MS = 20 * 60_000;
const STEP_TIMEOUT_MS = 180_000;
const WITHIN = { withinMs: 90_000, everyMs: 300 };
const CHART = join(ROOT, "charts", "otel-allocator");
const NAME = "opentelemetry-operator-controller-manager";

interface Deployment extends KubeObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly serviceAccountName: string;
        readonly priorityClassName?: string;
        readonly containers: readonly [
          {
            readonly image: string;
            readonly args: readonly string[];
            readonly env: readonly { readonly name: string; readonly value?: string }[];
          },
        ];
      };
    };
  };
}

/** Only Helm needs to be told to leave CRDs alone. */
function withoutPolicy(object: KubeObject): KubeObject {
  const { annotations: { "helm.sh/resource-policy": policy, ...annotations } = {}, ...metadata } = object.metadata;
  if (policy === undefined) return object;
  return { ...object, metadata: Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations } };
}

const deploymentOf = (objects: readonly KubeObject[]): Deployment =>
  objects.find(({ kind }) => kind === "Deployment") as Deployment;

const containerOf = (values: readonly string[]): Deployment["spec"]["template"]["spec"]["containers"][0] =>
  deploymentOf(renderChart(values)).spec.template.spec.containers[0];

beforeAll(async () => {
  for (const part of ["helm", "kubectl"] as const) await ensurePart(part, () => undefined);
}, BUILD_TIMEOUT_MS);

describe("the chart and config/default", () => {
  it("install the same objects, but for the namespace, which Helm makes itself", () => {
    const kustomized = renderKustomization("default").filter(({ kind }) => kind !== "Namespace");
    expect(byName(renderChart().map(withoutPolicy))).toEqual(byName(kustomized));
  });

  it("name the account and the roles that they bring", () => {
    const objects = byName(renderKustomization("default"));
    const account = deploymentOf(Object.values(objects)).spec.template.spec.serviceAccountName;
    expect(Object.keys(objects)).toContain(`ServiceAccount ${OPERATOR_NAMESPACE}/${account}`);
  });
});

describe("values of the chart", () => {
  const values = parse(readFileSync(join(CHART, "values.yaml"), "utf8")) as Readonly<Record<string, unknown>>;
  const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as {
    readonly properties: Readonly<Record<string, { readonly properties?: Readonly<Record<string, unknown>> }>>;
  };
  const readme = readFileSync(join(CHART, "README.md"), "utf8");
  /** Names such as `image.tag`, of those that have a schema. */
  const names = Object.entries(schema.properties).flatMap(([name, { properties }]) =>
    properties === undefined ? [name] : Object.keys(properties).map((key) => `${name}.${key}`),
  );

  it.each(names.filter((name) => name !== "global"))("%s has a default and a row in the README", (name) => {
    const [first = "", second] = name.split(".");
    const value = second === undefined ? values[first] : (values[first] as Readonly<Record<string, unknown>>)[second];
    expect(value).not.toBeUndefined();
    expect(readme).toContain(`\`${name}\``);
  });

  it.each([
    { value: "replica=1", want: "replica" },
    { value: 'replicas="two"', want: "replicas" },
    { value: "image.digest=1", want: "digest" },
    { value: 'logLevel="loud"', want: "logLevel" },
  ])("are refused when they are wrong: $value", ({ value, want }) => {
    expect(() => renderChart([value])).toThrow(want);
  });

  it("reach the operator's flags and variables", () => {
    const { image, args, env } = containerOf([
      'image={"repository":"registry.example.com/x","tag":"7"}',
      'watchNamespaces=["a","b"]',
      "leaderElection=false",
      'collectorImage="collector:1"',
      'logLevel="debug"',
      'extraArgs=["--zap-encoder=console"]',
      'extraEnv=[{"name":"HTTPS_PROXY","value":"http://proxy:3128"}]',
    ]);
    expect(image).toBe("registry.example.com/x:7");
    expect(args).toEqual([
      "operator",
      "--watch-namespace=a,b",
      "--collector-image=collector:1",
      "--zap-log-level=debug",
      "--zap-encoder=console",
    ]);
    expect(env).toEqual(
      expect.arrayContaining([
        { name: "RELATED_IMAGE_TARGET_ALLOCATOR", value: image },
        { name: "HTTPS_PROXY", value: "http://proxy:3128" },
      ]),
    );
  });

  it.each<{ name: string; given: string[]; namespaces: string[] }>([
    { name: "the release's own namespace", given: [], namespaces: [OPERATOR_NAMESPACE] },
    { name: "namespaces that are named", given: ['watchNamespaces=["a","b"]'], namespaces: ["a", "b"] },
  ])("can keep the operator to $name, without a word about the whole cluster", ({ given, namespaces }) => {
    const objects = renderChart(["namespaced=true", ...given]);
    const kinds = new Set(objects.map(({ kind }) => kind));
    expect([...kinds].filter((kind) => kind.startsWith("Cluster") || kind.includes("Webhook"))).toEqual([]);
    const roles = objects.filter(({ kind, metadata }) => kind === "Role" && metadata.name.endsWith("manager-role"));
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(namespaces);
    expect(containerOf(["namespaced=true", ...given]).args).toEqual([
      "operator",
      "--enable-leader-election",
      `--watch-namespace=${namespaces.join(",")}`,
      "--metrics-addr=0",
      "--enable-webhooks=false",
    ]);
  });

  it("reach its pods and what stands beside them", () => {
    const objects = renderChart([
      'serviceAccount={"name":"mine","annotations":{"a":"b"}}',
      'podLabels={"team":"x"}',
      'podAnnotations={"note":"y"}',
      'priorityClassName="high"',
      'nodeSelector={"disk":"ssd"}',
      'tolerations=[{"operator":"Exists"}]',
      'affinity={"nodeAffinity":{}}',
      'imagePullSecrets=[{"name":"pull"}]',
      'image.pullPolicy="Always"',
      "podDisruptionBudget.enabled=true",
      "serviceMonitor.enabled=true",
    ]);
    expect(deploymentOf(objects).spec.template).toMatchObject({
      metadata: { labels: { team: "x" }, annotations: { note: "y" } },
      spec: {
        serviceAccountName: "mine",
        priorityClassName: "high",
        nodeSelector: { disk: "ssd" },
        tolerations: [{ operator: "Exists" }],
        affinity: { nodeAffinity: {} },
        imagePullSecrets: [{ name: "pull" }],
        containers: [{ imagePullPolicy: "Always" }],
      },
    });
    expect(Object.keys(byName(objects))).toEqual(
      expect.arrayContaining([
        `ServiceAccount ${OPERATOR_NAMESPACE}/mine`,
        `PodDisruptionBudget ${OPERATOR_NAMESPACE}/${NAME}`,
        `ServiceMonitor ${OPERATOR_NAMESPACE}/${NAME}`,
      ]),
    );
    const without = renderChart(["rbac.create=false", "serviceAccount.create=false", "webhooks.enabled=false"]).map(
      ({ kind }) => kind,
    );
    expect(new Set(without)).toEqual(new Set(["CustomResourceDefinition", "Deployment", "Service"]));
  });
});

describe("webhooks of the chart", () => {
  it("are not there when they are switched off, and v1alpha1 is not served", () => {
    const objects = byName(renderChart(["webhooks.enabled=false"]));
    expect(Object.keys(objects).filter((name) => name.includes("webhook-configuration"))).toEqual([]);
    expect(objects["CustomResourceDefinition /opentelemetrycollectors.opentelemetry.io"]).toMatchObject({
      spec: { versions: [{ name: "v1alpha1", served: false }, { name: "v1beta1" }] },
    });
    expect(containerOf(["webhooks.enabled=false"]).args).toContain("--enable-webhooks=false");
  });

  it("get their certificate from cert-manager as config/cert-manager says", () => {
    const kustomized = renderKustomization("cert-manager").filter(({ kind }) => kind !== "Namespace");
    const chart = renderChart(["webhooks.certManager.enabled=true"]).map(withoutPolicy);
    expect(byName(chart)).toEqual(byName(kustomized));
  });

  it("leave the CRDs to somebody else", () => {
    const kinds = renderChart(["crds.create=false"]).map(({ kind }) => kind);
    expect(kinds).not.toContain("CustomResourceDefinition");
  });
});

describe("on a real control plane", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({ controllerManager: true, scheduler: true, kwok: true });
    const node = { name: "node-0", annotations: { "kwok.x-k8s.io/node": "fake" } };
    await plane.kubectl(["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: node }));
    await plane.kubectl(["create", "namespace", OPERATOR_NAMESPACE]);
    const restricted = "pod-security.kubernetes.io/enforce=restricted";
    await plane.kubectl(["label", "namespace", OPERATOR_NAMESPACE, restricted]);
  }, START_TIMEOUT_MS);
  afterAll(async () => plane.stop(), START_TIMEOUT_MS);

  /** Runs what the Deployment runs, with its arguments and as its account, until the sample works in a namespace. */
  async function expectToWorkIn(namespace: string): Promise<void> {
    const text = await plane.kubectl(["get", "deployment", NAME, "-n", OPERATOR_NAMESPACE, "-o", "json"]);
    const { serviceAccountName, containers } = (JSON.parse(text) as Deployment).spec.template.spec;
    const token = await plane.kubectl(["create", "token", serviceAccountName, "-n", OPERATOR_NAMESPACE]);
    const [listen, probes] = [await freeAddress(), await freeAddress()];
    const [port = 0] = await freePorts(1);
    await callWebhooksAt(plane, port);
    const kubeconfig = plane.kubeconfigWithToken(token.trim());
    const addresses = [`--listen-addr=${listen}`, `--health-probe-addr=${probes}`, "--metrics-addr=0"];
    const own = [`--kubeconfig=${kubeconfig}`, ...addresses, `--webhook-port=${port}`, "--webhook-hosts=127.0.0.1"];
    const operator = startProgram({
      args: [...containers[0].args, ...own],
      dir: plane.dir,
      name: `operator-${namespace}`,
      env: { NAMESPACE: OPERATOR_NAMESPACE, RELATED_IMAGE_TARGET_ALLOCATOR: containers[0].image },
      url: `http://${listen}`,
    });
    try {
      await operator.whenReady(`http://${probes}/readyz`);
      await untilTrusted(plane);
      await plane.kubectl(["create", "namespace", namespace]);
      const sample = ["apply", "-n", namespace, "-k", join(ROOT, "config", "samples")];
      await eventually(async () => plane.kubectl(sample), WITHIN);
      await eventually(async () => {
        const status = await plane.kubectl(["get", "otelcol", "sample", "-n", namespace, "-o", "jsonpath={.status}"]);
        expect(JSON.parse(status)).toMatchObject({
          conditions: expect.arrayContaining([expect.objectContaining({ type: "Available", status: "True" })]),
        });
      }, WITHIN);
      const path = "jsonpath={.spec.template.spec.containers[0].image}";
      const image = await plane.kubectl(["get", "deployment", "sample-targetallocator", "-n", namespace, "-o", path]);
      expect(image).toBe(containers[0].image);
    } finally {
      await operator.child.stop();
    }
  }

  /** The Deployment's own pods pass admission of a restricted namespace, and are ready on the simulated node. */
  async function expectPodsAdmitted(): Promise<void> {
    await eventually(async () => {
      const ready = ["get", "deployment", NAME, "-n", OPERATOR_NAMESPACE, "-o", "jsonpath={.status.readyReplicas}"];
      expect(await plane.kubectl(ready)).toBe("2");
    }, WITHIN);
  }

  it(
    "the chart's operator reconciles the sample with the chart's permissions; removed, it leaves CRDs and resources",
    async () => {
      await helmInstall(plane.kubeconfigPath);
      await expectPodsAdmitted();
      await expectToWorkIn("by-helm");
      await helm(plane.kubeconfigPath, ["uninstall", "operator", "--wait"]);
      expect(await plane.kubectl(["get", "otelcol", "sample", "-n", "by-helm", "-o", "name"])).toContain("sample");
      expect(await plane.kubectl(["get", "clusterroles", "-o", "name"])).not.toContain(
        "opentelemetry-operator-manager-role",
      );
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "so does that of config/default",
    async () => {
      await callNoConversionWebhook(plane);
      await plane.kubectl(["apply", "--server-side", "--force-conflicts", "-k", join(ROOT, "config", "default")]);
      await expectPodsAdmitted();
      await expectToWorkIn("by-kustomize");
    },
    STEP_TIMEOUT_MS,
  );
});
