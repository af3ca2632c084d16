import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { collectorText, GOOD_JOB, kubeconfigText, MIXED_JOBS, SECRET } from "../support/bad-input.ts";
import { createCertificateAuthority } from "../support/certificates.ts";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";
import { documented } from "../support/documented-messages.ts";
import { eventually } from "../support/eventually.ts";
import { freeAddress, type Program, startProgram } from "../support/program.ts";

// Whole processes start here, on a machine that may be busy.
jest.setTimeout(120_000);

let dir: string;
let plane: ControlPlane;
let operator: Program;
let operatorProbes: string;
let allocator: Program;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "bad-input-"));
  plane = await startControlPlane();
  await plane.kubectl(["apply", "--server-side", "-f", join(ROOT, "crds")]);
  await plane.kubectl(["create", "namespace", "shop"]);
  await plane.killApiServer();
  ({ program: operator, probes: operatorProbes } = await startOperator("operator", plane.kubeconfigPath));
  allocator = await startAllocator();
}, START_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([operator.child.stop(), allocator.child.stop()]);
  await plane.stop();
  rmSync(dir, { recursive: true });
}, START_TIMEOUT_MS);

async function startOperator(name: string, kubeconfig: string): Promise<{ program: Program; probes: string }> {
  const [listen, probes] = [await freeAddress(), await freeAddress()];
  const args = ["operator", `--kubeconfig=${kubeconfig}`, `--listen-addr=${listen}`, `--health-probe-addr=${probes}`];
  return { program: startProgram({ args, dir, name, url: `http://${listen}` }), probes: `http://${probes}` };
}

async function startAllocator(): Promise<Program> {
  const config = { scrape_configs: [GOOD_JOB, { job_name: "pods", kubernetes_sd_configs: [{ role: "pod" }] }] };
  const file = { collector_namespace: "shop", collector_selector: { matchlabels: { app: "collector" } }, config };
  writeFileSync(join(dir, "allocator.yaml"), stringify(file));
  const listen = await freeAddress();
  const args = [
    "target-allocator",
    "--config-file=allocator.yaml",
    `--kubeconfig-path=${plane.kubeconfigPath}`,
    `--listen-addr=${listen}`,
  ];
  return startProgram({ args, dir, name: "allocator", url: `http://${listen}` });
}

const logOf = ({ child }: Program): string => readFileSync(child.logPath, "utf8");

async function get(url: string): Promise<string> {
  const response = await fetch(url);
  return `${String(response.status)} ${await response.text()}`;
}

