import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { collectorText, GOOD_JOB, kubeconfigText, MIXED_JOBS, SECRET } from "../support/bad-input.ts";
import { createCertificateAuthority } from "../support/certificates.ts";
import { START_TIMEOUT_MS } from "../support/control-plane.ts";
import { documented } from "../support/documented-messages.ts";
import { eventually } from "../support/eventually.ts";
import { NOTHING_BUT_PODS, type OperatorProgram, OperatorStage } from "../support/operator-stage.ts";
import { freeAddress, type Program } from "../support/program.ts";

// Whole processes start here, on a machine that may be busy.
jest.setTimeout(120_000);

let stage: OperatorStage;
let operator: OperatorProgram;
let allocator: Program;

beforeAll(async () => {
  stage = await OperatorStage.start();
  await stage.plane.killApiServer();
  operator = await stage.startOperator("operator");
  allocator = await startAllocator();
}, START_TIMEOUT_MS);

afterAll(async () => stage.stop(), START_TIMEOUT_MS);

async function startAllocator(): Promise<Program> {
  const config = { scrape_configs: [GOOD_JOB, { job_name: "pods", kubernetes_sd_configs: [{ role: "pod" }] }] };
  const file = { collector_namespace: "shop", collector_selector: { matchlabels: { app: "collector" } }, config };
  const path = join(stage.dir, "allocator.yaml");
  writeFileSync(path, stringify(file));
  const listen = await freeAddress();
  const paths = [`--config-file=${path}`, `--kubeconfig-path=${stage.plane.kubeconfigPath}`];
  const args = ["target-allocator", ...paths, `--listen-addr=${listen}`];
  return stage.startProgram("allocator", args, `http://${listen}`);
}

const logOf = ({ child }: Program): string => readFileSync(child.logPath, "utf8");

async function get(url: string): Promise<string> {
  const response = await fetch(url);
  return `${String(response.status)} ${await response.text()}`;
}

describe("an API server that does not answer when the process starts", () => {
  it("is waited for by the operator, which says so in log and readiness", async () => {
    await eventually(async () => expect(await get(`${operator.probes}/readyz`)).toMatch(documented("operator-waits")));
    await eventually(() => expect(logOf(operator)).toContain('"msg":"not ready yet"'));
    expect(logOf(operator)).toMatch(documented("api-server-silent"));
    expect(await get(`${operator.probes}/livez`)).toMatch(/^200 /);
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
    await stage.plane.startApiServer();
    await operator.ready();
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
    await stage.kubectl(["create", "serviceaccount", "nobody"]);
  });

  afterAll(() => {
    elsewhere.close();
  });

  interface Written {
    readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  }
  const authority = (): string => {
    const written = JSON.parse(readFileSync(stage.plane.kubeconfigPath, "utf8")) as Written;
    return written.clusters[0]?.cluster["certificate-authority-data"] ?? "";
  };
  const nobody = async (): Promise<string> => (await stage.kubectl(["create", "token", "nobody"])).trim();

  it.each<{ name: string; message: string; text: () => string | Promise<string> }>([
    {
      name: "it does not speak TLS",
      message: "tls-to-plain-server",
      text: () => kubeconfigText({ server: `https://${elsewhereAddress}` }),
    },
    {
      name: "it wants TLS",
      message: "plain-to-tls-server",
      text: () => kubeconfigText({ server: stage.plane.url.replace("https:", "http:") }),
    },
    {
      name: "its certificate is of another authority",
      message: "tls-untrusted",
      text: () =>
        kubeconfigText({
          server: stage.plane.url,
          authority: Buffer.from(createCertificateAuthority().cert).toString("base64"),
        }),
    },
    {
      name: "its certificate is for another name",
      message: "tls-other-name",
      text: () => kubeconfigText({ server: stage.plane.url.replace("127.0.0.1", "localhost"), authority: authority() }),
    },
    {
      name: "it is something else",
      message: "no-api-server",
      text: () => kubeconfigText({ server: `http://${elsewhereAddress}` }),
    },
    {
      name: "it does not know us",
      message: "wrong-token",
      text: () => kubeconfigText({ server: stage.plane.url, authority: authority() }),
    },
    {
      name: "it does not let us",
      message: "not-allowed",
      text: async () => kubeconfigText({ server: stage.plane.url, authority: authority(), token: await nobody() }),
    },
  ])("because $name: the operator says that, and goes on asking", async ({ message, text }) => {
    const kubeconfig = join(stage.dir, `${message}.json`);
    writeFileSync(kubeconfig, await text());
    const started = await stage.startOperator(message, [`--kubeconfig=${kubeconfig}`]);
    await eventually(async () => expect(await get(`${started.probes}/readyz`)).toMatch(documented(message)));
    await eventually(() => expect(started.log()).toContain('"msg":"not ready yet"'));
    expect(await get(`${started.probes}/livez`)).toMatch(/^200 /);
    expect(`${started.log()}${await get(`${started.probes}/readyz`)}`).not.toContain(SECRET);
    await started.child.stop();
  });
});

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
      name: "settings of a strategy that make no sense together",
      message: "kubectl-strategy-settings",
      text: collectorText({ strategySettings: { rebalanceAbovePercent: 5 } }),
    },
    {
      name: "no configuration",
      message: "kubectl-no-config",
      text: collectorText().replace(/ {2}config:[^]*/, ""),
    },
  ])("with $name is refused by the API server", async ({ message, text }) => {
    await expect(stage.apply(text)).rejects.toThrow(documented(message));
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
    await stage.apply(collectorText({ name, receivers: row.receivers }));
    const message = documented(row.message);
    await eventually(async () => {
      expect(await stage.degraded(name)).toMatchObject({
        status: "True",
        reason: "ConfigInvalid",
        message: expect.stringMatching(message),
      });
      expect(await stage.eventsOf(name)).toContainEqual(
        expect.objectContaining({ type: "Warning", reason: "ConfigInvalid", note: expect.stringMatching(message) }),
      );
    });
    expect([...(await stage.ownedBy(name)).keys()]).toEqual([]);
    expect(await stage.kubectl(["get", "otelcol", name])).toMatch(/DEGRADED[^]*ConfigInvalid/);
  });

  it("keeps the objects and jobs of its last good version, and harms no other resource", async () => {
    await stage.apply(`${collectorText({ name: "main" })}---\n${collectorText({ name: "other" })}`);
    await eventually(async () => {
      for (const name of ["main", "other"]) {
        expect(await stage.degraded(name)).toMatchObject({ status: "False" });
        expect(await jobsOf(name)).toMatch(/^200 .*"good"/);
      }
    });
    const before = await stage.ownedBy("main");
    expect(before.size).toBeGreaterThan(5);
    await stage.apply(collectorText({ name: "main", receivers: {} }));
    await eventually(async () => expect(await stage.degraded("main")).toMatchObject({ reason: "ConfigInvalid" }));
    expect(await stage.ownedBy("main")).toEqual(before);
    expect(await jobsOf("main")).toMatch(/^200 .*"good"/);
    expect(await stage.degraded("other")).toMatchObject({ reason: expect.stringMatching(NOTHING_BUT_PODS) });
    await stage.apply(collectorText({ name: "main", jobs: [GOOD_JOB, { ...GOOD_JOB, job_name: "more" }] }));
    await eventually(async () => {
      expect(await stage.degraded("main")).toMatchObject({ reason: expect.stringMatching(NOTHING_BUT_PODS) });
      expect(await jobsOf("main")).toMatch(/^200 .*"more"/);
    });
  });
});

