import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Finding, FindingCode } from "../../src/commands/doctor/finding.ts";
import { createAuthority } from "../../src/certificates/authority.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { type CommandRun, runCommand } from "../support/command-run.ts";
import { type ControlPlane, START_TIMEOUT_MS, installCrds, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { installMonitorKinds } from "../support/monitor-definitions.ts";

const STEP_TIMEOUT_MS = 120_000;
const OPERATOR_NAMESPACE = "opentelemetry-operator-system";
const APPLY = ["apply", "--server-side", "--force-conflicts", "--field-manager=otel-allocator-doctor"];
const DAY_MS = 24 * 3_600_000;

let plane: ControlPlane;

interface Report {
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly (Finding & { readonly severity: string })[];
}

type Objects = readonly object[];

async function doctor(flags: readonly string[], kubeconfig = plane.kubeconfigPath): Promise<CommandRun> {
  return runCommand(["doctor", `--kubeconfig=${kubeconfig}`, ...flags]);
}

async function examine(flags: readonly string[], kubeconfig?: string): Promise<Report & Pick<CommandRun, "code">> {
  const { code, out } = await doctor([...flags, "--output=json"], kubeconfig);
  return { ...(JSON.parse(out) as Report), code };
}

const found = (report: Report, code: FindingCode): Report["findings"] =>
  report.findings.filter((finding) => finding.code === code);

async function apply(objects: Objects): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  await plane.kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(list));
}

/** Carries out what a finding says, to the letter of the text report's advice. */
async function mend({ mending: { apply: objects = [], run = [] } }: Finding): Promise<void> {
  for (const object of objects) {
    const command = [...APPLY, "--validate=strict", "-f", "-"];
    await plane.kubectl(command, JSON.stringify(object));
  }
  for (const line of run.filter((each) => !/ (get|describe|logs) /.test(each))) {
    await plane.kubectl(line.split(" ").slice(1));
  }
}

/** A collector with an allocator, whose settings and scrape configuration are given. */
const collector = (targetAllocator: object, scrapeConfigs: Objects = [STATIC_JOB], labels = {}): object => ({
  apiVersion: "opentelemetry.io/v1beta1",
  kind: "OpenTelemetryCollector",
  metadata: { name: "web", labels },
  spec: {
    mode: "statefulset",
    targetAllocator: { enabled: true, ...targetAllocator },
    config: {
      receivers: { prometheus: { config: { scrape_configs: scrapeConfigs } } },
      exporters: { debug: {} },
      service: { pipelines: { metrics: { receivers: ["prometheus"], exporters: ["debug"] } } },
    },
  },
});
const STATIC_JOB = { job_name: "a", static_configs: [{ targets: ["a:1"] }] };

const policy = (spec: object): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "strict" },
  spec: { podSelector: {}, ...spec },
});

/** An instance of the API server. */
const slice = (name: string, address: string, port: number): object => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name, namespace: "default", labels: { "kubernetes.io/service-name": "kubernetes" } },
  addressType: "IPv4",
  endpoints: [{ addresses: [address] }],
  ports: [
    { name: "metrics", port: 9000, protocol: "TCP" },
    { name: "https", port, protocol: "TCP" },
  ],
});

const monitor = (labels: object): object => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "ServiceMonitor",
  metadata: { name: "shop", labels },
  spec: { selector: {}, endpoints: [{ basicAuth: { username: { name: "login", key: "user" } } }] },
});

/** What Deployments of operators are told by. */
const operatorDeployment = (name: string, args: readonly string[]): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: OPERATOR_NAMESPACE, labels: { "app.kubernetes.io/name": "opentelemetry-operator" } },
  spec: {
    selector: { matchLabels: { name } },
    template: {
      metadata: { labels: { name } },
      spec: { serviceAccountName: "manager", containers: [{ name: "manager", image: "otel-allocator:0.1.0", args }] },
    },
  },
});

beforeAll(async () => {
  plane = await startControlPlane();
}, START_TIMEOUT_MS);

afterAll(async () => plane.stop(), START_TIMEOUT_MS);

