import { describe, expect, it } from "@jest/globals";

import type { Cluster } from "../../../src/api/opentelemetry/check.ts";
import { toV1beta1 } from "../../../src/api/opentelemetry/convert.ts";
import { withDefaults } from "../../../src/api/opentelemetry/default.ts";
import { toWholeNumber } from "../../../src/api/opentelemetry/quantity.ts";
import type { OpenTelemetryCollector } from "../../../src/api/opentelemetry/v1beta1.ts";
import { changeProblem } from "../../../src/api/opentelemetry/validate-mode.ts";
import { problemsOfTargetAllocator } from "../../../src/api/opentelemetry/validate-target-allocator.ts";
import { problemsOf } from "../../../src/api/opentelemetry/validate.ts";
import { collector } from "../../support/collectors.ts";

type Spec = Readonly<Record<string, unknown>>;

function problems(spec: Spec, cluster?: Cluster): readonly string[] {
  const base = collector();
  return problemsOf(withDefaults({ ...base, spec: { ...base.spec, ...spec } } as OpenTelemetryCollector), cluster);
}

const CERTIFICATE = { certificateSecret: { name: "a" }, keySecret: { name: "a" } };
const OWN_CERTIFICATES = {
  serverCertificate: CERTIFICATE,
  clientCertificate: CERTIFICATE,
  certificateAuthorityCertificate: { secret: { name: "a" } },
};
const mtls = (settings: Spec): Spec => ({ targetAllocator: { enabled: true, mtls: { enabled: true, ...settings } } });
const scaling = (settings: Spec): Spec => ({ autoscaler: { maxReplicas: 5, ...settings } });
const metric = (target: Spec): Spec =>
  scaling({ metrics: [{ type: "Pods", pods: { metric: { name: "a" }, target } }] });
const sidecar = (more: Spec): Spec => ({ mode: "sidecar", targetAllocator: undefined, ...more });

const SCALING = "the OpenTelemetry Spec autoscale configuration is incorrect, ";
const MODE = (mode: string): string =>
  `the OpenTelemetry Collector mode is set to ${mode}, which does not support the attribute `;
const OWN = "mTLS is enabled with useCertManager set to false; ";

