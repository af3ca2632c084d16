import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditedRequests } from "../support/audit-log.ts";
import { runCommand } from "../support/command-run.ts";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";
import { documented } from "../support/documented-messages.ts";
import { eventually } from "../support/eventually.ts";
import { installMonitorKinds } from "../support/monitor-definitions.ts";
import { freeAddress, type Program, startProgram } from "../support/program.ts";

const CASE_TIMEOUT_MS = 120_000;
/** Longer than the longest wait between two attempts of a watch. */
const COMES_LATER = { withinMs: 60_000 };
const ALL = { service_monitor_selector: {}, pod_monitor_selector: {}, probe_selector: {}, scrape_config_selector: {} };

type Jobs = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Settings = Readonly<Record<string, unknown>>;

let plane: ControlPlane;
let dir: string;
const programs: Program[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "monitors-"));
  plane = await startControlPlane({ audit: true });
  for (const namespace of ["obs", "shop", "infra"]) await plane.kubectl(["create", "namespace", namespace]);
}, START_TIMEOUT_MS);

afterEach(async () => {
  await Promise.all(programs.splice(0).map(async ({ child }) => child.stop()));
});

afterAll(async () => {
  await plane.stop();
  rmSync(dir, { recursive: true, force: true });
}, START_TIMEOUT_MS);

/** An allocator as an account that may do what the rules say. */
async function start(
  name: string,
  kubeconfigPath: string,
  prometheusCr: Settings,
  more: Settings = {},
): Promise<Program> {
  const address = await freeAddress();
  const configPath = join(dir, `${name}.yaml`);
  const settings = { collector_namespace: "obs", collectors: [{ name: "collector-0" }], ...more };
  writeFileSync(configPath, JSON.stringify({ ...settings, prometheus_cr: { enabled: true, ...prometheusCr } }));
  const program = startProgram({
    args: [
      "target-allocator",
      `--config-file=${configPath}`,
      `--listen-addr=${address}`,
      `--kubeconfig-path=${kubeconfigPath}`,
    ],
    dir,
    name,
    url: `http://${address}`,
  });
  programs.push(program);
  await program.whenReady();
  return program;
}

async function account(name: string): Promise<string> {
  await plane.kubectl(["create", "serviceaccount", name, "-n", "obs"]);
  const token = await plane.kubectl(["create", "token", name, "-n", "obs", "--duration=2h"]);
  return plane.kubeconfigWithToken(token.trim());
}

interface Grant {
  readonly to: string;
  /** Undefined: in the whole cluster. */
  readonly namespace?: string;
  readonly verbs: readonly string[];
  /** `resource` or `resource.group`, comma-separated. */
  readonly resources: string;
}

let grants = 0;
async function grant({ to, namespace, verbs, resources }: Grant): Promise<void> {
  grants += 1;
  const [kind, scope] = namespace === undefined ? ["clusterrole", []] : ["role", ["-n", namespace]];
  const name = `${to}-${grants}`;
  const rule = [`--verb=${verbs.join(",")}`, `--resource=${resources}`];
  await plane.kubectl([...scope, "create", kind, name, ...rule]);
  await plane.kubectl([...scope, "create", `${kind}binding`, name, `--${kind}=${name}`, `--serviceaccount=obs:${to}`]);
}

const READ = ["get", "list", "watch"];
const FIND_TARGETS = "pods,services,endpoints,endpointslices.discovery.k8s.io";

async function apply(...objects: readonly object[]): Promise<void> {
  await plane.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
}

interface Written {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const serviceMonitor = (metadata: Written, endpoint: object = {}): object => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "ServiceMonitor",
  metadata,
  spec: { selector: {}, endpoints: [{ port: "http", ...endpoint }] },
});
const podMonitor = (metadata: Written): object => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "PodMonitor",
  metadata,
  spec: { selector: {}, podMetricsEndpoints: [{ port: "http" }] },
});
const secret = (metadata: Written, password: string): object => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata,
  stringData: { user: "alice", password },
});
const basicAuth = {
  basicAuth: { username: { name: "creds", key: "user" }, password: { name: "creds", key: "password" } },
};

