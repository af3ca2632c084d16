import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { type Answer, json, TestServers } from "../support/http-servers.ts";
import { freeAddress, type Program, startProgram } from "../support/program.ts";

// Whole processes start here, on a machine that may be busy.
jest.setTimeout(120_000);

const servers = new TestServers();
const WEB = ["web.shop.svc:80"];
const SERVICES_OF_SHOP = { role: "service", namespaces: { names: ["shop"] } };

let plane: ControlPlane;
let dir: string;
let caFile: string;
/** Of an account that may read the services of one namespace, and nothing else. */
let token: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "other-clusters-"));
  plane = await startControlPlane();
  caFile = join(plane.dir, "certificates", "apiserver.crt");
  for (const namespace of ["shop", "bank"]) {
    await plane.kubectl(["create", "namespace", namespace]);
    await plane.kubectl(["-n", namespace, "create", "service", "clusterip", "web", "--tcp=80"]);
  }
  const shop = (...args: string[]): Promise<string> => plane.kubectl(["-n", "shop", ...args]);
  await shop("create", "serviceaccount", "reader");
  await shop("create", "role", "reader", "--verb=get,list,watch", "--resource=services");
  await shop("create", "rolebinding", "reader", "--role=reader", "--serviceaccount=shop:reader");
  token = (await shop("create", "token", "reader")).trim();
}, START_TIMEOUT_MS);

afterAll(async () => {
  await plane.stop();
  rmSync(dir, { recursive: true, force: true });
}, START_TIMEOUT_MS);

/** Runs a target allocator with one kubernetes_sd entry for each job, and stops it afterwards. */
async function withAllocator(
  { name, jobs, kubeconfigPath }: { name: string; jobs: Readonly<Record<string, object>>; kubeconfigPath?: string },
  use: (program: Program) => Promise<void>,
): Promise<void> {
  const configs = Object.entries(jobs).map(([job, entry]) => ({ job_name: job, kubernetes_sd_configs: [entry] }));
  const path = join(dir, `${name}.yaml`);
  writeFileSync(path, stringify({ collectors: [{ name: "c" }], config: { scrape_configs: configs } }));
  const address = await freeAddress();
  const own = kubeconfigPath === undefined ? [] : [`--kubeconfig-path=${kubeconfigPath}`];
  const args = ["target-allocator", `--config-file=${path}`, `--listen-addr=${address}`, ...own];
  const program = startProgram({ args, dir, name, url: `http://${address}` });
  try {
    await use(program);
  } finally {
    await program.child.stop();
  }
}

async function addressesOf({ url }: Program, job: string): Promise<readonly string[]> {
  const response = await fetch(`${url}/jobs/${job}/targets?collector_id=c`);
  const groups = (await response.json()) as readonly { readonly targets: readonly string[] }[];
  return groups.flatMap(({ targets }) => targets);
}

/** Stands in front of the API server, and takes basic authentication, which API servers themselves no longer do. */
function takingBasicAuth(user: string): Answer {
  const expected = `Basic ${Buffer.from(user).toString("base64")}`;
  return ({ method, url, headers }, response) => {
    if (headers.authorization !== expected) return void response.writeHead(401).end();
    const onward = request(`${plane.url}${url.replace(/^\/behind/, "")}`, {
      method,
      ca: readFileSync(caFile),
      headers: { authorization: `Bearer ${token}` },
    });
    onward.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, { "content-type": "application/json" });
      answer.pipe(response);
    });
    onward.once("error", () => response.destroy());
    response.once("close", () => onward.destroy());
    onward.end();
  };
}

describe("kubernetes_sd_configs on other clusters", () => {
  it("reaches them by api_server with each way to say who asks, through proxies, and by kubeconfig_file", async () => {
    const tokens = await servers.start(json({ access_token: token, token_type: "Bearer", expires_in: 3_600 }));
    const front = await servers.start(takingBasicAuth("reader:secret"));
    const proxy = await servers.startProxy();
    const tokenFile = join(dir, "token");
    writeFileSync(tokenFile, `${token}\n`);
    const ca = readFileSync(caFile, "utf8");
    const here = { ...SERVICES_OF_SHOP, api_server: plane.url };
    const jobs = {
      bearer: { ...here, authorization: { credentials: token }, tls_config: { ca } },
      files: { ...here, bearer_token_file: tokenFile, tls_config: { ca_file: caFile } },
      oauth2: {
        ...here,
        oauth2: { client_id: "me", client_secret: "mine", token_url: `${tokens.url}/token` },
        tls_config: { insecure_skip_verify: true },
      },
      proxied: { ...here, bearer_token: token, tls_config: { ca_file: caFile }, proxy_url: proxy.url },
      basic: {
        ...SERVICES_OF_SHOP,
        api_server: `${front.url}/behind/`,
        basic_auth: { username: "reader", password: "secret" },
      },
      kubeconfig: { ...SERVICES_OF_SHOP, kubeconfig_file: plane.kubeconfigWithToken(token) },
    };
    await withAllocator({ name: "ways", jobs }, async (program) => {
      await program.whenReady();
      const found = await Promise.all(Object.keys(jobs).map(async (job) => [job, await addressesOf(program, job)]));
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(Object.keys(jobs).map((job) => [job, WEB])));
      await plane.kubectl(["-n", "shop", "create", "service", "clusterip", "later", "--tcp=80"]);
      for (const job of Object.keys(jobs)) {
        await eventually(async () => expect(await addressesOf(program, job)).toHaveLength(2), { withinMs: 30_000 });
      }
      await plane.kubectl(["-n", "shop", "delete", "service", "later"]);
    });
    expect(proxy.requests.map(({ method, url }) => `${method} https://${url}`)).toContain(`CONNECT ${plane.url}`);
    expect(tokens.requests).toHaveLength(1);
  });

  it("says which credentials are refused, and takes new ones from their file without a restart", async () => {
    const tokenFile = join(dir, "rotated");
    writeFileSync(tokenFile, "wrong");
    const entry = { api_server: plane.url, bearer_token_file: tokenFile, tls_config: { ca_file: caFile } };
    await withAllocator({ name: "rotated", jobs: { job: { ...SERVICES_OF_SHOP, ...entry } } }, async (program) => {
      const log = (): string => readFileSync(program.child.logPath, "utf8");
      await eventually(
        () => expect(log()).toContain("listing services in namespace shop: Unauthorized; check the credentials beside"),
        { withinMs: 60_000 },
      );
      writeFileSync(tokenFile, token);
      await eventually(async () => expect(await addressesOf(program, "job")).toEqual(WEB), { withinMs: 60_000 });
    });
  });

  it("adds the program's own namespace where own_namespace asks for it", async () => {
    const kubeconfig = JSON.parse(readFileSync(plane.kubeconfigPath, "utf8")) as { contexts: { context: object }[] };
    for (const each of kubeconfig.contexts) each.context = { ...each.context, namespace: "shop" };
    const kubeconfigPath = join(dir, "kubeconfig");
    writeFileSync(kubeconfigPath, JSON.stringify(kubeconfig));
    const jobs = {
      own: { role: "service", namespaces: { own_namespace: true } },
      both: { role: "service", namespaces: { own_namespace: true, names: ["bank"] } },
    };
    await withAllocator({ name: "own", jobs, kubeconfigPath }, async (program) => {
      await program.whenReady();
      expect(await addressesOf(program, "own")).toEqual(WEB);
      expect([...(await addressesOf(program, "both"))].toSorted()).toEqual(["web.bank.svc:80", ...WEB]);
    });
  });
});