describe("a resource with jobs good and bad", () => {
  beforeAll(async () => {
    await stage.apply(collectorText({ name: "mixed", jobs: MIXED_JOBS }));
  });

  it("has its good jobs served, and a condition that names the bad ones with what is wrong", async () => {
    await eventually(async () => {
      const condition = await stage.degraded("mixed");
      expect(condition).toMatchObject({ status: "True", reason: "AllocationProblems" });
      for (const message of ["bad-regex", "unknown-discovery", "unreachable-discovery"]) {
        expect(condition?.message).toMatch(documented(message));
      }
      expect(condition?.message).toMatch(/bad: JobRejected: .*misspelt|misspelt: .*bad: JobRejected/);
    });
    const jobs = await jobsOf("mixed");
    expect(jobs).toMatch(/^200 .*"good"/);
    expect(jobs).not.toContain('"bad"');
  });

  it("keeps a job's last good configuration when the job becomes bad", async () => {
    const renamed = { ...GOOD_JOB, job_name: "turning" };
    await stage.apply(collectorText({ name: "turning", jobs: [GOOD_JOB, renamed] }));
    await eventually(async () => expect(await jobsOf("turning")).toMatch(/^200 .*"turning"/));
    const broken = { ...renamed, scrape_interval: "soon" };
    await stage.apply(collectorText({ name: "turning", jobs: [GOOD_JOB, broken] }));
    await eventually(async () => {
      const { reason, message } = (await stage.degraded("turning")) ?? {};
      expect(reason).toBe("AllocationProblems");
      expect(message).toMatch(/turning: JobRejected: .*scrape_interval: "soon" is no duration/);
      expect(message).toContain("its last good configuration stays in force");
    });
    expect(await jobsOf("turning")).toMatch(/^200 .*"turning"/);
  });

  it("shows no password in status, Events, log or routes", async () => {
    const status = await stage.kubectl(["get", "otelcol", "mixed", "-o", "jsonpath={.status}"]);
    const events = await stage.kubectl(["get", "events.events.k8s.io", "-o", "json"]);
    const route = `${operator.url}/namespaces/shop/opentelemetrycollectors/mixed`;
    const served = await Promise.all(["/scrape_configs", "/", "/jobs"].map(async (path) => get(route + path)));
    expect([status, events, logOf(operator), ...served].join("\n")).not.toContain(SECRET);
  });
});
