import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { parse, parseAllDocuments } from "yaml";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { type TestBrowser, type WatchedPage, startBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { legibilityProblems, walkByTab } from "../support/page-legibility.ts";
import { Quickstart } from "../support/quickstart.ts";

const START_TIMEOUT_MS = 120_000;
const STEP_TIMEOUT_MS = 60_000;
/** What a newcomer takes for "at once", on a machine that is busy with other tests. */
const SOON = { withinMs: 15_000 };

type Owners = Awaited<ReturnType<Quickstart["owners"]>>;

let quickstart: Quickstart;
let browser: TestBrowser;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  [quickstart, browser] = await Promise.all([Quickstart.start(), startBrowser()]);
  watched = await browser.open(quickstart.page);
  ({ page } = watched);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await browser.stop();
  await quickstart.stop();
}, START_TIMEOUT_MS);

/** Runs a command line of ours or of the documentation, in a shell as a reader does. */
async function inShell(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)("sh", ["-c", command], { cwd: ROOT });
  return stdout;
}

/** What the example's manifests say there is to scrape, as `job address`. */
function targetsOfExample(): readonly string[] {
  const collector = parse(readFileSync(join(quickstart.manifests, "collector.yaml"), "utf8"));
  const jobs = collector.spec.config.receivers.prometheus.config.scrape_configs as readonly Job[];
  const written = jobs.flatMap(({ job_name: job, static_configs: groups = [] }) =>
    groups.flatMap(({ targets }) => targets.map((address) => `${job} ${address}`)),
  );
  const running = quickstart.written();
  const pods = parseAllDocuments(readFileSync(join(quickstart.manifests, "pods.yaml"), "utf8"))
    .map((document) => document.toJS() as Pod)
    .filter(({ metadata: { annotations } }) => annotations["prometheus.io/scrape"] === "true")
    .map(({ metadata: { name } }) => `pods ${(running.get(`Pod ${name}`) as Pod).status.podIP}:8080`);
  return [...written, ...pods].toSorted();
}

interface Job {
  readonly job_name: string;
  readonly static_configs?: readonly { readonly targets: readonly string[] }[];
}

interface Pod {
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  readonly status: { readonly podIP: string };
}

/** How many of the given words there are of each kind, sorted: the lines of a table with two columns. */
function counted(words: readonly string[]): readonly (readonly string[])[] {
  const kinds = [...new Set(words)].toSorted();
  return kinds.map((kind) => [kind, String(words.filter((word) => word === kind).length)]);
}

const perCollector = (owners: Owners): ReturnType<typeof counted> => counted([...owners.values()].flat());
const perJob = (owners: Owners): ReturnType<typeof counted> =>
  counted([...owners.keys()].map((key) => key.split(" ")[0] ?? ""));

/** The columns with these headings of a table on the open page. */
async function columns(table: number, headings: readonly string[]): Promise<readonly (readonly string[])[]> {
  const [head = [], ...rows] = (await page.getByRole("table").nth(table).getByRole("row").allInnerTexts()).map((row) =>
    row.split("\t").map((cell) => cell.trim()),
  );
  return rows.map((row) => headings.map((heading) => row[head.indexOf(heading)] ?? ""));
}

/** The open page shows exactly what the routes answer. */
async function expectPageToFollow(): Promise<void> {
  const owners = await quickstart.owners();
  expect(await columns(0, ["Collector", "Targets"])).toEqual(perCollector(owners));
  expect(await columns(1, ["Job", "Assigned"])).toEqual(perJob(owners));
}

/** Waits until each target of the example is in the share of exactly one of that many collectors. */
async function expectShares(collectors: number): Promise<Owners> {
  return eventually(async () => {
    const owners = await quickstart.owners();
    expect([...owners.keys()].toSorted()).toEqual(targetsOfExample());
    expect([...owners.values()].filter(({ length }) => length !== 1)).toEqual([]);
    expect(perCollector(owners)).toHaveLength(collectors);
    return owners;
  }, SOON);
}

const scaleTo = (replicas: number): void =>
  quickstart.edit("collector.yaml", (text) => text.replace(/replicas: .*/, `replicas: ${String(replicas)}`));

