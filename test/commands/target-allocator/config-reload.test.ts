import { beforeEach, describe, expect, it } from "@jest/globals";

import { type Overrides, toEffectiveFile } from "../../../src/commands/target-allocator/config-file.ts";
import { ConfigReload } from "../../../src/commands/target-allocator/config-reload.ts";
import { parseFile } from "../../../src/commands/target-allocator/parse-file.ts";
import { ALLOCATOR_FLAGS, type EffectiveFile } from "../../../src/options/allocator-options.ts";
import { readSettings } from "../../../src/options/sources.ts";
import type { AllocationProblem } from "../../../src/pipeline/allocation-problem.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";

/** Takes every file until told otherwise, and remembers. */
class FakePipeline {
  readonly taken: EffectiveFile[] = [];
  notes: readonly AllocationProblem[] = [];
  readonly rejected: string[] = [];
  refusal: Error | undefined;
  /** What happens while a file is being prepared. */
  meanwhile: () => void = () => undefined;

  async prepare(): Promise<void> {
    await Promise.resolve();
    this.meanwhile();
  }

  reload(file: EffectiveFile, notes: readonly AllocationProblem[]): Error | undefined {
    if (this.refusal !== undefined) return this.refusal;
    this.taken.push(file);
    this.notes = notes;
    return undefined;
  }

  reject(error: Error): Error {
    this.rejected.push(error.message);
    return error;
  }
}

const START = `
collectors: [{ name: c0 }]
config: { scrape_configs: [{ job_name: web, static_configs: [{ targets: ["a:80"] }] }] }
`;

const HTTPS = "https: { enabled: true, ca_file_path: a, tls_cert_file_path: b, tls_key_file_path: c }\n";

let pipeline: FakePipeline;
let log: MemoryLogger;
let stop: AbortController;

beforeEach(() => {
  pipeline = new FakePipeline();
  log = new MemoryLogger();
  stop = new AbortController();
});

function started(argv: readonly string[] = [], reachesCluster = true): ConfigReload {
  const overrides: Overrides = { settings: readSettings(ALLOCATOR_FLAGS, argv, {}), env: {} };
  return new ConfigReload({
    path: "/conf/a.yaml",
    overrides,
    started: toEffectiveFile(START, overrides),
    reaches: () => reachesCluster,
    parse: async (text, signal) => parseFile(text, new FakeClock(), signal),
    pipeline,
    log,
  });
}

