import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { connect } from "node:tls";
import { parse } from "yaml";

import type { KubeObject } from "../../src/api/meta.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import { createAuthority } from "../../src/certificates/authority.ts";
import { WEBHOOK_CERTIFICATE_SECRET } from "../../src/controllers/index.ts";
import { createKubeConnection } from "../../src/kube/client-node/connection.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { ensurePart } from "../../tools/real-parts/build.ts";
import { freePorts } from "../../tools/real-parts/child.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { START_TIMEOUT_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { type OperatorProgram, OperatorStage } from "../support/operator-stage.ts";
import { installWebhooks, trustedBundles, untilTrusted } from "../support/webhook-stage.ts";

const BUILD_TIMEOUT_MS = 20 * 60_000;
const STEP_TIMEOUT_MS = 180_000;
const WITHIN = { withinMs: 60_000, everyMs: 200 };
const V1BETA1 = "opentelemetrycollectors.v1beta1.opentelemetry.io";
const SEED = readFileSync(join(ROOT, "test/api/opentelemetry/testdata/seed-v1alpha1.yaml"), "utf8").replace(
  "namespace: monitoring",
  "namespace: shop",
);

const serving = (port: number): readonly string[] => [
  "--enable-webhooks",
  `--webhook-port=${port}`,
  "--webhook-hosts=127.0.0.1",
];

let stage: OperatorStage;
let port: number;
let operator: OperatorProgram;

beforeAll(async () => {
  for (const part of ["helm", "kubectl"] as const) await ensurePart(part, () => undefined);
  stage = await OperatorStage.start();
  [port = 0] = await freePorts(1);
  await installWebhooks(stage.plane, port);
  operator = await stage.startOperator("operator", serving(port));
  await operator.ready();
  await untilTrusted(stage.plane);
  await eventually(
    async () => stage.kubectl(["create", "--dry-run=server", "-f", "-"], text(minimal("first"))),
    WITHIN,
  );
}, BUILD_TIMEOUT_MS);

afterAll(async () => stage.stop(), START_TIMEOUT_MS);

const text = (object: unknown): string => JSON.stringify(object);

const CONFIG = {
  receivers: { otlp: { protocols: { grpc: {} } } },
  exporters: { debug: {} },
  service: { pipelines: { metrics: { receivers: ["otlp"], exporters: ["debug"] } } },
};

function minimal(name: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  const metadata = { name, namespace: "shop" };
  const object = { apiVersion: "opentelemetry.io/v1beta1", kind: "OpenTelemetryCollector", metadata };
  return { ...object, spec: { config: CONFIG, ...spec } } as KubeObject;
}

it(
  "an example of v1alpha1 works by kubectl apply, and is stored in v1beta1 with its configuration and defaults",
  async () => {
    await stage.kubectl(["apply", "-f", "-"], SEED);
    const { metadata } = parse(SEED) as KubeObject;
    const stored = await stage.get(V1BETA1, metadata.name);
    expect(stored).toHaveProperty(
      "spec.config.receivers.prometheus.config.scrape_configs.0.job_name",
      "otel-collector",
    );
    expect(stored).toHaveProperty("spec.config.service.telemetry.metrics.readers");
    const shown = await stage.get("opentelemetrycollectors.v1alpha1.opentelemetry.io", metadata.name);
    expect(shown).toHaveProperty("spec.config", expect.stringContaining("job_name: otel-collector"));
    await stage.kubectl(["apply", "-f", "-"], SEED);
    const again = await stage.get(V1BETA1, metadata.name);
    expect(again.metadata.generation).toBe(stored.metadata.generation);
  },
  STEP_TIMEOUT_MS,
);

const withAllocator = (targetAllocator: object, more: object = {}): Readonly<Record<string, unknown>> => ({
  mode: "statefulset",
  config: {
    ...CONFIG,
    receivers: { ...CONFIG.receivers, prometheus: { config: { scrape_configs: [{ job_name: "a" }] } } },
  },
  targetAllocator: { enabled: true, ...targetAllocator },
  ...more,
});

