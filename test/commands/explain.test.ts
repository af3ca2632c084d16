import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExplanationJson } from "../../src/http/explanation-json.ts";
import { type CommandRun, runCommand } from "../support/command-run.ts";
import { eventually } from "../support/eventually.ts";
import { freeAddress } from "../support/program.ts";
import { serveApp } from "../support/served-app.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

// Whole commands start here, on a machine that may be busy.
jest.setTimeout(60_000);

const makeDirectory = temporaryDirectories();
let stop = new AbortController();

afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

const CONFIG = `
allow_insecure_auth_secrets: true
collectors: [{ name: c0, node_name: n0 }]
config:
  scrape_configs:
    - job_name: web
      scrape_interval: 30s
      basic_auth: { username: me, password: hunter2 }
      static_configs:
        - targets: ["10.0.0.1:80"]
          labels: { phase: Running }
        - targets: ["10.0.0.1:80"]
          labels: { phase: Running, __meta_copy: "1" }
        - targets: ["10.0.0.2:80"]
          labels: { phase: Pending }
      relabel_configs:
        - { source_labels: [__meta_kubernetes_pod_name], target_label: pod }
        - { source_labels: [phase], regex: Pending, action: drop }
    - job_name: lost
      file_sd_configs: [{ files: ["/does/not/exist/*.yaml"] }]
    - job_name: bad
      scrape_interval: 10s
      scrape_timeout: 20s
`;

function writtenFile(text = CONFIG): string {
  const path = join(makeDirectory(), "config.yaml");
  writeFileSync(path, text);
  return path;
}

const explain = async (argv: readonly string[], input = ""): Promise<CommandRun> =>
  runCommand(["explain", ...argv], { input, signal: stop.signal });

