import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../support/command-run.ts";
import { eventually } from "../support/eventually.ts";
import { freeAddress } from "../support/program.ts";

// Whole commands start here, on a machine that may be busy.
jest.setTimeout(60_000);

let stop: AbortController;
let dir: string;

beforeEach(() => {
  stop = new AbortController();
  dir = mkdtempSync(join(tmpdir(), "operator-"));
});

// Also after a failure: a server that is left running would keep the test run from ending.
afterEach(() => {
  stop.abort();
  rmSync(dir, { recursive: true });
});

describe("operator", () => {
  it.each<{ name: string; argv: string[]; want: RegExp }>([
    {
      name: "a kubeconfig does not exist",
      argv: ["--kubeconfig=/does/not/exist"],
      want: /^otel-allocator operator: kubeconfig \/does\/not\/exist does not exist; give the path of one that does with --kubeconfig or KUBECONFIG/,
    },
    {
      name: "flags do not fit together",
      argv: ["--collector-endpoint=operator"],
      want: /invalid configuration:\n- --collector-endpoint=operator needs --operator-url/,
    },
    {
      name: "a file of settings does not exist",
      argv: ["--config-file=/does/not/exist.yaml"],
      want: /file of settings \/does\/not\/exist.yaml \(--config-file\) cannot be read: it does not exist; check the path/,
    },
    {
      name: "there is no such feature gate",
      argv: ["--feature-gates=operand.networkpolicies"],
      want: /for --feature-gates: has an unknown feature gate .*; did you mean operand.networkpolicy\?/,
    },
  ])("says that $name", async ({ argv, want }) => {
    const { code, out, err } = await runCommand(["operator", ...argv]);
    expect([code > 0, out]).toEqual([true, ""]);
    expect(err).toMatch(want);
  });

  it("refuses arguments, which are mostly the value of a switch", async () => {
    const { code, err } = await runCommand(["operator", "--enable-leader-election", "false"]);
    expect(code).toBe(2);
    expect(err).toContain('operator: unexpected argument "false"; a switch is set with =true or =false\nUsage: ');
  });

  it("says which environment variable cannot be read", async () => {
    const { code, err } = await runCommand(["operator"], { env: { HEALTH_PROBE_ADDR: "8081" } });
    expect(code).toBe(1);
    expect(err).toContain('environment variable HEALTH_PROBE_ADDR="8081" must be host:port');
  });

  it("waits for an API server that does not answer, says so, and gives collectors no answer meanwhile", async () => {
    const kubeconfig = join(dir, "kubeconfig");
    writeFileSync(kubeconfig, kubeconfigOf(`http://${await freeAddress()}`));
    const [listen, probes] = [await freeAddress(), await freeAddress()];
    const running = runCommand(
      [
        "operator",
        `--kubeconfig=${kubeconfig}`,
        `--listen-addr=${listen}`,
        `--health-probe-addr=${probes}`,
        "--metrics-addr=0",
        "--enable-webhooks=false",
        "--zap-log-level=error",
      ],
      { signal: stop.signal },
    );
    await eventually(async () => {
      expect(await get(`${probes}/readyz`)).toEqual([
        503,
        expect.stringMatching(/no answer from http:.*refused.*\d+ more/),
      ]);
    });
    expect(await get(`${probes}/livez`)).toEqual([200, ""]);
    const path = "/namespaces/shop/opentelemetrycollectors/main";
    for (const route of ["scrape_configs", "jobs/web/targets?collector_id=c"]) {
      expect(await get(`${listen}${path}/${route}`)).toEqual([
        503,
        expect.stringMatching(/^"OpenTelemetryCollector shop\/main is not known yet: /),
      ]);
    }
    stop.abort();
    expect(await running).toEqual({ code: 0, out: "", err: "" });
  });

  it("says that the port is in use, and ends", async () => {
    const kubeconfig = join(dir, "kubeconfig");
    writeFileSync(kubeconfig, kubeconfigOf("http://127.0.0.1:9"));
    const address = await freeAddress();
    const argv = [
      "operator",
      `--kubeconfig=${kubeconfig}`,
      "--metrics-addr=0",
      "--enable-webhooks=false",
      "--zap-log-level=error",
    ];
    // One process cannot have one address twice.
    const addresses = [`--listen-addr=${address}`, `--health-probe-addr=${address}`];
    const { code, err } = await runCommand([...argv, ...addresses], { signal: stop.signal });
    expect(code).toBe(1);
    expect(err).toMatch(/probe server failed: cannot listen on .*: the port is in use .* with --health-probe-addr or/);
  });
});

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: { token: "t" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
}

async function get(url: string): Promise<[number, string]> {
  const response = await fetch(`http://${url}`);
  return [response.status, await response.text()];
}