const autoscaled = (autoscaler: object): Readonly<Record<string, unknown>> => ({
  autoscaler: { maxReplicas: 3, ...autoscaler },
});

interface Refusal {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly want: string;
}

/** Each rule once, in the order in which they are looked at. Some are the schema's, which comes first. */
const REFUSALS: readonly Refusal[] = [
  {
    name: "no receivers",
    spec: { config: { ...CONFIG, receivers: {} } },
    want: "no receivers available as part of the configuration",
  },
  {
    name: "claims of a Deployment",
    spec: { volumeClaimTemplates: [{ metadata: { name: "a" }, spec: {} }] },
    want: "mode is set to deployment, which does not support the attribute 'volumeClaimTemplates'",
  },
  {
    name: "what becomes of the claims of a Deployment",
    spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" } },
    want: "does not support the attribute 'persistentVolumeClaimRetentionPolicy'",
  },
  {
    name: "a sidecar with tolerations",
    spec: { mode: "sidecar", tolerations: [{ operator: "Exists" }] },
    want: "does not support the attribute 'tolerations'",
  },
  {
    name: "a sidecar with a priority class",
    spec: { mode: "sidecar", priorityClassName: "a" },
    want: "does not support the attribute 'priorityClassName'",
  },
  {
    name: "a sidecar with affinity",
    spec: { mode: "sidecar", affinity: {} },
    want: "does not support the attribute 'affinity'",
  },
  {
    name: "a sidecar with more containers",
    spec: { mode: "sidecar", additionalContainers: [{ name: "a", image: "b" }] },
    want: "does not support the attribute 'additionalContainers'",
  },
  {
    name: "a sidecar with an allocator",
    spec: withAllocator({}, { mode: "sidecar" }),
    want: "mode is set to sidecar, which does not support the target allocation deployment",
  },
  {
    name: "a DaemonSet that does not allocate per node",
    spec: withAllocator({}, { mode: "daemonset" }),
    want: "mode is set to daemonset, which must be used with target allocation strategy per-node",
  },
  {
    name: "per-node without a DaemonSet",
    spec: withAllocator({ allocationStrategy: "per-node" }),
    want: "target allocation strategy per-node is only supported in OpenTelemetry Collector mode daemonset",
  },
  {
    name: "an allocator without prometheus receiver",
    spec: withAllocator({}, { config: CONFIG }),
    want: "the OpenTelemetry Spec Prometheus configuration is incorrect, no prometheus receiver available",
  },
  {
    name: "an allocator without jobs",
    spec: withAllocator({}, { config: { ...CONFIG, receivers: { prometheus: { config: {} } } } }),
    want: "either at least one scrape config needs to be defined or PrometheusCR needs to be enabled",
  },
  {
    name: "mTLS with certificates that are not named",
    spec: withAllocator({
      mtls: {
        enabled: true,
        useCertManager: false,
        tls: { serverCertificate: { certificateSecret: { name: "a", key: "b" }, keySecret: { name: "a", key: "c" } } },
      },
    }),
    want: "tls.serverCertificate and tls.clientCertificate must both be set",
  },
  {
    name: "mTLS by a cert-manager that is not there",
    spec: withAllocator({ mtls: { enabled: true, useCertManager: true } }),
    want: "mTLS is enabled with useCertManager but cert-manager is not available",
  },
  {
    name: "mTLS with two authorities",
    spec: withAllocator({
      mtls: {
        enabled: true,
        useCertManager: false,
        tls: {
          serverCertificate: { certificateSecret: { name: "a" }, keySecret: { name: "a" } },
          clientCertificate: { certificateSecret: { name: "a" }, keySecret: { name: "a" } },
          certificateAuthorityCertificate: { secret: { name: "a" }, configMap: { name: "a" } },
        },
      },
    }),
    want: "tls.certificateAuthorityCertificate must set exactly one of secret or configMap",
  },
  {
    name: "namespaces that are allowed and denied",
    spec: withAllocator({ prometheusCR: { enabled: true, allowNamespaces: ["a"], denyNamespaces: ["b"] } }),
    want: "allowNamespaces and denyNamespaces are mutually exclusive",
  },
  {
    name: "a port without a good name",
    spec: { ports: [{ name: "A_B", port: 1 }] },
    want: "the OpenTelemetry Spec Ports configuration is incorrect, port name",
  },
  {
    name: "a lower bound alone",
    spec: { autoscaler: { minReplicas: 1 } },
    want: "spec.maxReplica must be set when spec.minReplica is set",
  },
  {
    name: "more replicas than at most",
    spec: autoscaled({ maxReplicas: 1, minReplicas: 1 }),
    want: "replicas must not be greater than maxReplicas",
  },
  {
    name: "a lower bound above the upper",
    spec: autoscaled({ minReplicas: 4 }),
    want: "minReplicas must not be greater than maxReplicas",
  },
  {
    name: "a window that is too long",
    spec: autoscaled({ behavior: { scaleUp: { stabilizationWindowSeconds: 3601 } } }),
    want: "scaleUp.stabilizationWindowSeconds should be >=0 and <=3600",
  },
  {
    name: "a measure that is not of pods",
    spec: autoscaled({ metrics: [{ type: "Resource" }] }),
    want: "metric type unsupported. Expected metric of source type Pod",
  },
  {
    name: "a sidecar with an Ingress",
    spec: { mode: "sidecar", ingress: { type: "ingress" } },
    want: "Ingress can only be used in combination with the modes",
  },
  {
    name: "subdomains of nothing, also where autoscaling is set",
    spec: { ...autoscaled({}), ingress: { type: "ingress", ruleType: "subdomain" } },
    want: "a valid Ingress hostname has to be defined for subdomain ruleType",
  },
  {
    name: "an update strategy of DaemonSets",
    spec: { daemonSetUpdateStrategy: { type: "OnDelete" } },
    want: "does not support the attribute 'updateStrategy'",
  },
  {
    name: "an update strategy of Deployments",
    spec: { mode: "statefulset", deploymentUpdateStrategy: { type: "Recreate" } },
    want: "does not support the attribute 'deploymentUpdateStrategy'",
  },
  {
    name: "a protocol that there is not",
    spec: { config: { ...CONFIG, receivers: { otlp: { protocols: { smoke: {} } } } } },
    want: "the OpenTelemetry config is incorrect. spec.config.receivers.otlp: unknown protocol set: smoke",
  },
];