async function jobsOf({ url }: Program): Promise<Jobs> {
  const response = await fetch(`${url}/scrape_configs`);
  expect(response.status).toBe(200);
  return (await response.json()) as Jobs;
}

async function problemsOf({ url }: Program): Promise<readonly string[]> {
  const response = await fetch(`${url}/`, { headers: { accept: "application/json" } });
  const { problems } = (await response.json()) as { readonly problems: readonly { readonly message: string }[] };
  return problems.map(({ message }) => message);
}

async function namesOf(program: Program): Promise<readonly string[]> {
  return Object.keys(await jobsOf(program));
}

describe("an allocator with monitors", () => {
  it(
    "is ready without their kinds, and attaches each when it is installed, also where it must not see definitions",
    async () => {
      const kubeconfig = await account("narrow");
      await grant({ to: "narrow", verbs: READ, resources: FIND_TARGETS });
      const narrow = await start("narrow", kubeconfig, ALL);
      const wide = await start("wide", plane.kubeconfigPath, ALL);
      expect(await Promise.all([namesOf(narrow), namesOf(wide)])).toEqual([[], []]);
      expect(await problemsOf(narrow)).toContainEqual(expect.stringMatching(documented("monitor-kind-forbidden")));
      expect(await problemsOf(wide)).toContainEqual(expect.stringMatching(documented("monitor-kind-missing")));

      await installMonitorKinds(plane, ["ServiceMonitor", "PodMonitor"]);
      await apply(serviceMonitor({ namespace: "shop", name: "web" }), podMonitor({ namespace: "shop", name: "pods" }));
      await eventually(async () => {
        expect(await namesOf(wide)).toEqual(["podMonitor/shop/pods/0", "serviceMonitor/shop/web/0"]);
      });
      expect(await namesOf(narrow)).toEqual([]);

      await grant({ to: "narrow", verbs: READ, resources: "servicemonitors.monitoring.coreos.com" });
      await eventually(async () => expect(await namesOf(narrow)).toEqual(["serviceMonitor/shop/web/0"]), COMES_LATER);
      await grant({ to: "narrow", verbs: READ, resources: "podmonitors.monitoring.coreos.com" });
      await eventually(async () => expect(await namesOf(narrow)).toHaveLength(2), COMES_LATER);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    "asks for nothing beyond its namespaces, and no Secret but those that its monitors refer to",
    async () => {
      await installMonitorKinds(plane);
      const kubeconfig = await account("tenant");
      const monitors = "servicemonitors.monitoring.coreos.com,podmonitors.monitoring.coreos.com";
      await grant({ to: "tenant", namespace: "shop", verbs: READ, resources: `${monitors},${FIND_TARGETS}` });
      await grant({ to: "tenant", namespace: "shop", verbs: ["get"], resources: "namespaces,secrets" });
      await plane.kubectl(["label", "namespace", "shop", "team=one"]);
      await apply(
        secret({ namespace: "shop", name: "creds" }, "first"),
        secret({ namespace: "shop", name: "unused" }, "other"),
        serviceMonitor({ namespace: "shop", name: "tenant", labels: { tenant: "yes" } }, basicAuth),
        serviceMonitor({ namespace: "infra", name: "tenant", labels: { tenant: "yes" } }),
      );
      const tenant = await start("tenant", kubeconfig, {
        allow_namespaces: ["shop"],
        service_monitor_selector: { matchLabels: { tenant: "yes" } },
        service_monitor_namespace_selector: { matchLabels: { team: "one" } },
      });
      expect(await namesOf(tenant)).toEqual(["serviceMonitor/shop/tenant/0"]);
      expect(await problemsOf(tenant)).toEqual([expect.stringMatching(documented("credentials-withheld"))]);
      const asked = auditedRequests(plane, ":tenant");
      expect(asked.filter(({ status }) => status === 200).map(({ namespace }) => namespace)).not.toContain("infra");
      expect(new Set(asked.filter(({ resource }) => resource === "secrets").map(({ name }) => name))).toEqual(
        new Set(["creds"]),
      );
      expect(asked.filter(({ resource }) => /^(?:podmonitors|probes|scrapeconfigs)/.test(resource))).toEqual([]);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    "serves a changed Secret, loses a job whose Secret is gone, and has it again when it is back",
    async () => {
      await installMonitorKinds(plane);
      await apply(
        secret({ namespace: "infra", name: "creds" }, "first"),
        serviceMonitor({ namespace: "infra", name: "auth", labels: { rotated: "yes" } }, basicAuth),
      );
      const settings = { service_monitor_selector: { matchLabels: { rotated: "yes" } } };
      const program = await start("rotated", plane.kubeconfigPath, settings, { allow_insecure_auth_secrets: true });
      const password = async (): Promise<unknown> =>
        (await jobsOf(program))["serviceMonitor/infra/auth/0"]?.["basic_auth"];
      expect(await password()).toEqual({ username: "alice", password: "first" });
      await apply(secret({ namespace: "infra", name: "creds" }, "second"));
      await eventually(async () => expect(await password()).toEqual({ username: "alice", password: "second" }));
      await plane.kubectl(["delete", "secret", "creds", "-n", "infra"]);
      await eventually(async () => expect(await namesOf(program)).toEqual([]));
      await apply(secret({ namespace: "infra", name: "creds" }, "third"));
      await eventually(async () => expect(await password()).toEqual({ username: "alice", password: "third" }));
    },
    CASE_TIMEOUT_MS,
  );

  it(
    "refuses a monitor alone, tells its author by an Event, and takes it when it is mended",
    async () => {
      await installMonitorKinds(plane);
      const broken = { relabelings: [{ action: "keep", sourceLabels: ["a"], regex: "(" }] };
      const labels = { refused: "some" };
      await apply(
        serviceMonitor({ namespace: "infra", name: "good", labels }),
        serviceMonitor({ namespace: "infra", name: "bad", labels }, broken),
      );
      const settings = { service_monitor_selector: { matchLabels: labels } };
      const program = await start("refused", plane.kubeconfigPath, settings);
      expect(await namesOf(program)).toEqual(["serviceMonitor/infra/good/0"]);
      expect(await problemsOf(program)).toEqual([expect.stringMatching(documented("monitor-refused"))]);
      await eventually(async () => {
        const text = await plane.kubectl(["get", "events.events.k8s.io", "-n", "infra", "-o", "json"]);
        expect((JSON.parse(text) as { readonly items: readonly Settings[] }).items).toContainEqual(
          expect.objectContaining({
            type: "Warning",
            reason: "InvalidConfiguration",
            action: "SelectingConfigurationResources",
            regarding: expect.objectContaining({ kind: "ServiceMonitor", name: "bad" }),
            note: expect.stringMatching(/^spec\.endpoints\[0\]\.relabelings\[0\]\.regex: .* missing closing/),
          }),
        );
      });
      await apply(serviceMonitor({ namespace: "infra", name: "bad", labels }));
      await eventually(async () => expect(await namesOf(program)).toHaveLength(2));
    },
    CASE_TIMEOUT_MS,
  );

  it(
    "says by which selector a monitor is not selected, and which rule drops targets",
    async () => {
      await installMonitorKinds(plane);
      const labels = { explained: "yes" };
      const relabelings = [{ action: "drop", sourceLabels: ["__address__"], regex: "a.*" }];
      await apply(serviceMonitor({ namespace: "infra", name: "blue", labels: { explained: "no" } }), {
        apiVersion: "monitoring.coreos.com/v1alpha1",
        kind: "ScrapeConfig",
        metadata: { namespace: "infra", name: "listed", labels },
        spec: { staticConfigs: [{ targets: ["a:1", "b:1"] }], relabelings },
      });
      const selector = { matchLabels: labels };
      const settings = { service_monitor_selector: selector, scrape_config_selector: selector };
      const program = await start("explained", plane.kubeconfigPath, settings);
      const explain = async (name: string): Promise<string> =>
        (await runCommand(["explain", "monitor", `infra/${name}`, `--from=${program.url}`])).out;
      expect(await explain("blue")).toMatch(documented("monitor-unselected"));
      expect(await explain("listed")).toMatch(documented("monitor-drops"));
    },
    CASE_TIMEOUT_MS,
  );
});