describe("doctor, before anything is installed", () => {
  it(
    "says what is missing, and is content with it when it is there",
    async () => {
      const before = await examine([]);
      expect(before.code).toBe(2);
      expect(found(before, "CrdMissing")).toHaveLength(2);
      expect(found(before, "OperatorMissing")).toHaveLength(1);
      await mend(found(before, "CrdMissing")[0] as Finding);
      await installCrds(plane);
      expect(await examine([])).toMatchObject({ code: 0, counts: { error: 0, warning: 0, info: 1 } });
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "tells of definitions of another version, and of fields that they lack",
    async () => {
      const name = "opentelemetry.io_targetallocators.yaml";
      const definition = parse(readFileSync(join(ROOT, "crds", name), "utf8")) as {
        spec: {
          versions: {
            served: boolean;
            schema: { openAPIV3Schema: { properties: { spec: { properties: object } } } };
          }[];
        };
      };
      const [version] = definition.spec.versions;
      if (version === undefined) throw new Error(`${name} has no version`);
      version.schema.openAPIV3Schema.properties.spec.properties = { image: { type: "string" } };
      await plane.kubectl(["replace", "-f", "-"], JSON.stringify(definition));
      const outdated = await examine(["--fail-on=warning"]);
      expect(outdated.code).toBe(2);
      expect(found(outdated, "CrdOutdated")[0]?.message).toContain("spec.allocationStrategy");
      await mend(found(outdated, "CrdOutdated")[0] as Finding);
      expect(found(await examine([]), "CrdOutdated")).toEqual([]);
    },
    STEP_TIMEOUT_MS,
  );
});

describe("doctor, of resources", () => {
  it(
    "tells of monitors whose kind is not installed",
    async () => {
      await plane.kubectl(["create", "namespace", "kinds"]);
      await plane.kubectl(
        ["apply", "-n", "kinds", "-f", "-"],
        JSON.stringify(collector({ prometheusCR: { enabled: true, podMonitorSelector: {} } })),
      );
      const flags = ["--namespace=kinds"];
      const [finding] = found(await examine(flags), "MonitorCrdMissing");
      expect(finding?.object).toBe("CustomResourceDefinition podmonitors.monitoring.coreos.com");
      await installMonitorKinds(plane);
      expect(found(await examine(flags), "MonitorCrdMissing")).toEqual([]);
    },
    STEP_TIMEOUT_MS,
  );

  describe("in a namespace", () => {
    beforeAll(async () => {
      await installMonitorKinds(plane);
      // The control plane of the tests keeps no endpoints of its own server.
      await apply([slice("kubernetes", "192.0.2.7", 6443), slice("kubernetes-more", "192.0.2.8", 7443)]);
    }, START_TIMEOUT_MS);

    it.each<{ name: string; code: FindingCode; objects: Objects; want: string; twice?: boolean }>([
      {
        name: "a label that names an allocator which is not there",
        code: "TargetAllocatorMissing",
        objects: [collector({ enabled: false }, [STATIC_JOB], { "opentelemetry.io/target-allocator": "shared" })],
        want: "the TargetAllocator shared, which does not exist",
      },
      {
        name: "an account that is not there",
        code: "AllocatorAccountMissing",
        objects: [collector({ serviceAccount: "reader" })],
        want: "/reader, which it names, does not exist",
      },
      {
        name: "what an allocator may not read",
        code: "AllocatorLacksPermission",
        objects: [
          collector({}, [
            { job_name: "pods", kubernetes_sd_configs: [{ role: "pod" }] },
            {
              job_name: "slices",
              kubernetes_sd_configs: [{ role: "endpointslice", namespaces: { names: ["default", "nowhere"] } }],
            },
          ]),
        ],
        want: "list, watch pods; list, watch services in namespace default",
      },
      {
        name: "credentials of monitors that it may not read",
        code: "AllocatorLacksCredentials",
        objects: [collector({ prometheusCR: { enabled: true, serviceMonitorSelector: {} } }), monitor({})],
        want: "secrets in namespace",
      },
      {
        name: "a job whose credentials collectors do not get",
        code: "CredentialsWithheld",
        objects: [collector({}, [{ ...STATIC_JOB, basic_auth: { username: "u", password: "p" } }])],
        want: 'the credentials of job "a"',
      },
      {
        name: "monitors that are read by no selector",
        code: "NoMonitorSelector",
        objects: [collector({ prometheusCR: { enabled: true } }), monitor({})],
        want: "(null) selects nothing, {} selects all",
      },
      {
        name: "monitors of a kind that no selector is for",
        code: "MonitorSelectorNull",
        objects: [collector({ prometheusCR: { enabled: true, podMonitorSelector: {} } }), monitor({})],
        want: "prometheusCR.serviceMonitorSelector is absent (null)",
      },
      {
        name: "a selector that nothing matches",
        code: "SelectorSelectsNothing",
        objects: [
          collector({ prometheusCR: { enabled: true, serviceMonitorSelector: { matchLabels: { team: "a" } } } }),
          monitor({ team: "b" }),
        ],
        want: "none of the 1 ServiceMonitor is selected. ServiceMonitor ",
      },
      {
        name: "a namespace selector that nothing matches",
        code: "NamespaceSelectorSelectsNothing",
        objects: [
          collector({
            prometheusCR: {
              enabled: true,
              serviceMonitorSelector: {},
              serviceMonitorNamespaceSelector: { matchLabels: { monitored: "yes" } },
            },
          }),
          monitor({}),
        ],
        want: "the labels of its namespace do not match",
      },
      {
        name: "a namespace that is not there",
        code: "NamespaceMissing",
        objects: [
          collector({ prometheusCR: { enabled: true, serviceMonitorSelector: {}, allowNamespaces: ["nowhere"] } }),
        ],
        want: "names nowhere, which does not exist",
      },
      {
        name: "a policy that shuts the allocator off from the API server",
        code: "NetworkPolicyBlocksApiServer",
        objects: [
          collector({}),
          policy({
            policyTypes: ["Egress"],
            egress: [{ to: [{ ipBlock: { cidr: "192.0.2.0/24", except: ["192.0.2.7/32"] } }] }],
          }),
        ],
        want: "192.0.2.7 port 6443, 192.0.2.8 port 7443",
      },
      {
        name: "a policy that lets no names be looked up",
        code: "NetworkPolicyBlocksDns",
        objects: [collector({}), policy({ policyTypes: ["Egress"], egress: [{ ports: [{ port: 6443 }] }] })],
        want: "name servers (port 53)",
      },
      {
        name: "a policy that shuts collectors off from the allocator",
        code: "NetworkPolicyBlocksCollectors",
        objects: [
          collector({ mtls: { enabled: true, useCertManager: false } }),
          policy({ policyTypes: ["Ingress"], ingress: [{ ports: [{ port: 8080 }] }] }),
        ],
        want: "the allocator's port 8443",
      },
    ])(
      "finds $name ($code), and no longer when what it prints was applied",
      async ({ code, objects, want }) => {
        const namespace = code.toLowerCase();
        await plane.kubectl(["create", "namespace", namespace]);
        const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
        await plane.kubectl(["apply", "-n", namespace, "-f", "-"], list);
        const flags = [`--namespace=${namespace}`, "--fail-on=warning"];
        const before = await examine(flags);
        const [finding] = found(before, code);
        expect(finding?.message).toContain(want);
        expect(finding?.object).toBe(`OpenTelemetryCollector ${namespace}/web`);
        expect(before.code).toBe(before.counts["error"] === 0 && before.counts["warning"] === 0 ? 0 : 2);
        await mend(finding as Finding);
        await eventually(async () => expect(found(await examine(flags), code)).toEqual([]));
      },
      STEP_TIMEOUT_MS,
    );

    it(
      "looks at a TargetAllocator as at the allocator of a collector, and at the pods that it is to serve",
      async () => {
        await plane.kubectl(["create", "namespace", "standalone"]);
        const allocator = {
          apiVersion: "opentelemetry.io/v1alpha1",
          kind: "TargetAllocator",
          metadata: { name: "shared" },
          spec: {
            collectorSelector: { matchLabels: { role: "collector" } },
            scrapeConfigs: [STATIC_JOB],
            prometheusCR: { enabled: true },
          },
        };
        await plane.kubectl(["apply", "-n", "standalone", "-f", "-"], JSON.stringify(allocator));
        const flags = ["--namespace=standalone"];
        const before = await examine(flags);
        const object = "TargetAllocator standalone/shared";
        expect(found(before, "CollectorSelectorSelectsNothing")[0]).toMatchObject({
          object,
          message: expect.stringContaining("(role=collector)"),
        });
        const [finding] = found(before, "NoMonitorSelector");
        expect(finding?.object).toBe(object);
        await mend(finding as Finding);
        expect(found(await examine(flags), "NoMonitorSelector")).toEqual([]);
      },
      STEP_TIMEOUT_MS,
    );

    it.each<{ name: string; code: FindingCode; objects: Objects; want: string }>([
      {
        name: "a job that collectors would refuse",
        code: "JobNotServed",
        objects: [
          collector({}, [STATIC_JOB, { job_name: "b", metrics_path: "%zz", relabel_configs: [{ regex: "(" }] }]),
        ],
        want: 'job "b" is not served',
      },
      {
        name: "a resource that nothing can be made of",
        code: "ResourceInvalid",
        objects: [collector({ prometheusCR: { enabled: true, allowNamespaces: ["a"], denyNamespaces: ["b"] } })],
        want: "nothing is made of it: ",
      },
    ])(
      "finds $name ($code), which only its author can mend",
      async ({ code, objects, want }) => {
        const namespace = code.toLowerCase();
        await plane.kubectl(["create", "namespace", namespace]);
        const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
        await plane.kubectl(["apply", "-n", namespace, "-f", "-"], list);
        const report = await examine([`--namespace=${namespace}`]);
        expect(report.code).toBe(2);
        expect(found(report, code)[0]?.message).toContain(want);
      },
      STEP_TIMEOUT_MS,
    );
  });
});

describe("doctor, as an account with few permissions", () => {
  it(
    "checks what it may read, says what it may not, and prints the role that it lacks",
    async () => {
      await plane.kubectl(["create", "namespace", "limited"]);
      await plane.kubectl(["create", "serviceaccount", "viewer", "-n", "limited"]);
      const collectors = "--resource=opentelemetrycollectors.opentelemetry.io";
      await plane.kubectl(["create", "role", "viewer", "--verb=list", collectors, "-n", "limited"]);
      const subject = "--serviceaccount=limited:viewer";
      await plane.kubectl(["create", "rolebinding", "viewer", "--role=viewer", subject, "-n", "limited"]);
      await plane.kubectl(["apply", "-n", "limited", "-f", "-"], JSON.stringify(collector({ serviceAccount: "x" })));
      const token = await plane.kubectl(["create", "token", "viewer", "-n", "limited"]);
      const kubeconfig = plane.kubeconfigWithToken(token.trim());
      const flags = ["--namespace=limited"];
      const before = await examine(flags, kubeconfig);
      expect(before.code).toBe(0);
      const [finding] = found(before, "CheckNotPermitted");
      expect(finding?.message).toContain("list targetallocators in namespace limited");
      expect(finding?.message).not.toContain("opentelemetrycollectors");
      await mend(finding as Finding);
      await eventually(async () => {
        const after = await examine(flags, kubeconfig);
        // What can be read at last leads to more.
        for (const more of found(after, "CheckNotPermitted")) await mend(more);
        expect(found(after, "CheckNotPermitted")).toEqual([]);
        expect(found(after, "AllocatorAccountMissing")).toHaveLength(1);
        expect(found(after, "InstallerLacksPermission")).toHaveLength(1);
      });
    },
    STEP_TIMEOUT_MS,
  );
});

const webhook = (name: string, clientConfig: object): object => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name },
  webhooks: [
    {
      name: "check.opentelemetry.io",
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      rules: [{ apiGroups: ["opentelemetry.io"], apiVersions: ["*"], operations: ["CREATE"], resources: ["none"] }],
      clientConfig,
    },
  ],
});
const service = { namespace: "default", name: "hooks" };
const bundle = async (fromMs: number, toMs: number): Promise<string> => {
  const { certificate } = await createAuthority({ commonName: "hooks", nowMs: fromMs, lifetimeMs: toMs - fromMs });
  return Buffer.from(certificate).toString("base64");
};

