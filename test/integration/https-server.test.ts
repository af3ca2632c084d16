import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificate, type CertificateAuthority, createCertificateAuthority } from "../support/certificates.ts";
import { type CommandRun, runCommand } from "../support/command-run.ts";
import { eventually } from "../support/eventually.ts";
import { MountedFiles } from "../support/mounted-files.ts";
import { freeAddress } from "../support/program.ts";

jest.setTimeout(120_000);

const SECRET = "s3cret-of-the-job";
const CONFIG = `
collectors: [{ name: c0 }]
config:
  scrape_configs:
    - job_name: web
      basic_auth: { username: me, password: ${SECRET} }
      static_configs: [{ targets: ["10.0.0.1:80"] }]
`;
const SERVER_NAME = "IP:127.0.0.1";

const authority = createCertificateAuthority("first");
const successor = createCertificateAuthority("second");

let dir: string;
let mounted: MountedFiles;
let stop: AbortController;
let running: Promise<CommandRun>;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "https-server-"));
  mounted = new MountedFiles(dir);
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await running;
  rmSync(dir, { recursive: true });
});

function secretOf(own: Certificate, clients: CertificateAuthority): Readonly<Record<string, string>> {
  return { "tls.crt": own.cert, "tls.key": own.key, "ca.crt": clients.cert };
}

/** Starts the program with both servers; resolves with where they will be. */
async function launch(): Promise<{ readonly http: string; readonly https: string }> {
  const [http, https] = [await freeAddress(), await freeAddress()];
  const config = join(dir, "config.yaml");
  writeFileSync(config, CONFIG);
  const argv = [
    "target-allocator",
    `--config-file=${config}`,
    `--listen-addr=${http}`,
    "--enable-https-server=true",
    `--listen-addr-https=${https}`,
    `--https-ca-file=${join(mounted.dir, "ca.crt")}`,
    `--https-tls-cert-file=${join(mounted.dir, "tls.crt")}`,
    `--https-tls-key-file=${join(mounted.dir, "tls.key")}`,
    "--zap-log-level=panic",
  ];
  running = runCommand(argv, { signal: stop.signal });
  return { http, https };
}

/** The same, and waits until it is ready. */
async function start(): ReturnType<typeof launch> {
  const addresses = await launch();
  await eventually(async () => {
    const { status } = await fetch(`http://${addresses.http}/readyz`);
    if (status !== 200) throw new Error("not ready yet");
  });
  return addresses;
}

/** One request over a connection of its own. */
async function get(url: string, options: { readonly client: Certificate; readonly ca: string }): Promise<string> {
  const agent = new Agent({ ...options.client, ca: options.ca });
  try {
    return await new Promise((resolve, reject) => {
      const outgoing = request(url, { agent }, (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => resolve(body));
      });
      outgoing.on("error", reject);
      outgoing.end();
    });
  } finally {
    agent.destroy();
  }
}

describe("the HTTPS server of the target allocator", () => {
  it("serves secrets to clients with a certificate, and to nobody over plain HTTP", async () => {
    mounted.replace(secretOf(authority.issue(SERVER_NAME), authority));
    const { http, https } = await start();
    const trusted = { client: authority.issue("DNS:collector"), ca: authority.cert };
    expect(await get(`https://${https}/scrape_configs`, trusted)).toContain(SECRET);
    expect(await get(`https://${https}/jobs/web/targets?collector_id=c0`, trusted)).toContain("10.0.0.1:80");
    const plain = await (await fetch(`http://${http}/scrape_configs`)).text();
    expect(plain).toContain("\\u003csecret\\u003e");
    expect(plain).not.toContain(SECRET);
    const stranger = { client: successor.issue("DNS:collector"), ca: authority.cert };
    await expect(get(`https://${https}/scrape_configs`, stranger)).rejects.toThrow(/ECONNRESET|hang up|disconnected/);
  });

  it("takes over certificate, key and authority that are replaced, and keeps what it has when they cannot be used", async () => {
    const own = authority.issue(SERVER_NAME);
    mounted.replace(secretOf(own, authority));
    const { https } = await start();
    const before = { client: authority.issue("DNS:collector"), ca: authority.cert };
    const after = { client: successor.issue("DNS:collector"), ca: successor.cert };
    mounted.replace({ ...secretOf(own, authority), "tls.key": successor.key, "ca.crt": successor.cert });
    // The authority alone is replaced: nothing but this is in use then.
    expect(await get(`https://${https}/livez`, before)).toBeDefined();
    mounted.replace(secretOf(own, successor));
    await eventually(async () =>
      expect(await get(`https://${https}/livez`, { ...after, ca: authority.cert })).toBeDefined(),
    );
    mounted.replace(secretOf(successor.issue(SERVER_NAME), successor));
    await eventually(async () => expect(await get(`https://${https}/livez`, after)).toBeDefined());
    await expect(get(`https://${https}/livez`, { ...before, ca: successor.cert })).rejects.toThrow(
      /ECONNRESET|hang up|disconnected/,
    );
  });

  it("does not start with files that cannot be used", async () => {
    mounted.replace({ ...secretOf(authority.issue(SERVER_NAME), authority), "tls.key": successor.key });
    await launch();
    const { code, err } = await running;
    expect(code).toBe(1);
    expect(err).toMatch(/the key file \S+tls\.key is not the key of the certificate in \S+tls\.crt/);
  });
});