describe("a collector is refused", () => {
  it.each<{ name: string; spec: Spec; want: string; cluster?: Cluster }>([
    {
      name: "with claims of a StatefulSet in another mode",
      spec: { mode: "deployment", volumeClaimTemplates: [{}] },
      want: `${MODE("deployment")}'volumeClaimTemplates'`,
    },
    {
      name: "with tolerations of a sidecar",
      spec: sidecar({ tolerations: [{ operator: "Exists" }] }),
      want: `${MODE("sidecar")}'tolerations'`,
    },
    {
      name: "with a priority of a sidecar",
      spec: sidecar({ priorityClassName: "high" }),
      want: `${MODE("sidecar")}'priorityClassName'`,
    },
    { name: "with affinity of a sidecar", spec: sidecar({ affinity: {} }), want: `${MODE("sidecar")}'affinity'` },
    {
      name: "with containers beside a sidecar",
      spec: sidecar({ additionalContainers: [{ name: "a" }] }),
      want: `${MODE("sidecar")}'AdditionalContainers'`,
    },
    {
      name: "with mTLS by a cert-manager that is not there",
      spec: mtls({}),
      cluster: { certManager: false },
      want: "mTLS is enabled with useCertManager but cert-manager is not available; install cert-manager and restart the operator, or set useCertManager to false",
    },
    {
      name: "with mTLS by certificates that it does not name",
      spec: mtls({ useCertManager: false, tls: { serverCertificate: CERTIFICATE } }),
      want: `${OWN}tls.serverCertificate and tls.clientCertificate must both be set`,
    },
    {
      name: "with mTLS and nobody to trust",
      spec: mtls({ useCertManager: false, tls: { ...OWN_CERTIFICATES, certificateAuthorityCertificate: undefined } }),
      want: `${OWN}tls.certificateAuthorityCertificate must be set`,
    },
    {
      name: "with mTLS and two to trust",
      spec: mtls({
        useCertManager: false,
        tls: {
          ...OWN_CERTIFICATES,
          certificateAuthorityCertificate: { secret: { name: "a" }, configMap: { name: "a" } },
        },
      }),
      want: "tls.certificateAuthorityCertificate must set exactly one of secret or configMap",
    },
    {
      name: "without an upper bound to scale to",
      spec: { autoscaler: { minReplicas: 2 } },
      want: "spec.maxReplica must be set when spec.minReplica is set",
    },
    {
      name: "with more pods than it may have",
      spec: { replicas: 6, autoscaler: { maxReplicas: 5, minReplicas: 1 } },
      want: `${SCALING}replicas must not be greater than maxReplicas`,
    },
    {
      name: "with a lower bound above the upper",
      spec: scaling({ minReplicas: 6 }),
      want: `${SCALING}minReplicas must not be greater than maxReplicas`,
    },
    {
      name: "when it scales down too slowly",
      spec: scaling({ behavior: { scaleDown: { stabilizationWindowSeconds: 3601 } } }),
      want: `${SCALING}scaleDown.stabilizationWindowSeconds should be >=0 and <=3600`,
    },
    {
      name: "when it scales up before time",
      spec: scaling({ behavior: { scaleUp: { stabilizationWindowSeconds: -1 } } }),
      want: `${SCALING}scaleUp.stabilizationWindowSeconds should be >=0 and <=3600`,
    },
    {
      name: "with a metric of something else",
      spec: scaling({ metrics: [{ type: "Resource", resource: { name: "cpu" } }] }),
      want: `${SCALING}metric type unsupported. Expected metric of source type Pod`,
    },
    {
      name: "with a metric of pods that says nothing of them",
      spec: scaling({ metrics: [{ type: "Pods" }] }),
      want: `${SCALING}metric type unsupported. Expected metric of source type Pod`,
    },
    {
      name: "with a mean of nothing",
      spec: metric({ type: "AverageValue", averageValue: "0" }),
      want: `${SCALING}average value should be greater than 0`,
    },
    {
      name: "with a part as value",
      spec: metric({ type: "Value", value: "1500m" }),
      want: `${SCALING}value should be greater than 0`,
    },
    {
      name: "with another aim",
      spec: metric({ type: "Utilization", averageUtilization: 50 }),
      want: `${SCALING}invalid pods target type`,
    },
    {
      name: "with an Ingress to a sidecar",
      spec: sidecar({ ingress: { type: "ingress" } }),
      want: "the OpenTelemetry Spec Ingress configuration is incorrect. Ingress can only be used in combination with the modes: deployment, daemonset, statefulset",
    },
    ...["", "*", undefined].map((hostname) => ({
      name: `with subdomains of ${String(hostname)}`,
      spec: { ingress: { type: "ingress", ruleType: "subdomain", hostname } },
      want: "a valid Ingress hostname has to be defined for subdomain ruleType",
    })),
    {
      name: "with the update strategy of a DaemonSet in another mode",
      spec: { daemonSetUpdateStrategy: { type: "OnDelete" } },
      want: `${MODE("statefulset")}'updateStrategy'`,
    },
    {
      name: "with the update strategy of a Deployment in another mode",
      spec: { deploymentUpdateStrategy: { type: "Recreate" } },
      want: `${MODE("statefulset")}'deploymentUpdateStrategy'`,
    },
    {
      name: "with components that must not be used",
      spec: {},
      cluster: { disabledComponents: ["exporter.debug", "receiver.otlp", "receiver.prometheus", "junk", "x.debug"] },
      want: "the collector configuration contains not FIPS compliant components: [exporter.debug receiver.prometheus]. Please remove it from the config",
    },
  ])("$name", ({ spec, want, cluster }) => {
    expect(problems(spec, cluster)).toEqual([want]);
  });

  it("for all that is wrong, in the order in which the Go operator finds it", () => {
    const spec = {
      mode: "sidecar",
      tolerations: [{ operator: "Exists" }],
      ports: [{ name: "", port: 1 }],
      autoscaler: { minReplicas: 9, maxReplicas: 5, metrics: [{ type: "Object" }] },
      ingress: { type: "ingress", ruleType: "subdomain" },
      deploymentUpdateStrategy: { type: "Recreate" },
    };
    const wanted = [
      /'tolerations'/,
      /target allocation deployment/,
      /Spec Ports/,
      /minReplicas must not be greater/,
      /metric type unsupported/,
      /Ingress can only be used/,
      /valid Ingress hostname/,
      /'deploymentUpdateStrategy'/,
    ];
    const found = problems(spec);
    expect(found).toHaveLength(wanted.length);
    for (const [i, pattern] of wanted.entries()) expect(found[i]).toMatch(pattern);
  });

  it("for a text of v1alpha1 that is no YAML, and says where", () => {
    const old = { ...collector(), spec: { managementState: "managed" as const, config: "receivers:\n  - [" } };
    const [first] = problemsOf(withDefaults(toV1beta1(old)));
    expect(first).toMatch(/^spec\.config of v1alpha1 is no YAML that can be read: .*line 2/);
  });
});

