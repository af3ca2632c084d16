import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import {
  allocatorText,
  BAD_REGEX_JOB,
  BROKEN_YAML,
  collectorText,
  kubeconfigText,
  MIXED_JOBS,
  SECRET,
} from "../support/bad-input.ts";
import { documented } from "../support/documented-messages.ts";
import { eventually } from "../support/eventually.ts";
import { freeAddress, type Program, startProgram } from "../support/program.ts";
import { type ProgramRun, runProgramToEnd } from "../support/program-run.ts";

// Every case starts the program, on a machine that may be busy.
jest.setTimeout(90_000);

let dir: string;
let taken: Server;
/** An address that something listens on. */
let takenAddress: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "bad-input-"));
  mkdirSync(join(dir, "folder"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(dir, name), text);
  taken = createServer((_request, response) => response.end("<html>"));
  await new Promise<void>((resolve) => void taken.listen(0, "127.0.0.1", resolve));
  takenAddress = `127.0.0.1:${String((taken.address() as AddressInfo).port)}`;
});

afterAll(() => {
  taken.close();
  rmSync(dir, { recursive: true });
});

/** What the cases name. */
const FILES = {
  "allocator.yaml": allocatorText(),
  "broken.yaml": BROKEN_YAML,
  "empty.yaml": "",
  "comment.yaml": "# later\n---\n",
  "list.yaml": "- a\n",
  "no-jobs.yaml": "collector_namespace: shop\n",
  "in-cluster.yaml": "collector_namespace: shop\nconfig: { scrape_configs: [{ job_name: a }] }\n",
  "wrong-values.yaml": `${allocatorText()}listen_addr: "8080"\ncollectors: [{}]\nhttps: ${SECRET}\n`.replace(
    /^collectors:\n(?: .*\n)+/,
    "",
  ),
  "strategy.yaml": allocatorText(undefined, { allocation_strategy: "best" }),
  "strategy-settings.yaml": allocatorText(undefined, {
    allocation_strategy_settings: { zone_label: "rack", rebalance_above_percent: 5 },
  }),
  "only-bad.yaml": allocatorText([BAD_REGEX_JOB]),
  "kubeconfig.yaml": kubeconfigText(),
  "no-context.yaml": kubeconfigText({ currentContext: "" }),
  "wrong-context.yaml": kubeconfigText({ currentContext: "other" }),
  "collector.yaml": collectorText(),
  "two-bad-collectors.yaml": [
    collectorText({ name: "a", receivers: {} }),
    collectorText({ name: "b", receivers: { prometheus: null } }),
  ].join("---\n"),
  "bad-job.yaml": collectorText({ jobs: MIXED_JOBS }),
};

const run = async (args: readonly string[], env: Record<string, string> = {}): Promise<ProgramRun> =>
  runProgramToEnd(args, { dir, env });

/** A run that must fail without a result, and without a secret. */
async function failureOf(code: number, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const ended = await run(args, env);
  expect({ code: ended.code, out: ended.out }).toEqual({ code, out: "" });
  expect(ended.err).not.toContain(SECRET);
  return ended.err;
}

interface Failing {
  readonly door: string;
  /** Of docs/troubleshooting.md. */
  readonly message: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Words that must be there besides. */
  readonly with?: readonly string[];
  /** @default 2 */
  readonly code?: number;
}