describe("kubectl create is refused, with the reason,", () => {
  it.each(REFUSALS)("for $name", async ({ spec, want }) => {
    const replicas = "autoscaler" in spec ? { replicas: 2 } : {};
    const created = stage.kubectl(
      ["create", "--dry-run=server", "-f", "-"],
      text(minimal("wrong", { ...replicas, ...spec })),
    );
    await expect(created).rejects.toThrow(want);
  });

  it.each([
    { name: "a port", spec: { ports: [{ name: "A_B", port: 1 }] }, want: "port name" },
    {
      name: "namespaces",
      spec: { prometheusCR: { allowNamespaces: ["a"], denyNamespaces: ["b"] } },
      want: "mutually exclusive",
    },
    {
      name: "mTLS by a cert-manager that is not there",
      spec: { mtls: { enabled: true } },
      want: "cert-manager is not available",
    },
  ])("for $name of a TargetAllocator", async ({ spec, want }) => {
    const metadata = { name: "wrong", namespace: "shop" };
    const allocator = { apiVersion: "opentelemetry.io/v1alpha1", kind: "TargetAllocator", metadata, spec };
    await expect(stage.kubectl(["create", "--dry-run=server", "-f", "-"], text(allocator))).rejects.toThrow(want);
  });

  it("for v1alpha1 whose configuration is no YAML", async () => {
    const broken = SEED.replace("config: |", "config: |\n    a: [").replace("collector-with-ta", "broken");
    await expect(stage.kubectl(["create", "--dry-run=server", "-f", "-"], broken)).rejects.toThrow(
      "spec.config of v1alpha1 is no YAML that can be read",
    );
  });
});

