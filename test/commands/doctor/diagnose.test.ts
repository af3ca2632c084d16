import { describe, expect, it } from "@jest/globals";
import type { MtlsSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { questionKey } from "../../../src/commands/doctor/access-question.ts";
import { DOCTOR_MANAGER } from "../../../src/commands/doctor/accumulate.ts";
import { diagnose, questionsAbout } from "../../../src/commands/doctor/diagnose.ts";
import { type Finding, type FindingCode, severityOf } from "../../../src/commands/doctor/finding.ts";
import type { CustomResource, Definition, Deployment, NetworkPolicy } from "../../../src/commands/doctor/kinds.ts";
import type { Observation, ObservedAllocator } from "../../../src/commands/doctor/observation.ts";
import { toJsonReport, toTextReport } from "../../../src/commands/doctor/report.ts";

/** A cluster in which nothing is wrong and nothing is installed. */
const seen = (more: Partial<Observation> = {}): Observation => ({
  nowMs: 0,
  kubernetes: { major: 1, minor: 36 },
  ownName: "ann",
  collectors: [],
  targetAllocators: [],
  definitions: new Map(),
  missingDefinitions: new Set(),
  operators: undefined,
  lease: undefined,
  webhooks: [],
  backends: new Map(),
  namespaces: undefined,
  monitors: { ServiceMonitor: [], PodMonitor: [], Probe: [], ScrapeConfig: [] },
  allocators: [],
  invalid: new Map(),
  policies: [],
  apiServer: undefined,
  answers: new Map(),
  unread: [],
  ...more,
});

const FILE = `
allocation_strategy: consistent-hashing
collector_selector: { matchlabels: { a: b } }
config:
  scrape_configs:
  - { job_name: a, static_configs: [{ targets: ["a:1"] }], basic_auth: { username: u, password: p } }
prometheus_cr: { enabled: true }
`;

const owner = (more: Partial<CustomResource> = {}): CustomResource => ({
  apiVersion: "opentelemetry.io/v1beta1",
  kind: "OpenTelemetryCollector",
  metadata: { name: "web", namespace: "shop" },
  ...more,
});

const allocator = (more: Partial<ObservedAllocator> = {}): ObservedAllocator => ({
  owner: owner(),
  settingsPath: ["spec", "targetAllocator"],
  spec: { enabled: true, prometheusCR: { enabled: true } },
  name: { namespace: "shop", name: "web-targetallocator" },
  account: { namespace: "shop", name: "web-targetallocator" },
  accountNamed: false,
  accountExists: true,
  podLabels: { "app.kubernetes.io/component": "opentelemetry-targetallocator" },
  port: { name: "http", number: 8080 },
  fileText: FILE,
  selector: undefined,
  ...more,
});

const definition = (versions: readonly string[]): Definition => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "opentelemetrycollectors.opentelemetry.io" },
  spec: { versions: versions.map((name) => ({ name, served: true })) },
});

const codes = (findings: readonly Finding[]): readonly FindingCode[] => findings.map(({ code }) => code);
const findingOf = (findings: readonly Finding[], wanted: FindingCode): Finding | undefined =>
  findings.find(({ code }) => code === wanted);

describe("diagnose", () => {
  it("finds nothing where nothing is", () => {
    expect(diagnose(seen())).toEqual([]);
  });

  it.each<{ minor: number; want: readonly FindingCode[] }>([
    { minor: 28, want: ["KubernetesTooOld"] },
    { minor: 29, want: [] },
    { minor: 36, want: [] },
    { minor: 37, want: ["KubernetesUntested"] },
  ])("holds Kubernetes 1.$minor against what is supported", ({ minor, want }) => {
    expect(codes(diagnose(seen({ kubernetes: { major: 1, minor } })))).toEqual(want);
  });

  it("tells of a definition that does not serve the version that is read", () => {
    const { metadata } = definition([]);
    const findings = diagnose(seen({ definitions: new Map([[metadata.name, definition(["v1alpha1"])]]) }));
    expect(findingOf(findings, "CrdVersionNotServed")?.message).toContain("served: v1alpha1");
  });

  it("tells of a selector of collectors that selects no pod, and of none that does", () => {
    const selecting = (selectedPods: number): readonly Finding[] =>
      diagnose(seen({ allocators: [allocator({ selector: "a=b", selectedPods })] }));
    expect(findingOf(selecting(0), "CollectorSelectorSelectsNothing")?.message).toContain("(a=b) selects no pod");
    expect(findingOf(selecting(1), "CollectorSelectorSelectsNothing")).toBeUndefined();
  });

  it("asks nothing about an operator that it must not see, and says what it could not read", () => {
    expect(questionsAbout(seen())).toEqual([]);
    const unread = [{ group: "apps", plural: "deployments", namespace: undefined, verb: "list" }] as const;
    const [finding] = diagnose(seen({ unread }));
    expect(finding).toMatchObject({ code: "CheckNotPermitted", object: "User ann" });
    expect(finding?.mending.apply?.map(({ kind }) => kind)).toEqual(["ClusterRole", "ClusterRoleBinding"]);
  });

  it("takes a question that could not be asked for no finding", () => {
    const observation = seen({ allocators: [allocator()] });
    const [question] = questionsAbout(observation);
    if (question === undefined) throw new Error("nothing is asked");
    expect(codes(diagnose(observation))).not.toContain("AllocatorLacksPermission");
    const answers = new Map([[questionKey(question), false]]);
    expect(codes(diagnose({ ...observation, answers }))).toContain("AllocatorLacksPermission");
  });
});