describe("a collector is accepted", () => {
  it.each<{ name: string; spec: Spec; cluster?: Cluster }>([
    { name: "with mTLS, while nothing is known of cert-manager", spec: mtls({}) },
    { name: "with mTLS by cert-manager", spec: mtls({}), cluster: { certManager: true } },
    {
      name: "with mTLS by certificates of its own",
      spec: mtls({ useCertManager: false, tls: OWN_CERTIFICATES }),
      cluster: { certManager: false },
    },
    {
      name: "with mTLS by certificates that the operator issues",
      spec: mtls({ useCertManager: false }),
      cluster: { certManager: false },
    },
    { name: "with mTLS that is off", spec: mtls({ enabled: false, useCertManager: false }) },
    {
      name: "when it scales within bounds",
      spec: scaling({ behavior: { scaleUp: { stabilizationWindowSeconds: 3600 }, scaleDown: {} } }),
    },
    { name: "with a mean of pods", spec: metric({ type: "AverageValue", averageValue: "1k" }) },
    { name: "with a value of pods", spec: metric({ type: "Value", value: 3 }) },
    { name: "with subdomains", spec: { ingress: { ruleType: "subdomain", hostname: "example.com" } } },
    { name: "with strategies that say nothing", spec: { deploymentUpdateStrategy: {}, daemonSetUpdateStrategy: {} } },
  ])("$name", ({ spec, cluster }) => {
    expect(problems(spec, cluster)).toEqual([]);
  });
});

const inMode = (mode: "deployment" | "statefulset"): ReturnType<typeof withDefaults> =>
  withDefaults(collector({ spec: { mode } }));

describe("changeProblem", () => {
  it("refuses another mode", () => {
    const problem = changeProblem(inMode("deployment"), inMode("statefulset"));
    expect(problem).toBe("the OpenTelemetry Collector mode is set to deployment, which does not support modification");
  });

  it("allows everything else", () => {
    const scaled = withDefaults(collector({ spec: { mode: "deployment", replicas: 5 } }));
    expect(changeProblem(inMode("deployment"), scaled)).toBeUndefined();
  });
});

const problemsOfOne = (spec?: Spec, cluster?: Cluster): readonly string[] =>
  problemsOfTargetAllocator(
    {
      apiVersion: "opentelemetry.io/v1alpha1",
      kind: "TargetAllocator",
      metadata: { name: "a" },
      ...(spec === undefined ? {} : { spec }),
    },
    cluster,
  );

describe("problemsOfTargetAllocator", () => {
  it("finds nothing wrong with one that says nothing", () => {
    expect(problemsOfOne()).toEqual([]);
  });

  it("finds everything that is wrong, in order", () => {
    const spec = {
      allocationStrategy: "other",
      ports: [{ name: "a", port: 0 }],
      mtls: { enabled: true },
      prometheusCR: { enabled: true, allowNamespaces: ["a"], denyNamespaces: ["b"] },
    };
    expect(problemsOfOne(spec, { certManager: false })).toEqual([
      expect.stringContaining('spec.allocationStrategy "other" is none of'),
      "the OpenTelemetry Spec Ports configuration is incorrect, port 0 is not in 1..65535",
      expect.stringContaining("cert-manager is not available"),
      "spec.prometheusCR: allowNamespaces and denyNamespaces are mutually exclusive",
    ]);
  });
});

describe("toWholeNumber", () => {
  it.each<[quantity: unknown, want: number | undefined]>([
    [1, 1],
    ["2", 2],
    ["1k", 1000],
    ["1Ki", 1024],
    ["3e2", 300],
    ["1000m", 1],
    ["100m", undefined],
    ["1.5", undefined],
    ["", undefined],
    ["x", undefined],
    [undefined, undefined],
  ])("%s is %s", (quantity, want) => {
    expect(toWholeNumber(quantity)).toBe(want);
  });
});