describe("a new content of the configuration file", () => {
  it("is taken over, with the flags still above it", async () => {
    const reload = started(["--listen-addr=127.0.0.1:9", "--allow-insecure-auth-secrets"]);
    await reload.take(
      `${START}listen_addr: ":1234"\nallocation_strategy: rendezvous\nallow_insecure_auth_secrets: false\n`,
      stop.signal,
    );
    expect(pipeline.taken).toMatchObject([
      { listen: { host: "127.0.0.1", port: 9 }, allocationStrategy: "rendezvous", allowInsecureAuthSecrets: true },
    ]);
    expect(pipeline.notes).toEqual([]);
    expect(reload.inForce).toBe(pipeline.taken[0]);
    expect(log.entries).toEqual([
      { level: "info", message: "configuration reloaded", fields: { configFile: "/conf/a.yaml" } },
    ]);
  });

  it.each<{ name: string; text: string; want: RegExp }>([
    { name: "is no YAML", text: "a: [1\nb", want: /- line 2, column 1: not YAML/ },
    { name: "is empty", text: "", want: /- the file is empty, which is taken for a mistake in a running process$/ },
    { name: "has comments only", text: "# later\n---\n", want: /- the file is empty/ },
    { name: "has no job", text: "collectors: []\n", want: /- config\.scrape_configs: needs at least one job/ },
    { name: "has a strategy that there is not", text: `${START}allocation_strategy: best\n`, want: /"best" is no/ },
  ])("leaves the old one in force when it $name", async ({ text, want }) => {
    const reload = started();
    const before = reload.inForce;
    await reload.take(text, stop.signal);
    expect(pipeline.taken).toEqual([]);
    expect(pipeline.rejected).toEqual([expect.stringMatching(want)]);
    expect(reload.inForce).toBe(before);
    expect(log.messages("error")).toEqual(["the new configuration cannot be used; the last good one stays in force"]);
  });

  it("is refused when it is empty even where flags could stand for a file: somebody is about to write it", async () => {
    await started(["--enable-prometheus-cr-watcher"]).take("\n", stop.signal);
    expect(pipeline.taken).toEqual([]);
    expect(pipeline.rejected).toHaveLength(1);
  });

  it("that the pipeline refuses leaves the old one in force, and is logged once", async () => {
    const reload = started();
    const before = reload.inForce;
    pipeline.refusal = new Error("no job can be served");
    await reload.take(`${START}allocation_strategy: rendezvous\n`, stop.signal);
    expect(reload.inForce).toBe(before);
    expect(pipeline.rejected).toEqual([]);
    expect(log.messages("error")).toHaveLength(1);
  });

  it("that is long is read in a thread of its own, with the same result", async () => {
    const reload = started();
    await reload.take(START + "# nothing more\n".repeat(4_000), stop.signal);
    expect(pipeline.taken).toEqual([reload.inForce]);
    const { scrapeConfigs } = toEffectiveFile(START, { settings: readSettings(ALLOCATOR_FLAGS, [], {}), env: {} });
    expect(reload.inForce.scrapeConfigs).toEqual(scrapeConfigs);
  });

  it("is overtaken by the next one, whichever is read first", async () => {
    const reload = started();
    const long = `${START}allocation_strategy: rendezvous\n${"# nothing more\n".repeat(4_000)}`;
    await Promise.all([
      reload.take(long, stop.signal),
      reload.take("a: [", stop.signal),
      reload.take(`${START}allocation_strategy: per-node\n`, stop.signal),
    ]);
    expect(pipeline.taken.map(({ allocationStrategy }) => allocationStrategy)).toEqual(["per-node"]);
    expect(pipeline.rejected).toEqual([]);
  });

  it("is overtaken by its end as a file, which is what is told", async () => {
    const reload = started();
    const taken = reload.take(START, stop.signal);
    reload.lost(Object.assign(new Error("gone"), { code: "ENOENT" }));
    await taken;
    expect(pipeline.taken).toEqual([]);
    expect(pipeline.rejected).toHaveLength(1);
  });

  it("is not taken over any more by a process that stops meanwhile", async () => {
    pipeline.meanwhile = () => stop.abort();
    await started().take(START, stop.signal);
    expect(pipeline.taken).toEqual([]);
    expect(log.entries).toEqual([]);
  });

  it("that cannot be read leaves the old one in force", async () => {
    started().lost(Object.assign(new Error("gone"), { code: "ENOENT" }));
    expect(pipeline.rejected).toEqual([
      "configuration file /conf/a.yaml (--config-file) cannot be read: it does not exist; check the path",
    ]);
    expect(log.messages("error")).toHaveLength(1);
  });

  it("is taken over but for settings of the start, which are named, once they are back no longer", async () => {
    const reload = started();
    await reload.take(`${START}listen_addr: ":1234"\n${HTTPS}kube_config_file_path: /k\n`, stop.signal);
    expect(pipeline.taken).toHaveLength(1);
    expect(pipeline.notes).toEqual([
      {
        reason: "RestartRequired",
        message:
          "listen_addr has changed, kube_config_file_path has changed, https has changed: " +
          "takes effect when the target allocator is restarted",
      },
    ]);
    await reload.take(`${START}https: { listen_addr: ":99" }\n`, stop.signal);
    expect(pipeline.notes).toEqual([]);
  });

  it("that needs a cluster, in a process that has none, is taken over as far as it can be, which is told", async () => {
    await started([], false).take(
      START.replace('static_configs: [{ targets: ["a:80"] }]', "kubernetes_sd_configs: [{ role: pod }]"),
      stop.signal,
    );
    expect(pipeline.taken).toHaveLength(1);
    expect(pipeline.notes[0]?.message).toMatch(
      /^the file needs a Kubernetes cluster, and the process began without one: /,
    );
  });
});