describe("an API server that does not answer when the process starts", () => {
  it("is waited for by the operator, which says so in log and readiness", async () => {
    await eventually(async () => expect(await get(`${operatorProbes}/readyz`)).toMatch(documented("operator-waits")));
    await eventually(() => expect(logOf(operator)).toContain('"msg":"not ready yet"'));
    expect(logOf(operator)).toMatch(documented("api-server-silent"));
    expect(await get(`${operatorProbes}/livez`)).toMatch(/^200 /);
  });

  it("is waited for by the target allocator, which gives collectors no answer that they could take for none", async () => {
    await eventually(async () => expect(await get(`${allocator.url}/readyz`)).toMatch(documented("allocator-waits")));
    await eventually(() => expect(logOf(allocator)).toContain('"msg":"not ready yet"'));
    expect(logOf(allocator)).toMatch(documented("api-server-silent"));
    for (const route of ["/jobs/good/targets?collector_id=c", "/scrape_configs"]) {
      expect(await get(allocator.url + route)).toMatch(/^503 "/);
    }
  });

  it("is found by both as soon as it answers, without a restart of theirs", async () => {
    const pids = [operator.child.pid, allocator.child.pid];
    await plane.startApiServer();
    await operator.whenReady(`${operatorProbes}/readyz`);
    await allocator.whenReady();
    for (const program of [operator, allocator]) expect(logOf(program)).toMatch(documented("api-server-back"));
    expect([operator.child.pid, allocator.child.pid]).toEqual(pids);
    expect(await get(`${allocator.url}/scrape_configs`)).toMatch(/^200 .*"good"/);
  });
});

describe("an API server that cannot be talked to", () => {
  let elsewhere: Server;
  let elsewhereAddress: string;

  beforeAll(async () => {
    elsewhere = createServer((_request, response) => response.end("<html>please log in</html>"));
    await new Promise<void>((resolve) => void elsewhere.listen(0, "127.0.0.1", resolve));
    elsewhereAddress = `127.0.0.1:${String((elsewhere.address() as AddressInfo).port)}`;
    await plane.kubectl(["create", "serviceaccount", "nobody", "-n", "shop"]);
  });

  afterAll(() => {
    elsewhere.close();
  });

  interface Written {
    readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  }
  const authority = (): string => {
    const written = JSON.parse(readFileSync(plane.kubeconfigPath, "utf8")) as Written;
    return written.clusters[0]?.cluster["certificate-authority-data"] ?? "";
  };
  const nobody = async (): Promise<string> => (await plane.kubectl(["create", "token", "nobody", "-n", "shop"])).trim();

  it.each<{ name: string; message: string; text: () => string | Promise<string> }>([
    {
      name: "it does not speak TLS",
      message: "tls-to-plain-server",
      text: () => kubeconfigText({ server: `https://${elsewhereAddress}` }),
    },
    {
      name: "it wants TLS",
      message: "plain-to-tls-server",
      text: () => kubeconfigText({ server: plane.url.replace("https:", "http:") }),
    },
    {
      name: "its certificate is of another authority",
      message: "tls-untrusted",
      text: () =>
        kubeconfigText({
          server: plane.url,
          authority: Buffer.from(createCertificateAuthority().cert).toString("base64"),
        }),
    },
    {
      name: "its certificate is for another name",
      message: "tls-other-name",
      text: () => kubeconfigText({ server: plane.url.replace("127.0.0.1", "localhost"), authority: authority() }),
    },
    {
      name: "it is something else",
      message: "no-api-server",
      text: () => kubeconfigText({ server: `http://${elsewhereAddress}` }),
    },
    {
      name: "it does not know us",
      message: "wrong-token",
      text: () => kubeconfigText({ server: plane.url, authority: authority() }),
    },
    {
      name: "it does not let us",
      message: "not-allowed",
      text: async () => kubeconfigText({ server: plane.url, authority: authority(), token: await nobody() }),
    },
  ])("because $name: the operator says that, and goes on asking", async ({ message, text }) => {
    const kubeconfig = join(dir, `${message}.json`);
    writeFileSync(kubeconfig, await text());
    const { program, probes } = await startOperator(message, kubeconfig);
    try {
      await eventually(async () => expect(await get(`${probes}/readyz`)).toMatch(documented(message)));
      await eventually(() => expect(logOf(program)).toContain('"msg":"not ready yet"'));
      expect(await get(`${probes}/livez`)).toMatch(/^200 /);
      expect(`${logOf(program)}${await get(`${probes}/readyz`)}`).not.toContain(SECRET);
    } finally {
      await program.child.stop();
    }
  });
});

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}
interface Listed<T> {
  readonly items: readonly T[];
}
interface Owned {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly ownerReferences?: unknown };
}
interface ListedEvent {
  readonly reason: string;
  readonly type: string;
  readonly note?: string;
  readonly regarding?: { readonly name: string };
}

const apply = async (text: string): Promise<string> => plane.kubectl(["apply", "-f", "-"], text);

async function list<T>(kinds: string): Promise<readonly T[]> {
  return (JSON.parse(await plane.kubectl(["get", kinds, "-n", "shop", "-o", "json"])) as Listed<T>).items;
}

/** The condition Degraded, once it is that of the version in force. */
async function degraded(name: string): Promise<Condition> {
  const text = await plane.kubectl(["get", "otelcol", name, "-n", "shop", "-o", "json"]);
  const { metadata, status } = JSON.parse(text) as {
    readonly metadata: { readonly generation: number };
    readonly status?: { readonly observedGeneration?: number; readonly conditions: readonly Condition[] };
  };
  expect(status?.observedGeneration).toBe(metadata.generation);
  return status?.conditions.find(({ type }) => type === "Degraded") as Condition;
}