describe("otel-allocator dev examples/quickstart", () => {
  afterEach(async () => {
    quickstart.restore();
    await expectShares(3);
  }, STEP_TIMEOUT_MS);

  it("gives each target of the example to exactly one of three collectors", async () => {
    await expectShares(3);
  });

  it.each([
    ["it prints", (): string => quickstart.screen],
    ["the README gives", (): string => readFileSync(join(ROOT, "README.md"), "utf8")],
    ["the example's README gives", (): string => readFileSync(join(ROOT, "examples/quickstart/README.md"), "utf8")],
  ])("answers the curl that %s with a collector's share", async (_where, read) => {
    const command = /curl '[^']+'/.exec(read())?.[0] ?? "";
    const [, job = "", collector = ""] = /jobs\/(\w+)\/targets\?collector_id=([\w-]+)/.exec(command) ?? [];
    const answer = await inShell(
      command.replace(/http:\/\/[^/]+/, `-sSf ${quickstart.program.url}`).replace("'-sSf ", "-sSf '"),
    );
    const share = (JSON.parse(answer) as { readonly targets: readonly string[] }[]).flatMap(({ targets }) => targets);
    const owners = await quickstart.owners();
    const want = [...owners].filter(([key, [owner]]) => key.startsWith(`${job} `) && owner === collector);
    expect(share.map((address) => `${job} ${address}`)).toEqual(want.map(([key]) => key));
    expect(share).not.toEqual([]);
  });

  it("says what to open, and leads from there to collectors, jobs and their counts", async () => {
    const [, url = ""] = /open +(\S+)/.exec(quickstart.screen) ?? [];
    const first = await browser.open(url);
    await first.page.getByRole("link", { name: "default/quickstart" }).click();
    expect(first.page.url()).toBe(quickstart.page);
    expect(first.complaints).toEqual([]);
    await first.page.close();
    await expectPageToFollow();
    expect(await page.locator(".facts li").allInnerTexts()).toEqual([
      "3\ncollectors",
      "3\njobs",
      "17\ntargets assigned",
      "0\ntargets unassigned",
    ]);
  });

  it(
    "moves what it must when replicas change, and the open page follows without being loaded again",
    async () => {
      const three = await expectShares(3);
      await page.evaluate("window.loadedBefore = true");
      scaleTo(4);
      const four = await expectShares(4);
      // Consistent hashing: whoever has another collector than before has the new one.
      const moved = [...four].filter(([key, [owner]]) => owner !== three.get(key)?.[0]);
      expect(new Set(moved.flatMap(([, owners]) => owners))).toEqual(new Set(["quickstart-collector-3"]));
      await eventually(expectPageToFollow, SOON);
      expect(await columns(0, ["Collector"])).toHaveLength(4);
      await eventually(() => expect(quickstart.screen).toContain(`; ${String(moved.length)} moved`), SOON);
      scaleTo(2);
      await expectShares(2);
      await eventually(expectPageToFollow, SOON);
      expect(await columns(0, ["Collector"])).toEqual([["quickstart-collector-0"], ["quickstart-collector-1"]]);
      expect(await page.evaluate("window.loadedBefore")).toBe(true);
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "follows pods that come and go, on the page of their job too",
    async () => {
      const jobPage = await browser.open(`${quickstart.page}debug/job?job_id=pods`);
      const more = join(quickstart.manifests, "more.yaml");
      const [pod = ""] = readFileSync(join(quickstart.manifests, "pods.yaml"), "utf8").split("---\n");
      writeFileSync(more, pod.replace("weather-0", "weather-9"));
      await jobPage.page.getByRole("cell", { name: "pod default/weather-9" }).waitFor({ timeout: SOON.withinMs });
      expect(perJob(await quickstart.owners())).toContainEqual(["pods", "6"]);
      await eventually(async () => expect(await columns(1, ["Job", "Discovered"])).toContainEqual(["pods", "7"]), SOON);
      rmSync(more);
      await eventually(async () => expect(await jobPage.page.getByText("weather-9").count()).toBe(0), SOON);
      await expectShares(3);
      expect(jobPage.complaints).toEqual([]);
      await jobPage.page.close();
    },
    STEP_TIMEOUT_MS,
  );

  it.each<{ name: string; replicas: string; at: number; want: string }>([
    // That a list is not closed shows on the line after it.
    { name: "no YAML", replicas: "[4", at: 1, want: "not YAML" },
    { name: "nothing an API server takes", replicas: "four", at: 0, want: "spec.replicas must be a whole number" },
  ])(
    "says where a manifest is $name, and serves what was good",
    async ({ replicas, at, want }) => {
      const before = await expectShares(3);
      quickstart.edit("collector.yaml", (text) => text.replace("replicas: 3", `replicas: ${replicas}`));
      const file = join(quickstart.manifests, "collector.yaml");
      const line = readFileSync(file, "utf8").split("\n").indexOf(`  replicas: ${replicas}`) + 1 + at;
      await eventually(() => {
        const told = quickstart.screen
          .split("\n")
          .filter((text) => text.includes(`PROBLEM   ${file}:${String(line)}:`));
        expect(told.join("\n")).toContain(want);
      }, SOON);
      expect(await quickstart.owners()).toEqual(before);
      scaleTo(4);
      await expectShares(4);
    },
    STEP_TIMEOUT_MS,
  );

  it("shows generated objects and the resource's status as files", async () => {
    await eventually(() => {
      const objects = quickstart.written();
      expect([...objects.keys()]).toEqual(
        expect.arrayContaining([
          "ConfigMap quickstart-targetallocator",
          "Deployment quickstart-targetallocator",
          "Service quickstart-targetallocator",
          "StatefulSet quickstart-collector",
          "Pod quickstart-collector-2",
        ]),
      );
      expect(objects.get("OpenTelemetryCollector quickstart")).toMatchObject({
        status: {
          conditions: expect.arrayContaining([expect.objectContaining({ type: "Available", status: "True" })]),
          allocation: { collectors: 3, jobs: 3, targets: 17, unassignedTargets: 0 },
        },
      });
    }, SOON);
  });
});

