import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { allocatorText, BROKEN_YAML, SECRET } from "../support/bad-input.ts";
import { documented } from "../support/documented-messages.ts";
import { eventually } from "../support/eventually.ts";
import { freeAddress, type Program, startProgram } from "../support/program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

// The whole program runs here, on a machine that may be busy.
jest.setTimeout(120_000);

const makeDirectory = temporaryDirectories();
let program: Program | undefined;

afterEach(async () => {
  await program?.child.stop();
});

/** With targets enough for each of the collectors. */
const GOOD_JOB = {
  job_name: "good",
  static_configs: [{ targets: Array.from({ length: 40 }, (_, i) => `10.0.0.${String(i)}:80`) }],
};
const SECOND_JOB = { job_name: "second", static_configs: [{ targets: ["10.0.1.1:80"] }] };

/** What a collector that polls one job has seen. */
class Poller {
  polls = 0;
  /** Answers that would make a collector lose targets, or look like a fault. */
  readonly bad: string[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(url: string) {
    this.#done = this.#run([
      `${url}/scrape_configs`,
      `${url}/jobs/good/targets?collector_id=c0`,
      `${url}/jobs/good/targets`,
    ]);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(urls: readonly string[]): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const url of urls) await this.#poll(url);
      await delay(5);
    }
  }

  async #poll(url: string): Promise<void> {
    const response = await fetch(url);
    const body = await response.text();
    this.polls += 1;
    const holds = url.endsWith("scrape_configs") ? body.includes('"good":') : body.includes("10.0.0.");
    if (response.status !== 200 || !holds) this.bad.push(`${String(response.status)} ${url} ${body}`);
  }
}

interface Stage {
  readonly url: string;
  /** Swaps the content as the kubelet does for a mounted ConfigMap. */
  readonly swap: (text: string) => void;
  /** The file itself, to be rewritten in place. */
  readonly path: string;
  readonly log: () => string;
}

/** The program on a mounted ConfigMap. */
async function start(text: string): Promise<Stage> {
  const dir = makeDirectory();
  let version = 0;
  const swap = (content: string): void => {
    version += 1;
    mkdirSync(join(dir, `..${String(version)}`));
    writeFileSync(join(dir, `..${String(version)}`, "targetallocator.yaml"), content);
    symlinkSync(`..${String(version)}`, join(dir, "..data_tmp"));
    renameSync(join(dir, "..data_tmp"), join(dir, "..data"));
    rmSync(join(dir, `..${String(version - 1)}`), { recursive: true, force: true });
  };
  swap(text);
  const path = join(dir, "targetallocator.yaml");
  symlinkSync("..data/targetallocator.yaml", path);
  const address = await freeAddress();
  const url = `http://${address}`;
  const args = ["target-allocator", `--config-file=${path}`, `--listen-addr=${address}`];
  program = startProgram({ args, dir, name: "allocator", url });
  await program.whenReady();
  return { url, swap, path, log: () => readFileSync(join(dir, "allocator.log"), "utf8") };
}

const jobsOf = async (url: string): Promise<readonly string[]> =>
  Object.keys((await (await fetch(`${url}/scrape_configs`)).json()) as object);

const problemsOf = async (url: string): Promise<string> => {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  return JSON.stringify(((await response.json()) as { readonly problems: unknown }).problems);
};

const sample = async (url: string, name: string): Promise<string | undefined> =>
  new RegExp(`^${name} (.*)$`, "m").exec(await (await fetch(`${url}/metrics`)).text())?.[1];

const SUCCESSFUL = "opentelemetry_allocator_config_last_reload_successful";

describe("a running target allocator", () => {
  it("takes over good files and outlives bad ones, and is never seen without targets", async () => {
    const { url, swap, path, log } = await start(allocatorText([GOOD_JOB]));
    const poller = new Poller(url);

    swap(allocatorText([GOOD_JOB, SECOND_JOB]));
    await eventually(async () => {
      expect(await jobsOf(url)).toEqual(["good", "second"]);
      expect((await fetch(`${url}/jobs/second/targets`)).status).toBe(200);
    });

    swap(BROKEN_YAML);
    await eventually(async () => expect(await problemsOf(url)).toContain("ConfigurationInvalid"));
    expect(await problemsOf(url)).toContain("the last good one stays in force");
    expect(await sample(url, SUCCESSFUL)).toBe("0");
    expect(await jobsOf(url)).toEqual(["good", "second"]);

    writeFileSync(path, "");
    await eventually(async () => expect(await problemsOf(url)).toContain("the file is empty"));
    expect(await jobsOf(url)).toEqual(["good", "second"]);

    rmSync(path);
    await eventually(async () => expect(await problemsOf(url)).toContain("cannot be read: it does not exist"));

    const third = { job_name: "third", static_configs: [{ targets: ["10.0.2.1:80"] }] };
    writeFileSync(path, allocatorText([GOOD_JOB, third], { listen_addr: ":1" }));
    await eventually(async () => expect(await jobsOf(url)).toEqual(["good", "third"]));
    await eventually(async () => expect((await fetch(`${url}/jobs/third/targets`)).status).toBe(200));
    expect(await sample(url, SUCCESSFUL)).toBe("1");
    expect(await problemsOf(url)).toBe("[]");

    await poller.stop();
    expect(poller.bad).toEqual([]);
    expect(poller.polls).toBeGreaterThan(20);
    expect(log().match(/"msg":"starting the target allocator"/g)).toHaveLength(1);
    expect(log()).toMatch(documented("reload-done"));
    expect(log()).toMatch(documented("reload-refused"));
    expect(log()).not.toContain(SECRET);
  });

  it("says which settings it takes up at its next start only", async () => {
    const { url, swap, log } = await start(allocatorText([GOOD_JOB]));
    swap(allocatorText([GOOD_JOB, SECOND_JOB], { kube_config_file_path: "/elsewhere" }));
    await eventually(async () => expect(await problemsOf(url)).toContain("RestartRequired"));
    expect(await jobsOf(url)).toEqual(["good", "second"]);
    expect(log()).toMatch(documented("reload-restart"));
    swap(allocatorText([GOOD_JOB, SECOND_JOB]));
    await eventually(async () => expect(await problemsOf(url)).toBe("[]"));
  });
});