describe("a command line that cannot be understood", () => {
  it.each<Failing>([
    { door: "an unknown command", message: "unknown-command", args: ["operatr"] },
    ...["operator", "target-allocator", "dev", "render"].map((command) => ({
      door: `an unknown flag of ${command}`,
      message: "unknown-flag",
      args: [command, "--nonsense"],
      with: [`otel-allocator ${command}: unknown flag: --nonsense`],
      // Of render, 2 says that there are differences.
      code: command === "render" ? 1 : 2,
    })),
    { door: "a flag that is nearly right", message: "similar-flag", args: ["dev", "--log-level=info", "."] },
    {
      door: "a wrong value for operator",
      message: "wrong-flag-value",
      args: ["operator", "--listen-addr=8080"],
      with: ["--listen-addr", '":8080"'],
    },
    {
      door: "a wrong value for target-allocator",
      message: "wrong-flag-value",
      args: ["target-allocator", "--enable-https-server=maybe"],
      with: ["true or false"],
    },
    { door: "a wrong value for dev", message: "wrong-flag-value", args: ["dev", "--zap-log-level=loud", "."] },
    {
      door: "a wrong value for render",
      message: "wrong-flag-value",
      args: ["render", "--collector-endpoint=moon", "f"],
      with: ["one of allocator, operator"],
      code: 1,
    },
    { door: "dev without a directory", message: "missing-directory", args: ["dev"] },
    { door: "render without a file, and nothing piped in", message: "missing-file", args: ["render"], code: 1 },
    {
      door: "a value apart from its switch",
      message: "unexpected-argument",
      args: ["operator", "--enable-leader-election", "false"],
    },
  ])("$door: an exit code, and how it is meant", async ({ message, args, with: words = [], code = 2 }) => {
    const err = await failureOf(code, args);
    expect(err).toMatch(documented(message));
    for (const word of words) expect(err).toContain(word);
  });

  it("an environment variable: exit code 1, and how it is meant", async () => {
    expect(await failureOf(1, ["operator"], { HEALTH_PROBE_ADDR: "8081" })).toMatch(documented("wrong-environment"));
  });
});

describe("a file that target-allocator cannot use", () => {
  it.each<{ door: string; message: string; file: string }>([
    { door: "does not exist", message: "config-file-unreadable", file: "gone.yaml" },
    { door: "is a directory", message: "config-file-unreadable", file: "folder" },
    { door: "is no YAML", message: "config-file-broken", file: "broken.yaml" },
    { door: "is empty", message: "config-file-empty", file: "empty.yaml" },
    { door: "has nothing but a comment", message: "config-file-empty", file: "comment.yaml" },
    { door: "has neither jobs nor prometheus_cr", message: "config-file-without-jobs", file: "no-jobs.yaml" },
    { door: "has wrong values", message: "config-file-wrong-values", file: "wrong-values.yaml" },
    { door: "names a strategy that does not exist", message: "unknown-strategy", file: "strategy.yaml" },
    { door: "sets what strategies do not have", message: "strategy-settings", file: "strategy-settings.yaml" },
    { door: "has no job that can be served", message: "no-job-left", file: "only-bad.yaml" },
  ])("$door: exit code 1, with the file and every problem", async ({ message, file }) => {
    const err = await failureOf(1, ["target-allocator", `--config-file=${file}`, "--listen-addr=127.0.0.1:0"]);
    expect(err).toMatch(documented(message));
    expect(err).toContain(file);
  });
});

describe("a kubeconfig that cannot be used", () => {
  const rows: readonly [door: string, message: string, file: string][] = [
    ["is no YAML", "kubeconfig-broken", "broken.yaml"],
    ["is something else", "kubeconfig-no-mapping", "list.yaml"],
    ["is empty", "kubeconfig-empty", "empty.yaml"],
    ["is a directory", "kubeconfig-unreadable", "folder"],
    ["names no current context", "kubeconfig-no-context", "no-context.yaml"],
    ["names a context that it does not have", "kubeconfig-wrong-context", "wrong-context.yaml"],
  ];
  it.each<Failing>([
    { door: "operator: does not exist", message: "kubeconfig-missing", args: ["operator", "--kubeconfig=gone.yaml"] },
    {
      door: "operator: does not exist where the environment says",
      message: "kubeconfig-missing",
      args: ["operator"],
      env: { KUBECONFIG: "/gone/config" },
      with: ["/gone/config"],
    },
    {
      door: "target-allocator: does not exist, outside of a pod",
      message: "kubeconfig-missing-allocator",
      args: ["target-allocator", "--config-file=in-cluster.yaml", "--kubeconfig-path=gone.yaml"],
    },
    ...rows.flatMap(([door, message, file]) => [
      { door: `operator: ${door}`, message, args: ["operator", `--kubeconfig=${file}`], with: [file] },
      {
        door: `target-allocator: ${door}`,
        message,
        args: ["target-allocator", "--config-file=in-cluster.yaml", `--kubeconfig-path=${file}`],
        with: [file],
      },
    ]),
  ])("$door: exit code 1, with the file and what to do", async ({ message, args, env, with: words = [] }) => {
    const err = await failureOf(1, args, env);
    expect(err).toMatch(documented(message));
    for (const word of words) expect(err).toContain(word);
  });
});