describe("its pages", () => {
  const PATHS = [
    ["the first", "../../../../"],
    ["a resource's", ""],
    ["a job's", "debug/job?job_id=pods"],
    ["a collector's", "debug/collector?collector_id=quickstart-collector-1"],
    ["the scrape configurations'", "debug/scrape_configs"],
  ] as const;

  it.each(PATHS)("%s can be read by everybody: light and dark, wide and narrow, by keyboard", async (_name, path) => {
    const visited = await browser.open(new URL(path, quickstart.page).href);
    const problems: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 390]) {
        await visited.page.emulateMedia({ colorScheme });
        await visited.page.setViewportSize({ width, height: 800 });
        const found = await legibilityProblems(visited.page);
        problems.push(...found.map((problem) => `${colorScheme}, ${String(width)} pixels: ${problem}`));
      }
    }
    expect(problems).toEqual([]);
    const links = await visited.page.getByRole("link").count();
    expect(await walkByTab(visited.page)).toEqual({ stops: links, hidden: [] });
    expect(visited.complaints).toEqual([]);
    await visited.page.close();
  });

  it("load nothing from elsewhere and leave the console empty, however long they are open", () => {
    expect(watched.complaints).toEqual([]);
  });
});

describe("Ctrl-C", () => {
  it("ends it in order, within seconds; nothing stays behind, and the open page says so", async () => {
    const { child } = quickstart.program;
    const startedAt = Date.now();
    const ended = child.exited;
    process.kill(child.pid, "SIGINT");
    expect(await ended).toBe(0);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    expect(processesAbout(quickstart.manifests)).toEqual([]);
    await page.getByText("no answer since").waitFor({ timeout: SOON.withinMs });
  });
});

/** Command lines of running processes that name the path. */
function processesAbout(path: string): readonly string[] {
  return readdirSync("/proc")
    .map((pid) => join("/proc", pid, "cmdline"))
    .flatMap((file) => (/\d/.test(file) && existsSync(file) ? [readIfThere(file)] : []))
    .filter((commandLine) => commandLine.includes(path));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