describe("kubectl", () => {
  it("shows warnings: objects that are null, and what the allocator's account lacks", async () => {
    const exporters = { debug: null };
    const spec = withAllocator({ prometheusCR: { enabled: true, serviceMonitorSelector: {} }, serviceAccount: "poor" });
    const config = { ...(spec["config"] as object), exporters };
    const created = stage.kubectl(
      ["create", "--dry-run=server", "--warnings-as-errors", "-f", "-"],
      text(minimal("doubtful", { ...spec, config })),
    );
    const message = await created.then(() => "", String);
    expect(message).toContain("Collector config spec.config has null objects: exporters.debug:");
    expect(message).toMatch(
      /missing the following rules for system:serviceaccount:shop:poor - monitoring.coreos.com\/servicemonitors: \[\S*list/,
    );
  });

  it("cannot change the mode of a collector, and can do everything else", async () => {
    await stage.kubectl(["create", "-f", "-"], text(minimal("modes")));
    const patch = (spec: object): Promise<string> =>
      stage.kubectl(["patch", "otelcol", "modes", "--type=merge", "-p", text({ spec })]);
    await expect(patch({ mode: "statefulset" })).rejects.toThrow(
      "the OpenTelemetry Collector mode is set to deployment, which does not support modification",
    );
    await patch({ replicas: 3 });
    await stage.kubectl(["delete", "otelcol", "modes"]);
  });
});

it(
  "roles of an allocator are not for authors who do not hold what they give, and the operator passes on what others may",
  async () => {
    await stage.kubectl([
      "create",
      "role",
      "authors",
      "--verb=create",
      "--resource=opentelemetrycollectors.opentelemetry.io",
    ]);
    await stage.kubectl(["create", "rolebinding", "authors", "--role=authors", "--user=eve"]);
    const prometheusCR = { enabled: true, serviceMonitorSelector: {} };
    const asking = text(minimal("asking", withAllocator({ rbac: { create: true }, prometheusCR })));
    const refused = await stage.kubectl(["create", "--as=eve", "-f", "-"], asking).then(() => "", String);
    expect(refused).toContain('user "eve" is not allowed to create a collector whose spec.targetAllocator.rbac.create');
    expect(refused).toMatch(
      /would grant permissions they do not hold: .*secrets in namespace shop: \[get,list,watch\]/,
    );
    await stage.kubectl(["create", "-f", "-"], asking);
    await eventually(async () => stage.get("targetallocators.opentelemetry.io", "asking"), WITHIN);
    await stage.kubectl(["delete", "otelcol", "asking"]);
  },
  STEP_TIMEOUT_MS,
);

interface Secret extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

const readSecret = async (): Promise<Readonly<Record<string, string>>> => {
  const { data } = JSON.parse(
    await stage.plane.kubectl(["get", "secret", WEBHOOK_CERTIFICATE_SECRET, "-n", "default", "-o", "json"]),
  ) as Secret;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
};

const patchSecret = async (data: Readonly<Record<string, string>>): Promise<string> => {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  const patch = text({ data: Object.fromEntries(encoded) as object });
  return stage.plane.kubectl([
    "patch",
    "secret",
    WEBHOOK_CERTIFICATE_SECRET,
    "-n",
    "default",
    "--type=merge",
    "-p",
    patch,
  ]);
};

/** The certificate that a new connection is shown. */
async function servedCertificate(): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw).toString();
}