describe("a port in use", () => {
  it.each<{ command: string; args: readonly string[]; setBy: string }>([
    {
      command: "operator",
      args: [
        "operator",
        "--kubeconfig=kubeconfig.yaml",
        "--health-probe-addr=127.0.0.1:0",
        "--metrics-addr=0",
        "--enable-webhooks=false",
      ],
      setBy: "--listen-addr or LISTEN_ADDR",
    },
    {
      command: "target-allocator",
      args: ["target-allocator", "--config-file=allocator.yaml"],
      setBy: "--listen-addr or listen_addr in allocator.yaml",
    },
    { command: "dev", args: ["dev", "folder"], setBy: "--listen-addr or LISTEN_ADDR" },
  ])("$command: exit code 1, with the address, who has it and what chooses it", async ({ args, setBy }) => {
    const err = await failureOf(1, [...args, `--listen-addr=${takenAddress}`]);
    expect(err).toMatch(documented("port-in-use"));
    expect(err).toContain(`cannot listen on ${takenAddress}: `);
    expect(err).toContain(setBy);
  });
});

describe("manifests that render cannot use", () => {
  it.each<{ door: string; message: string; file: string; flags?: readonly string[] }>([
    { door: "broken YAML", message: "manifest-broken", file: "broken.yaml" },
    { door: "a list", message: "manifest-no-object", file: "list.yaml" },
    { door: "an empty file", message: "manifest-no-collector", file: "empty.yaml" },
    { door: "a file that does not exist", message: "manifest-unreadable", file: "gone.yaml" },
    { door: "a directory", message: "manifest-unreadable", file: "folder" },
    { door: "a resource without receivers", message: "no-receivers", file: "two-bad-collectors.yaml" },
    { door: "a resource without prometheus", message: "null-prometheus-receiver", file: "two-bad-collectors.yaml" },
    { door: "a bad resource, with its line", message: "render-resource", file: "two-bad-collectors.yaml" },
    { door: "a job that would not be served", message: "render-job", file: "bad-job.yaml" },
  ])("$door: exit code 1, where it is, and no objects", async ({ message, file }) => {
    expect(await failureOf(1, ["render", file])).toMatch(documented(message));
  });

  it("tells with --targets what each job finds, and what keeps others from finding", async () => {
    const { code, out, err } = await run(["render", "--targets", "bad-job.yaml"]);
    expect(code).toBe(1);
    expect(Object.keys((parse(out) as { jobs: object }).jobs)).toContain("good");
    for (const message of ["bad-regex", "unknown-discovery"]) expect(err).toMatch(documented(message));
    expect(out + err).not.toContain(SECRET);
  });
});

describe("a target allocator with jobs good and bad", () => {
  let allocator: Program;

  beforeAll(async () => {
    writeFileSync(join(dir, "mixed.yaml"), allocatorText(MIXED_JOBS));
    const address = await freeAddress();
    const args = ["target-allocator", "--config-file=mixed.yaml", `--listen-addr=${address}`, "stray"];
    allocator = startProgram({ args, dir, name: "mixed", url: `http://${address}` });
    await allocator.whenReady();
  });

  afterAll(async () => allocator.child.stop());

  const log = (): string => readFileSync(allocator.child.logPath, "utf8");
  const get = async (path: string): Promise<string> => {
    const response = await fetch(allocator.url + path);
    return `${String(response.status)} ${await response.text()}`;
  };

  it("serves the good job as if it were alone", async () => {
    const targets: string[] = [];
    for (const collector of ["c0", "c1"]) {
      const answer = await fetch(`${allocator.url}/jobs/good/targets?collector_id=${collector}`);
      for (const group of (await answer.json()) as { targets: string[] }[]) targets.push(...group.targets);
    }
    expect(targets.toSorted()).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
  });

  it("leaves the bad one out, and says which rule and which pattern RE2 refuses", async () => {
    expect(Object.keys(parse((await get("/scrape_configs")).slice(4)) as object)).not.toContain("bad");
    expect(log()).toMatch(documented("job-rejected"));
    expect(log()).toContain(String.raw`scrape_configs[1].relabel_configs[1].regex: \"(?!x)y\" is not RE2 syntax`);
    expect(await (await fetch(`${allocator.url}/metrics`)).text()).toMatch(
      /^opentelemetry_allocator_jobs_rejected 1$/m,
    );
  });

  it.each([
    ["misspelt", "unknown-discovery"],
    ["elsewhere", "unreachable-discovery"],
  ])("answers for the job %s, whose discovery fails, that its targets are unknown", async (job, message) => {
    expect(await get(`/jobs/${job}/targets?collector_id=c0`)).toMatch(/^503 /);
    const answer = JSON.parse((await get(`/jobs/${job}/targets?collector_id=c0`)).slice(4)) as string;
    expect(answer).toMatch(documented("job-not-discovered"));
    expect(answer).toMatch(documented(message));
    expect(log()).toMatch(documented(message));
  });

  it("warns of an argument that it leaves out", () => {
    expect(log()).toMatch(documented("left-out-argument"));
  });

  it("shows no password or token in log, routes and pages", async () => {
    const texts = [log()];
    for (const path of ["/scrape_configs", "/", "/jobs", "/jobs/bad/targets", "/metrics"]) texts.push(await get(path));
    expect(texts.join("\n")).not.toContain(SECRET);
  });
});