describe("doctor, of webhooks", () => {
  it.each<{ code: FindingCode; clientConfig: () => Promise<object>; want: string }>([
    {
      code: "WebhookServiceMissing",
      clientConfig: async () => ({ service }),
      want: "default/hooks, which does not exist",
    },
    { code: "WebhookWithoutAuthority", clientConfig: async () => ({ service }), want: "it has no caBundle" },
    {
      code: "WebhookAuthorityExpired",
      clientConfig: async () => ({ service, caBundle: await bundle(Date.now() - 9 * DAY_MS, Date.now() - DAY_MS) }),
      want: "its caBundle has ended on",
    },
    {
      code: "WebhookAuthorityExpiresSoon",
      clientConfig: async () => ({ service, caBundle: await bundle(Date.now() - DAY_MS, Date.now() + DAY_MS) }),
      want: "its caBundle ends on",
    },
    {
      code: "WebhookWithoutEndpoints",
      clientConfig: async () => ({ service: { namespace: "default", name: "silent" } }),
      want: "default/silent, which has no ready endpoint",
    },
  ])(
    "finds $code, and no longer when what it prints was run",
    async ({ code, clientConfig, want }) => {
      await apply([
        {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name: "silent", namespace: "default" },
          spec: { ports: [{ port: 1 }] },
        },
        webhook(code.toLowerCase(), await clientConfig()),
      ]);
      const [finding] = found(await examine(["--namespace=none"]), code);
      expect(finding?.message).toContain(want);
      await mend(finding as Finding);
      expect(found(await examine(["--namespace=none"]), code)).toEqual([]);
    },
    STEP_TIMEOUT_MS,
  );
});