describe("what mends", () => {
  it("does not take back what mends the same object otherwise", () => {
    const findings = diagnose(seen({ allocators: [allocator()] }));
    const last = findings.findLast(({ mending }) => mending.apply?.[0]?.kind === "OpenTelemetryCollector");
    expect(codes(findings)).toEqual(expect.arrayContaining(["CredentialsWithheld", "NoMonitorSelector"]));
    expect(last?.mending.apply?.[0]?.["spec"]).toEqual({
      targetAllocator: {
        mtls: { enabled: true },
        prometheusCR: {
          serviceMonitorSelector: {},
          podMonitorSelector: {},
          probeSelector: {},
          scrapeConfigSelector: {},
        },
      },
    });
  });

  it("keeps what was mended on another day", () => {
    const fieldsV1 = {
      "f:spec": { "f:targetAllocator": { "f:replicas": {}, "f:prometheusCR": { "f:podMonitorSelector": {} } } },
    };
    const mended = owner({
      metadata: {
        name: "web",
        namespace: "shop",
        managedFields: [{ manager: DOCTOR_MANAGER, operation: "Apply", fieldsV1 }],
      },
      spec: {
        targetAllocator: {
          replicas: 2,
          image: "mine",
          prometheusCR: { podMonitorSelector: { matchLabels: { a: "b" } } },
        },
      },
    });
    const findings = diagnose(seen({ collectors: [mended], allocators: [allocator({ owner: mended })] }));
    expect(findingOf(findings, "CredentialsWithheld")?.mending.apply?.[0]?.["spec"]).toEqual({
      targetAllocator: {
        replicas: 2,
        prometheusCR: { podMonitorSelector: { matchLabels: { a: "b" } } },
        mtls: { enabled: true },
      },
    });
  });

  const CERT_MANAGER = "certificates.cert-manager.io";
  const GRANT = ["kubectl apply -k config/rbac-optional/certificates"];
  const certificates = {
    serverCertificate: { certificateSecret: { name: "s" }, keySecret: { name: "s" } },
    clientCertificate: { certificateSecret: { name: "c" }, keySecret: { name: "c" } },
    certificateAuthorityCertificate: { configMap: { name: "ca" } },
  };
  it.each<{ name: string; mtls?: MtlsSpec; certManager: boolean; want: object; run?: readonly string[] }>([
    { name: "by cert-manager where there is one", certManager: true, want: { enabled: true } },
    {
      name: "by the operator where there is none",
      certManager: false,
      want: { enabled: true, useCertManager: false },
      run: GRANT,
    },
    {
      name: "by the operator where the resource says so",
      mtls: { enabled: false, useCertManager: false },
      certManager: true,
      want: { enabled: true },
      run: GRANT,
    },
    {
      name: "by the operator where cert-manager is a default that is not there",
      mtls: { enabled: false, useCertManager: true },
      certManager: false,
      want: { enabled: true, useCertManager: false },
      run: GRANT,
    },
    {
      name: "by certificates that are there",
      mtls: { useCertManager: false, tls: certificates },
      certManager: true,
      want: { enabled: true },
    },
  ])("brings credentials to collectors by mutual TLS, $name", ({ mtls, certManager, want, run }) => {
    const spec = { enabled: true, ...(mtls === undefined ? {} : { mtls }) };
    const missingDefinitions = new Set(certManager ? [] : [CERT_MANAGER]);
    const finding = findingOf(
      diagnose(seen({ missingDefinitions, allocators: [allocator({ spec })] })),
      "CredentialsWithheld",
    );
    expect(finding?.mending.apply?.[0]?.["spec"]).toEqual({ targetAllocator: { mtls: want } });
    expect(finding?.mending.run).toEqual(run);
  });

  it("lets no pods wait for certificates that the operator may not issue", () => {
    const missingDefinitions = new Set([CERT_MANAGER]);
    const container = { name: "manager", args: ["operator"] };
    const operator: Deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace: "ops", name: "ours" },
      spec: { template: { spec: { serviceAccountName: "manager", containers: [container] } } },
    };
    const observation = seen({ missingDefinitions, operators: [operator], allocators: [allocator()] });
    const asked = questionsAbout(observation).filter(
      ({ account, namespace, resource }) =>
        account?.name === "manager" && namespace === "shop" && resource === "secrets",
    );
    const mendingWhen = (allowed: boolean): Finding["mending"] | undefined => {
      const answers = new Map(asked.map((question) => [questionKey(question), allowed]));
      return findingOf(diagnose({ ...observation, answers }), "CredentialsWithheld")?.mending;
    };
    expect(asked.map(({ verb }) => verb)).toEqual(["create", "get", "patch"]);
    expect(mendingWhen(false)).toEqual({ run: GRANT });
    expect(mendingWhen(true)?.apply).toHaveLength(1);
  });

  it("never shows credentials to everybody by what can be applied", () => {
    const report = toTextReport("https://a", diagnose(seen({ allocators: [allocator()] })));
    const naming = report.split("\n").filter((line) => line.includes("allowInsecureAuthSecrets"));
    expect(naming).toEqual([expect.stringMatching(/^#/)]);
  });
});

const policy = (spec: NetworkPolicy["spec"]): NetworkPolicy => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { namespace: "shop", name: "strict" },
  spec: { podSelector: {}, ...spec },
});

