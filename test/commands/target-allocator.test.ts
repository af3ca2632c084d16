import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandRun, runCommand } from "../support/command-run.ts";
import { eventually } from "../support/eventually.ts";
import { freeAddress } from "../support/program.ts";

// Whole commands start here, on a machine that may be busy.
jest.setTimeout(60_000);

let dir: string;
let stop: AbortController;

beforeEach(() => {
  stop = new AbortController();
});

// Also after a failure: a server that is left running would keep the test run from ending.
afterEach(() => {
  stop.abort();
});

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "target-allocator-"));
});

afterAll(() => {
  rmSync(dir, { recursive: true });
});

const QUIET = "--zap-log-level=error";
const STATIC = `
collectors: [{ name: c0 }, { name: c1 }]
config:
  scrape_configs:
    - job_name: web/0
      static_configs: [{ targets: ["10.0.0.1:80", "10.0.0.2:80"] }]
`;

async function run(text: string, ...flags: string[]): Promise<CommandRun> {
  const path = join(dir, "config.yaml");
  writeFileSync(path, text);
  return runCommand(["target-allocator", `--config-file=${path}`, QUIET, ...flags], { signal: stop.signal });
}

describe("target-allocator", () => {
  it("serves without Kubernetes when the file lists the collectors, until it is stopped", async () => {
    const path = join(dir, "static.yaml");
    writeFileSync(path, STATIC);
    const address = await freeAddress();
    const argv = ["target-allocator", `--config-file=${path}`, `--listen-addr=${address}`, QUIET];
    const running = runCommand(argv, { signal: stop.signal });
    await eventually(async () => expect((await fetch(`http://${address}/readyz`)).status).toBe(200));
    const shares = await fetch(`http://${address}/jobs/web%2F0/targets`);
    const byCollector = (await shares.json()) as Record<string, { targets: { targets: string[] }[] }>;
    expect(Object.keys(byCollector)).toEqual(["c0", "c1"]);
    const addresses = Object.values(byCollector).flatMap(({ targets }) => targets.flatMap((one) => one.targets));
    expect(new Set(addresses)).toEqual(new Set(["10.0.0.1:80", "10.0.0.2:80"]));
    expect(addresses).toHaveLength(2);
    expect(await (await fetch(`http://${address}/metrics`)).text()).toContain("opentelemetry_allocator_targets");
    stop.abort();
    expect(await running).toEqual({ code: 0, out: "", err: "" });
    await expect(fetch(`http://${address}/readyz`)).rejects.toThrow("fetch failed");
  });

  it("says that the port is in use, and what chooses it", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const { code, err } = await run(STATIC, `--listen-addr=127.0.0.1:${String(port)}`);
    other.close();
    expect(code).toBe(1);
    expect(err).toMatch(
      /^otel-allocator target-allocator: HTTP server failed: cannot listen on 127\.0\.0\.1:\d+: the port is in use .* --listen-addr or listen_addr in .*config\.yaml\n$/,
    );
  });

  it.each<{ name: string; text: string; flags?: string[]; want: RegExp }>([
    {
      name: "broken YAML",
      text: "a: [1\nb",
      want: /config\.yaml: invalid configuration:\n- line 2, column 1: not YAML/,
    },
    {
      name: "everything that is wrong, at once",
      text: "listen_addr: nowhere\ncollectors: [{}]\n",
      want: /- listen_addr: "nowhere" must be host:port.*\n- collectors\[0\]\.name: is missing/,
    },
    {
      name: "a file without jobs and collectors",
      text: "{}",
      want: /- config\.scrape_configs: needs at least one job.*\n- collector_namespace: is missing; set it here or in the environment as OTELCOL_NAMESPACE/,
    },
    {
      name: "a strategy that there is not",
      text: `${STATIC}allocation_strategy: best\n`,
      want: /- allocation_strategy: "best" is no strategy; there are /,
    },
    {
      name: "a file of which no job is left",
      text: STATIC.replace(
        "job_name: web/0",
        "job_name: web/0\n      relabel_configs: [{ regex: '(', action: keep, source_labels: [a] }]",
      ),
      want: /no job can be served\n- .*\(/,
    },
    {
      name: "a kubeconfig that cannot be used",
      text: "collector_namespace: shop\nconfig: { scrape_configs: [{ job_name: a }] }\n",
      flags: ["--kubeconfig-path=/dev/null"],
      want: /^otel-allocator target-allocator: kubeconfig \/dev\/null/,
    },
    {
      name: "that there is neither a kubeconfig nor a pod",
      text: "collector_namespace: shop\nconfig: { scrape_configs: [{ job_name: a }] }\n",
      flags: ["--kubeconfig-path=/does/not/exist"],
      want: /kubeconfig \/does\/not\/exist does not exist, and this is no pod .* with --kubeconfig-path or kube_config_file_path/,
    },
  ])("says $name", async ({ text, flags = [], want }) => {
    const { code, out, err } = await run(text, "--listen-addr=127.0.0.1:0", ...flags);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(want);
  });

  it("says that the file is empty", async () => {
    const { code, err } = await run("# later\n---\n");
    expect(code).toBe(1);
    expect(err).toMatch(/configuration file .*config\.yaml, which is empty: invalid configuration:\n- config\.scrape/);
  });

  it("says that the file does not exist", async () => {
    const { code, err } = await runCommand(["target-allocator", "--config-file=/does/not/exist.yaml"]);
    expect(code).toBe(1);
    expect(err).toMatch(
      /configuration file \/does\/not\/exist\.yaml \(--config-file\) cannot be read: it does not exist; check the path\n$/,
    );
  });
});