describe("doctor, of the operator", () => {
  const flags = ["--namespace=none"];

  it(
    "tells of one that does not run, of what it may not do, and of another beside it",
    async () => {
      await plane.kubectl(["create", "namespace", OPERATOR_NAMESPACE]);
      await apply([
        operatorDeployment("ours", ["operator", "--enable-leader-election"]),
        operatorDeployment("theirs", ["--enable-leader-election"]),
      ]);
      const first = await examine(flags);
      expect(found(first, "OperatorMissing")).toEqual([]);
      expect(found(first, "OperatorNotReady")[0]?.object).toBe(`Deployment ${OPERATOR_NAMESPACE}/ours`);
      expect(found(first, "DefaultImage")[0]?.message).toContain("names no registry");
      await mend(found(first, "TwoOperators")[0] as Finding);
      await mend(found(first, "OperatorLacksPermission")[0] as Finding);
      await eventually(async () => {
        const second = await examine(flags);
        expect(found(second, "TwoOperators")).toEqual([]);
        expect(found(second, "OperatorLacksPermission")).toEqual([]);
      });
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "asks about itself when it is the operator's account",
    async () => {
      await plane.kubectl(["create", "serviceaccount", "manager", "-n", OPERATOR_NAMESPACE]);
      const token = await plane.kubectl(["create", "token", "manager", "-n", OPERATOR_NAMESPACE]);
      const report = await examine(flags, plane.kubeconfigWithToken(token.trim()));
      expect(found(report, "OperatorLacksPermission")).toEqual([]);
      expect(found(report, "CheckNotPermitted")[0]?.message).not.toContain("subjectaccessreviews");
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "tells of replicas of which none leads",
    async () => {
      const ready = JSON.stringify({ status: { replicas: 1, readyReplicas: 1 } });
      const target = ["deployment", "ours", "-n", OPERATOR_NAMESPACE];
      await plane.kubectl(["patch", ...target, "--subresource=status", "--type=merge", "-p", ready]);
      const [finding] = found(await examine(flags), "NoLeader");
      expect(finding?.message).toContain("there is none");
      const lease = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "9f7554c3.opentelemetry.io", namespace: OPERATOR_NAMESPACE },
        spec: {
          holderIdentity: "ours-0",
          leaseDurationSeconds: 3600,
          renewTime: new Date().toISOString().replace("Z", "000Z"),
        },
      };
      await apply([lease]);
      expect(found(await examine(flags), "NoLeader")).toEqual([]);
    },
    STEP_TIMEOUT_MS,
  );
});