describe("dev on a directory with good and bad manifests", () => {
  let manifests: string;
  let session: Program;

  beforeAll(async () => {
    manifests = mkdtempSync(join(dir, "manifests-"));
    save("good.yaml", collectorText({ name: "good" }));
    save(
      "bad.yaml",
      `${collectorText({ name: "bad", receivers: {} })}---\n${collectorText({ name: "mixed", jobs: MIXED_JOBS })}`,
    );
    save("broken.yaml", BROKEN_YAML);
    const address = await freeAddress();
    session = startProgram({
      args: ["dev", manifests, `--listen-addr=${address}`],
      dir,
      name: "dev",
      url: `http://${address}`,
    });
    await session.whenReady();
  });

  afterAll(async () => session.child.stop());

  const save = (name: string, text: string): void => writeFileSync(join(manifests, name), text);
  const screen = (): string => readFileSync(session.child.logPath, "utf8");
  const jobsOf = async (name: string): Promise<string> =>
    (await fetch(`${session.url}/namespaces/shop/opentelemetrycollectors/${name}/jobs`)).text();

  it("tells every problem on the screen, with its place, and no stack", async () => {
    await eventually(() => {
      for (const message of ["dev-file", "dev-resource", "no-receivers", "dev-job", "bad-regex", "unknown-discovery"]) {
        expect(screen()).toMatch(documented(message));
      }
    });
    expect(screen()).toContain(`${join(manifests, "broken.yaml")}:4:1: not YAML: `);
    expect(screen()).not.toMatch(/^\s+at /m);
    expect(screen()).not.toContain(SECRET);
  });

  it("shows it as the resource's condition in .cluster, with the Event", async () => {
    await eventually(() => {
      const file = join(manifests, ".cluster", "shop", "opentelemetrycollector-bad.yaml");
      const { status } = parse(readFileSync(file, "utf8")) as { status: { conditions: object[] } };
      expect(status.conditions).toContainEqual(
        expect.objectContaining({
          type: "Degraded",
          status: "True",
          reason: "ConfigInvalid",
          message: expect.stringMatching(documented("no-receivers")),
        }),
      );
    });
  });

  it("serves what is good beside it", async () => {
    await eventually(async () => {
      expect(await jobsOf("good")).toContain("good");
      expect(await jobsOf("mixed")).toContain("good");
    });
  });

  it("keeps serving what a file held before it was broken, and says when a problem is solved", async () => {
    save("good.yaml", BROKEN_YAML);
    save("bad.yaml", collectorText({ name: "bad" }));
    await eventually(() => expect(screen()).toMatch(documented("dev-solved")));
    await eventually(() => expect(screen()).toContain(`${join(manifests, "good.yaml")}:4:1: not YAML: `));
    expect(await jobsOf("good")).toContain("good");
    expect(await jobsOf("bad")).toContain("good");
  });

  it("says that a directory does not exist", async () => {
    expect(await failureOf(1, ["dev", "gone"])).toMatch(documented("dev-no-directory"));
    expect(await failureOf(1, ["dev", "allocator.yaml"])).toMatch(documented("dev-no-directory"));
  });
});
