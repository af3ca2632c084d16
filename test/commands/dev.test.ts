import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { type CommandRun, runCommand } from "../support/command-run.ts";
import { eventually } from "../support/eventually.ts";
import { freeAddress } from "../support/program.ts";

// Whole commands start here, on a machine that may be busy.
jest.setTimeout(60_000);

type Shares = Readonly<Record<string, { readonly targets: readonly { readonly targets: readonly string[] }[] }>>;

const BASE = "/namespaces/default/opentelemetrycollectors/quickstart";
const JOBS = ["hosts", "pods", "shop"];

let dir: string;
let url: string;
let screen: string;
let stop: AbortController;
let running: Promise<CommandRun>;

beforeEach(async () => {
  dir = join(mkdtempSync(join(tmpdir(), "dev-")), "quickstart");
  cpSync(join(ROOT, "examples", "quickstart"), dir, { recursive: true });
  const address = await freeAddress();
  url = `http://${address}`;
  screen = "";
  stop = new AbortController();
  const onOut = (text: string): void => {
    screen += text;
  };
  running = runCommand(["dev", dir, `--listen-addr=${address}`], { signal: stop.signal, onOut });
  await eventually(async () => {
    const { status } = await fetch(`${url}/readyz`);
    if (status !== 200 || !screen.includes("try    curl")) throw new Error(`not ready: ${String(status)}\n${screen}`);
  });
});

afterEach(async () => {
  stop.abort();
  await running;
  rmSync(join(dir, ".."), { recursive: true });
});

const edit = (file: string, change: (text: string) => string): void =>
  writeFileSync(join(dir, file), change(readFileSync(join(dir, file), "utf8")));

/** Who has which address, of all jobs. */
async function owners(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const job of JOBS) {
    const shares = (await (await fetch(`${url}${BASE}/jobs/${job}/targets`)).json()) as Shares;
    for (const [collector, { targets }] of Object.entries(shares)) {
      for (const target of targets) found.set(`${job} ${String(target.targets)}`, collector);
    }
  }
  return found;
}

describe("otel-allocator dev examples/quickstart", () => {
  it("gives every target to one of the three collectors, and says what to try", async () => {
    const byTarget = await owners();
    expect(byTarget.size).toBe(17);
    expect(new Set(byTarget.values()).size).toBe(3);
    expect(screen).toContain(`open   ${url}/`);
    const command = /try +curl '([^']+)'/.exec(screen)?.[1] ?? "";
    const share = (await (await fetch(command)).json()) as readonly { readonly targets: readonly string[] }[];
    expect(share.length).toBeGreaterThan(0);
    const collector = new URL(command).searchParams.get("collector_id");
    for (const { targets } of share) expect(byTarget.get(`hosts ${String(targets)}`)).toBe(collector);
  });

  it("moves only what it must when replicas are added, and shows it on the page", async () => {
    const before = await owners();
    edit("collector.yaml", (text) => text.replace("replicas: 3", "replicas: 4"));
    await eventually(async () => expect(new Set((await owners()).values()).size).toBe(4));
    const after = await owners();
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
    const moved = [...after].filter(([target, owner]) => before.get(target) !== owner);
    await eventually(() => expect(screen).toContain(`; ${String(moved.length)} moved`));
    const page = await (await fetch(`${url}${BASE}/`)).text();
    expect(page).toContain("quickstart-collector-3");
  });

  it("follows the pods that a job discovers", async () => {
    edit("pods.yaml", (text) => text.replace('prometheus.io/scrape: "false"', 'prometheus.io/scrape: "true"'));
    await eventually(async () => expect((await owners()).size).toBe(18));
  });

  it("goes on as it was while a file is broken, and says where", async () => {
    const before = await owners();
    edit("collector.yaml", (text) => text.replace("replicas: 3", "replicas: [3"));
    await eventually(() => expect(screen).toMatch(/PROBLEM {3}.*collector\.yaml:\d+:\d+: not YAML: /));
    expect(screen).toContain("What these files held before stays in force.");
    expect(await owners()).toEqual(before);
    edit("collector.yaml", (text) => text.replace("replicas: [3", "replicas: 2"));
    await eventually(async () => expect(new Set((await owners()).values()).size).toBe(2));
  });

  it("shows generated objects and status as files", async () => {
    const file = (name: string): unknown => parse(readFileSync(join(dir, ".cluster", "default", name), "utf8"));
    await eventually(() => {
      expect(file("opentelemetrycollector-quickstart.yaml")).toMatchObject({
        status: {
          conditions: expect.arrayContaining([expect.objectContaining({ type: "Available", status: "True" })]),
          allocation: { collectors: 3, jobs: 3, targets: 17, unassignedTargets: 0 },
        },
      });
      expect(file("deployment-quickstart-targetallocator.yaml")).toMatchObject({ kind: "Deployment" });
      expect(file("statefulset-quickstart-collector.yaml")).toMatchObject({ status: { readyReplicas: 3 } });
    });
  });

  it("ends when a resource goes, with everything that was made for it", async () => {
    rmSync(join(dir, "collector.yaml"));
    await eventually(async () => expect((await fetch(`${url}${BASE}/jobs`)).status).toBe(404));
    await eventually(() => expect(screen).toContain("deleted   OpenTelemetryCollector default/quickstart"));
    const objects = await fetch(`${url}/`).then(async (response) => response.text());
    expect(objects).toContain("Apply one and it appears here.");
  });

  it("stops in good order", async () => {
    stop.abort();
    expect(await running).toMatchObject({ code: 0, err: "" });
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });
});

describe("otel-allocator dev", () => {
  it("says that a directory does not exist", async () => {
    const { code, err } = await runCommand(["dev", "/does/not/exist"]);
    expect([code, err]).toEqual([
      1,
      "otel-allocator dev: /does/not/exist does not exist; give a directory of manifests, such as examples/quickstart\n",
    ]);
  });
});