/** Everything that a resource owns, with its version. */
async function ownedBy(name: string): Promise<readonly string[]> {
  const objects = await list<Owned>("configmaps,serviceaccounts,services,deployments,statefulsets");
  return objects
    .filter(({ metadata }) => JSON.stringify(metadata.ownerReferences ?? []).includes(`"name":"${name}"`))
    .map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`)
    .toSorted();
}

const jobsOf = async (name: string): Promise<string> =>
  get(`${operator.url}/namespaces/shop/opentelemetrycollectors/${name}/jobs`);

describe("a resource that cannot be run", () => {
  it.each<{ name: string; message: string; text: string }>([
    {
      name: "a strategy that does not exist",
      message: "kubectl-unknown-strategy",
      text: collectorText({ allocationStrategy: "best" }),
    },
    {
      name: "no configuration",
      message: "kubectl-no-config",
      text: collectorText().replace(/ {2}config:[^]*/, ""),
    },
  ])("with $name is refused by the API server", async ({ message, text }) => {
    await expect(apply(text)).rejects.toThrow(documented(message));
  });

  it.each<{ name: string; message: string; receivers: unknown; jobs?: readonly unknown[] }>([
    { name: "without", message: "no-receivers", receivers: {} },
    // kubectl apply leaves out what is null.
    { name: "null", message: "no-receivers", receivers: { prometheus: null } },
    { name: "missing", message: "no-prometheus-receiver", receivers: { otlp: { protocols: { grpc: {} } } } },
    { name: "renamed", message: "other-prometheus-receiver", receivers: { "prometheus/mine": {} } },
    { name: "scalar", message: "null-prometheus-receiver", receivers: { prometheus: "yes" } },
    {
      name: "jobless",
      message: "no-scrape-configs",
      receivers: { prometheus: { config: { scrape_configs: [] } } },
    },
  ])("because its prometheus receiver is $name has a condition and an Event that say so", async (row) => {
    const name = `receiver-${row.name}`;
    await apply(collectorText({ name, receivers: row.receivers }));
    const message = documented(row.message);
    await eventually(async () => {
      expect(await degraded(name)).toMatchObject({
        status: "True",
        reason: "ConfigInvalid",
        message: expect.stringMatching(message),
      });
      const events = await list<ListedEvent>("events.events.k8s.io");
      expect(events.filter(({ regarding }) => regarding?.name === name)).toContainEqual(
        expect.objectContaining({ type: "Warning", reason: "ConfigInvalid", note: expect.stringMatching(message) }),
      );
    });
    expect(await ownedBy(name)).toEqual([]);
    expect(await plane.kubectl(["get", "otelcol", name, "-n", "shop"])).toMatch(/DEGRADED[^]*ConfigInvalid/);
  });

  it("keeps the objects and jobs of its last good version, and harms no other resource", async () => {
    await apply(`${collectorText({ name: "main" })}---\n${collectorText({ name: "other" })}`);
    await eventually(async () => {
      for (const name of ["main", "other"]) {
        expect(await degraded(name)).toMatchObject({ reason: "AsExpected" });
        expect(await jobsOf(name)).toMatch(/^200 .*"good"/);
      }
    });
    const before = await ownedBy("main");
    expect(before.length).toBeGreaterThan(5);
    await apply(collectorText({ name: "main", receivers: {} }));
    await eventually(async () => expect(await degraded("main")).toMatchObject({ reason: "ConfigInvalid" }));
    expect(await ownedBy("main")).toEqual(before);
    expect(await jobsOf("main")).toMatch(/^200 .*"good"/);
    expect(await degraded("other")).toMatchObject({ reason: "AsExpected" });
    await apply(collectorText({ name: "main", jobs: [GOOD_JOB, { ...GOOD_JOB, job_name: "more" }] }));
    await eventually(async () => {
      expect(await degraded("main")).toMatchObject({ reason: "AsExpected" });
      expect(await jobsOf("main")).toMatch(/^200 .*"more"/);
    });
  });
});

describe("a resource with jobs good and bad", () => {
  beforeAll(async () => {
    await apply(collectorText({ name: "mixed", jobs: MIXED_JOBS }));
  });

  it("has its good jobs served, and a condition that names the bad ones with what is wrong", async () => {
    await eventually(async () => {
      const condition = await degraded("mixed");
      expect(condition).toMatchObject({ status: "True", reason: "AllocationProblems" });
      for (const message of ["bad-regex", "unknown-discovery", "unsupported-discovery"]) {
        expect(condition.message).toMatch(documented(message));
      }
      expect(condition.message).toMatch(/bad: JobRejected: .*misspelt|misspelt: .*bad: JobRejected/);
    });
    const jobs = await jobsOf("mixed");
    expect(jobs).toMatch(/^200 .*"good"/);
    expect(jobs).not.toContain('"bad"');
  });

  it("keeps a job's last good configuration when the job becomes bad", async () => {
    const renamed = { ...GOOD_JOB, job_name: "turning" };
    await apply(collectorText({ name: "turning", jobs: [GOOD_JOB, renamed] }));
    await eventually(async () => expect(await jobsOf("turning")).toMatch(/^200 .*"turning"/));
    const broken = { ...renamed, scrape_interval: "soon" };
    await apply(collectorText({ name: "turning", jobs: [GOOD_JOB, broken] }));
    await eventually(async () => {
      const { reason, message } = await degraded("turning");
      expect(reason).toBe("AllocationProblems");
      expect(message).toMatch(/turning: JobRejected: .*scrape_interval: "soon" is no duration/);
      expect(message).toContain("its last good configuration stays in force");
    });
    expect(await jobsOf("turning")).toMatch(/^200 .*"turning"/);
  });

  it("shows no password in status, Events, log or routes", async () => {
    const status = await plane.kubectl(["get", "otelcol", "mixed", "-n", "shop", "-o", "jsonpath={.status}"]);
    const events = JSON.stringify(await list("events.events.k8s.io"));
    const route = `${operator.url}/namespaces/shop/opentelemetrycollectors/mixed`;
    const served = await Promise.all(["/scrape_configs", "/", "/jobs"].map(async (path) => get(route + path)));
    expect([status, events, logOf(operator), ...served].join("\n")).not.toContain(SECRET);
  });
});