describe("network policies", () => {
  const HTTPS = { name: "https", number: 8443 } as const;
  const HTTP = { name: "http", number: 8080 } as const;

  it.each<{ name: string; port: ObservedAllocator["port"]; open: number | string; want: readonly string[] }>([
    { name: "plain, by number", port: HTTP, open: 8080, want: [] },
    { name: "plain, by name", port: HTTP, open: "http", want: [] },
    {
      name: "plain, where the other is open",
      port: HTTP,
      open: "https",
      want: ["allocator's port 8080: ", '"port":8080'],
    },
    { name: "with TLS, by number", port: HTTPS, open: 8443, want: [] },
    { name: "with TLS, by name", port: HTTPS, open: "https", want: [] },
    {
      name: "with TLS, where the plain one is open",
      port: HTTPS,
      open: 8080,
      want: ["allocator's port 8443: ", '"port":8443'],
    },
    {
      name: "with TLS, where the plain one is open by name",
      port: HTTPS,
      open: "http",
      want: ["allocator's port 8443: ", '"port":8443'],
    },
  ])("let collectors ask or not: $name", ({ port, open, want }) => {
    const policies = [policy({ policyTypes: ["Ingress"], ingress: [{ ports: [{ port: open }] }] })];
    const finding = findingOf(
      diagnose(seen({ policies, allocators: [allocator({ port })] })),
      "NetworkPolicyBlocksCollectors",
    );
    expect(finding !== undefined).toBe(want.length > 0);
    const text = finding === undefined ? "" : `${finding.message} ${JSON.stringify(finding.mending.apply)}`;
    for (const part of want) expect(text).toContain(part);
  });

  const apiServer = {
    service: [{ ip: "10.0.0.1", port: 443 }],
    instances: [
      { ip: "192.0.2.7", port: 6443 },
      { ip: "192.0.2.8", port: 7443 },
    ],
  };
  const to = [{ ipBlock: { cidr: "0.0.0.0/0" } }];
  it("have to let allocators reach every instance of the API server at the port of its own", () => {
    const blocked = (...ports: readonly number[]): Finding | undefined => {
      const rule = { to, ports: ports.map((port) => ({ port })) };
      const policies = [policy({ policyTypes: ["Egress"], egress: [rule] })];
      const findings = diagnose(seen({ policies, apiServer, allocators: [allocator()] }));
      return findingOf(findings, "NetworkPolicyBlocksApiServer");
    };
    expect(blocked(443, 6443, 7443)).toBeUndefined();
    const finding = blocked(443, 6443);
    expect(finding?.message).toContain("192.0.2.8 port 7443");
    expect(finding?.mending.apply?.[0]).toMatchObject({
      spec: { egress: [{ ports: [443, 6443, 7443].map((port) => ({ protocol: "TCP", port })) }] },
    });
  });
});

describe("the report", () => {
  const findings: readonly Finding[] = [
    { code: "OperatorMissing", object: "cluster", message: "none", mending: { run: ["do this"] } },
    { code: "CrdMissing", object: "X", message: "two\nlines", mending: {} },
  ];

  it("for people begins with the worst, every line a comment but what can be applied", () => {
    expect(toTextReport("https://a", findings)).toBe(
      "# https://a: 1 error, 0 warnings, 1 to know.\n" +
        "\n# error CrdMissing: X\n#   two\n#   lines\n" +
        "\n# info OperatorMissing: cluster\n#   none\n#   $ do this\n",
    );
  });

  it("for programs has severities and counts", () => {
    const report = JSON.parse(toJsonReport("https://a", findings)) as {
      counts: object;
      findings: { severity: string }[];
    };
    expect(report.counts).toEqual({ error: 1, warning: 0, info: 1 });
    expect(report.findings.map(({ severity }) => severity)).toEqual(["error", "info"]);
    expect(severityOf({ code: "NoLeader" })).toBe("error");
  });
});