describe("explain --config-file", () => {
  it("shows a target's labels step by step, for people", async () => {
    const labels = '__address__=10.9.9.9:80,__meta_kubernetes_pod_name="web-0",phase=Running';
    const { code, out, err } = await explain([`--config-file=${writtenFile()}`, "--job=web", "--labels", labels]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toBe(`job web: 1 of 1 targets meant; strategy consistent-hashing

target 10.9.9.9:80
  found by given in --labels 1
  discovered labels
    __address__                 10.9.9.9:80
    __meta_kubernetes_pod_name  web-0
    phase                       Running
  added by the job
    __metrics_path__     /metrics
    __scheme__           http
    __scrape_interval__  30s
    __scrape_timeout__   10s
    job                  web
  relabel_configs
    [0] replace source_labels: ["__meta_kubernetes_pod_name"] target_label: "pod"
        looked at "web-0"
        pod: none → "web-0"
    [1] drop source_labels: ["phase"] regex: "Pending"
        looked at "Running": nothing changed
  final labels
    __address__          10.9.9.9:80
    __metrics_path__     /metrics
    __scheme__           http
    __scrape_interval__  30s
    __scrape_timeout__   10s
    job                  web
    phase                Running
    pod                  web-0
  Assigned: collector c0 scrapes it: the target's hash leads to it (consistent-hashing)
`);
  });

  it("takes the static targets of the job when none are given: which is dropped, which a duplicate", async () => {
    const { code, out } = await explain([`--config-file=${writtenFile()}`, "--job=web", "--output=json"]);
    expect(code).toBe(0);
    const { targets, ...about } = JSON.parse(out) as ExplanationJson;
    expect(about).toMatchObject({ job: "web", quarantined: false, searched: 3, matched: 3 });
    expect(targets.map(({ address, outcome: { reason } }) => `${address} ${reason}`)).toEqual([
      "10.0.0.1:80 Duplicate",
      "10.0.0.1:80 Assigned",
      "10.0.0.2:80 DroppedByRule",
    ]);
    expect(targets[0]?.outcome.survivor).toEqual({ address: "10.0.0.1:80", mechanism: "given", group: "1" });
    expect(targets[2]?.outcome.message).toBe(
      'relabel_configs[1] (drop) dropped it: the value "Pending" of phase matches "Pending"',
    );
    expect(out).not.toContain("hunter2");
  });

  it.each<{ name: string; file: string; text: string }>([
    { name: "YAML", file: "groups.yaml", text: "- targets: [a:1, b:2]\n  labels: { phase: Pending }\n" },
    { name: "JSON", file: "groups.json", text: '[{"targets": ["a:1", "b:2"], "labels": {"phase": "Pending"}}]' },
  ])("reads target groups from a $name file", async ({ file, text }) => {
    const path = join(makeDirectory(), file);
    writeFileSync(path, text);
    const { out } = await explain([`--config-file=${writtenFile()}`, "--job=web", `--targets-file=${path}`]);
    expect(out.match(/^ {2}DroppedByRule: relabel_configs\[1\]/gm)).toHaveLength(2);
    expect(out).toContain(`  found by given in ${path}:0\n`);
  });

  it("reads target groups from standard input", async () => {
    const argv = [`--config-file=${writtenFile()}`, "--job=web", "--targets-file=-", "--output=json"];
    const { out } = await explain(argv, '[{"targets": ["a:1"]}]');
    expect((JSON.parse(out) as ExplanationJson).targets).toMatchObject([{ address: "a:1", group: "-:0" }]);
  });

  it.each<{ name: string; more: string }>([
    { name: "the file lists no collectors", more: "" },
    {
      name: "the strategy goes by what others have",
      more: "collectors: [{ name: c0 }]\nallocation_strategy: least-weighted\n",
    },
  ])("does not guess who scrapes a target when $name", async ({ more }) => {
    const path = writtenFile(CONFIG.replace(/^collectors:.*$/m, "") + more);
    const { code, out } = await explain([`--config-file=${path}`, "--job=web", "--labels=__address__=a:80"]);
    expect(code).toBe(0);
    expect(out).toContain(
      "  Kept: relabelling keeps it; which collector scrapes it, only a running target allocator knows\n",
    );
  });

  it("says why a job is not served", async () => {
    const { code, out } = await explain([`--config-file=${writtenFile()}`, "--job=bad"]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^job bad is not served, because collectors would refuse it\n {2}problem JobRejected: .*scrape_timeout/,
    );
  });

  it.each<{ name: string; argv: readonly string[]; want: RegExp }>([
    {
      name: "a job that there is not, with those that may be meant",
      argv: ["--job=wep"],
      want: /^otel-allocator explain: no job has the name "wep"; did you mean "web"\?\n$/,
    },
    {
      name: "a job without static targets",
      argv: ["--job=lost"],
      want: /^job "lost" has no static targets; give targets with --labels or --targets-file, or take those of --from\n$/,
    },
    {
      name: "a file of targets that does not exist",
      argv: ["--job=web", "--targets-file=/does/not/exist"],
      want: /target groups \/does\/not\/exist \(--targets-file\) cannot be read: it does not exist/,
    },
    {
      name: "a file of targets that is none",
      argv: ["--job=web", "--targets-file=-"],
      want: /target groups - \(--targets-file\): line 1, column 1: must be a list of target groups, not/,
    },
  ])("says $name", async ({ argv, want }) => {
    const { code, err } = await explain([`--config-file=${writtenFile()}`, ...argv], "targets: x\n");
    expect(code).toBe(1);
    expect(err).toMatch(want);
  });

  it("says what is wrong with the configuration", async () => {
    const { code, err } = await explain([`--config-file=${writtenFile("a: [")}`, "--job=web"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^otel-allocator explain: configuration file .*config\.yaml: invalid configuration:\n- line 1/);
  });
});

const ZONES = `
allocation_strategy: zone-aware
collectors: [{ name: in-a, zone: a }, { name: in-b, zone: b }]
config:
  scrape_configs:
    - job_name: web
      static_configs:
        - targets: ["10.0.0.1:80"]
          labels: { __meta_kubernetes_node_label_topology_kubernetes_io_zone: a }
        - targets: ["10.0.0.2:80"]
          labels: { __meta_kubernetes_node_label_topology_kubernetes_io_zone: c }
        - targets: ["10.0.0.3:80"]
`;

describe("explain --from", () => {
  async function running(text?: string): Promise<string> {
    const address = await freeAddress();
    const argv = [
      "target-allocator",
      `--config-file=${writtenFile(text)}`,
      `--listen-addr=${address}`,
      "--zap-log-level=error",
    ];
    void runCommand(argv, { signal: stop.signal });
    await eventually(async () => {
      const { status } = await fetch(`http://${address}/readyz`);
      if (status !== 200) throw new Error(String(status));
    });
    return `http://${address}`;
  }

  it("says what became of targets that a running target allocator has discovered", async () => {
    const from = `--from=${await running()}`;
    const { code, out } = await explain([from, "--job=web", "--target=Running", "--output=json"]);
    expect(code).toBe(0);
    const explanation = JSON.parse(out) as ExplanationJson;
    expect(explanation).toMatchObject({ searched: 3, matched: 2, discovery: { state: "settled" }, version: 1 });
    expect(explanation.targets.map(({ outcome: { reason } }) => reason)).toEqual(["Duplicate", "Assigned"]);
    const text = await explain([from, "--job=web", "--address=10.0.0.2:80"]);
    expect(text.out).toContain("\n  DroppedByRule: relabel_configs[1] (drop) dropped it");
    expect(text.out + out).not.toContain("hunter2");
    const quarantined = await explain([from, "--job=bad"]);
    expect(quarantined.out).toMatch(/^job bad is not served.*\n {2}problem JobRejected: /);
  });

  it("says in which zones a target and its collector are where the strategy goes by them", async () => {
    const from = `--from=${await running(ZONES)}`;
    const { out } = await explain([from, "--job=web", "--address=10.0.0.1:80"]);
    expect(out).toContain("\n  found by static in 0 in zone a\n");
    expect(out).toContain("\n  Assigned: collector in-a scrapes it: it runs in the target's zone a (zone-aware)\n");
    const spilled = await explain([from, "--job=web", "--address=10.0.0.2:80"]);
    expect(spilled.out).toMatch(
      /no collector of the target's zone c had room when it came, and this one, of zone [ab], had the least load \(zone-aware\)\n/,
    );
    const unknown = await explain([from, "--job=web", "--address=10.0.0.3:80", "--output=json"]);
    expect((JSON.parse(unknown.out) as ExplanationJson).targets).toMatchObject([
      {
        zone: "",
        outcome: {
          ownerReason: "Zone",
          collectorZone: expect.stringMatching(/^[ab]$/),
          message: expect.stringContaining("the target's zone is not known, and this one, of zone "),
        },
      },
    ]);
  });

  it("says what was searched when there is no such target, and why discovery may not have it", async () => {
    const from = `--from=${await running()}`;
    const other = await explain([from, "--job=web", "--address=10.0.0.9:80", "--target=x"]);
    expect([other.code, other.err]).toEqual([
      1,
      'job "web" has no target that has the address "10.0.0.9:80" and has "x" in its address or as the value of a ' +
        "discovered label: all 3 targets that are discovered were searched (discovery: settled)\n",
    ]);
    const lost = await explain([from, "--job=lost"]);
    expect(lost.code).toBe(1);
    expect(lost.err).toMatch(
      /^job "lost" has no target: all 0 targets .* \(discovery: failing: file_sd_configs: directory \/does\/not\/exist does not exist\)\n$/,
    );
    expect(lost.out).toContain("  problem DiscoveryFailing: ");
    const unknown = await explain([from, "--job=losst"]);
    expect([unknown.code, unknown.out]).toEqual([1, ""]);
    expect(unknown.err).toMatch(
      /^otel-allocator explain: http:.*: no job has the name "losst"; did you mean "lost"\?\n$/,
    );
  });

  it("says that nothing, or something else, answers", async () => {
    const none = await explain([`--from=http://${await freeAddress()}`, "--job=web"]);
    expect(none.code).toBe(1);
    expect(none.err).toMatch(
      /no answer from http:.* \(--from\); check that a target allocator serves there: .*ECONNREFUSED/,
    );
    const other = await serveApp((_request, response) => response.writeHead(404).end("404 page not found"));
    const { code, err } = await explain([`--from=${other.url}`, "--job=web"]);
    await other.stop();
    expect(code).toBe(1);
    expect(err).toMatch(/does not explain targets: \/api\/v1\/explain is answered with status 404; give the URL of/);
  });
});