describe("doctor's report", () => {
  it(
    "for people is a YAML stream that kubectl takes as it is",
    async () => {
      await plane.kubectl(["create", "namespace", "stream"]);
      await plane.kubectl(
        ["apply", "-n", "stream", "-f", "-"],
        JSON.stringify(collector({ serviceAccount: "reader" })),
      );
      const { code, out } = await doctor(["--namespace=stream"]);
      expect(code).toBe(2);
      expect(out).toContain("\n# error AllocatorAccountMissing: OpenTelemetryCollector stream/web\n");
      await plane.kubectl([...APPLY, "-f", "-"], out);
      await eventually(async () => {
        const after = await doctor(["--namespace=stream"]);
        expect(after.out).not.toContain("AllocatorAccountMissing");
        expect(after.out).not.toContain("AllocatorLacksPermission");
      });
    },
    STEP_TIMEOUT_MS,
  );

  it("says that there is no API server, in a finding and by exit code 1", async () => {
    const kubeconfig = plane.kubeconfigWithToken("nobody");
    const { code, out } = await doctor(["--output=json"], kubeconfig);
    expect(code).toBe(1);
    const [finding] = (JSON.parse(out) as Report).findings;
    expect(finding).toMatchObject({ code: "ApiServerUnreachable", message: expect.stringContaining("Unauthorized") });
  });

  it("ends in 1, not 2, for a flag that there is not", async () => {
    expect(await doctor(["--unheard-of"])).toMatchObject({ code: 1, err: expect.stringContaining("unknown flag") });
  });
});