describe("certificates", () => {
  it(
    "are replaced while requests come, and no request fails",
    async () => {
      const before = await readSecret();
      const stop = new AbortController();
      let asked = 0;
      const { kubeconfigPath } = stage.plane;
      const connection = createKubeConnection({ kubeconfigPath, timers: systemClock, onWarning: () => undefined });
      const type = { ...RESOURCES.OpenTelemetryCollector, version: "v1alpha1" };
      const asks = (async () => {
        for (; !stop.signal.aborted; asked += 1) await connection.client.list(type, { namespace: "shop" });
      })();
      try {
        for (let round = 0; round < 3; round += 1) {
          const { "tls.crt": old = "" } = await readSecret();
          await patchSecret({ "tls.crt": "", "tls.key": "" });
          await eventually(async () => expect(await servedCertificate()).not.toBe(old), WITHIN);
          const from = asked;
          await Promise.race([asks, eventually(() => expect(asked).toBeGreaterThan(from + 2))]);
        }
      } finally {
        stop.abort();
        await Promise.allSettled([asks]);
        await connection.close();
      }
      await asks;
      expect((await readSecret())["ca.crt"]).toBe(before["ca.crt"]);
      await stage.kubectl(["create", "--dry-run=server", "-f", "-"], text(minimal("after")));
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "of a new authority are served only when all are told to trust it, and the old one stays trusted",
    async () => {
      const before = await readSecret();
      // Of a while ago: API servers have had their time.
      const terms = { commonName: "next", nowMs: Date.now() - 3_600_000, lifetimeMs: 86_400_000_000 };
      const next = await createAuthority(terms);
      await patchSecret({ "ca.crt": `${before["ca.crt"] ?? ""}${next.certificate}`, "next-ca.key": next.key });
      await eventually(async () => {
        expect((await readSecret())["ca.key"]).toBe(next.key);
      }, WITHIN);
      const bundle = `${before["ca.crt"] ?? ""}${next.certificate}`;
      expect(new Set(await trustedBundles(stage.plane))).toEqual(new Set([bundle]));
      expect(await servedCertificate()).toBe(before["tls.crt"]);
      await patchSecret({ "tls.crt": "", "tls.key": "" });
      await eventually(async () => {
        const served = new X509Certificate(await servedCertificate());
        expect(served.checkIssued(new X509Certificate(next.certificate))).toBe(true);
      }, WITHIN);
      await eventually(
        async () => stage.kubectl(["create", "--dry-run=server", "-f", "-"], text(minimal("after"))),
        WITHIN,
      );
    },
    STEP_TIMEOUT_MS,
  );
});

/** It stops the operator, so it comes last. */
describe("while no webhook answers", () => {
  it(
    "kubectl says which one was called, while labels and deletions pass; and what was written meanwhile is a condition",
    async () => {
      await stage.kubectl(["create", "-f", "-"], text(minimal("kept")));
      await operator.child.stop();
      const created = stage.kubectl(["create", "-f", "-"], text(minimal("late")));
      await expect(created).rejects.toThrow('failed calling webhook "mopentelemetrycollectorbeta.kb.io"');
      await stage.kubectl(["label", "otelcol", "kept", "team=a"]);
      expect((await stage.get("otelcol", "kept")).metadata.labels).toMatchObject({ team: "a" });
      await stage.kubectl(["delete", "otelcol", "kept", "--wait=false"]);

      const kinds = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"];
      for (const kind of kinds) await stage.plane.kubectl(["delete", kind, "--all"]);
      const off = await stage.startOperator("off", ["--enable-webhooks=false"]);
      await off.ready();
      const spec = { volumeClaimTemplates: [{ metadata: { name: "a" }, spec: {} }] };
      await eventually(async () => stage.kubectl(["create", "-f", "-"], text(minimal("unchecked", spec))), WITHIN);
      await eventually(async () => {
        const degraded = await stage.degraded("unchecked");
        expect(degraded).toMatchObject({ status: "True", message: expect.stringContaining("volumeClaimTemplates") });
      }, WITHIN);
    },
    STEP_TIMEOUT_MS,
  );
});
