import { describe, expect, it, jest } from "@jest/globals";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { runCommand } from "../support/command-run.ts";

// Whole commands start here, on a machine that may be busy.
jest.setTimeout(60_000);

const QUICKSTART = join(ROOT, "examples", "quickstart");
const FILES = ["collector.yaml", "pods.yaml", "rbac.yaml"].map((name) => join(QUICKSTART, name));
const COLLECTOR = readFileSync(join(QUICKSTART, "collector.yaml"), "utf8");

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly ownerReferences?: unknown };
}

const podMonitor = (name: string, endpoint: string): string =>
  `---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: { name: ${name}, namespace: default }\n` +
  `spec: { selector: { matchLabels: { app: weather } }, podMetricsEndpoints: [${endpoint}] }\n`;

describe("render", () => {
  it("prints the objects that the operator would create, ready for kubectl", async () => {
    const { code, out, err } = await runCommand(["render", ...FILES]);
    expect([code, err]).toEqual([0, ""]);
    const objects = parseAllDocuments(out).map((document) => document.toJS() as Rendered);
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^ConfigMap default\/quickstart-collector-/),
        "StatefulSet default/quickstart-collector",
        "ConfigMap default/quickstart-targetallocator",
        "Deployment default/quickstart-targetallocator",
        "Service default/quickstart-targetallocator",
        "ServiceAccount default/quickstart-targetallocator",
      ]),
    );
    expect(objects.every(({ metadata }) => metadata.ownerReferences === undefined)).toBe(true);
  });

  it("prints the same bytes each time", async () => {
    const [first, second] = [await runCommand(["render", ...FILES]), await runCommand(["render", ...FILES])];
    expect(second.out).toBe(first.out);
  });

  it("reads standard input, and takes images from flags", async () => {
    const { code, out } = await runCommand(["render", "-", "--target-allocator-image=mine:1"], { input: COLLECTOR });
    expect(code).toBe(0);
    expect(out).toContain("image: mine:1\n");
  });

  it("warns of what is probably not meant, and prints the objects all the same", async () => {
    const input = COLLECTOR.replace("receivers: [prometheus]", "receivers: [prometheus, otlp]");
    const { code, out, err } = await runCommand(["render", "-"], { input });
    expect(code).toBe(0);
    expect(out).toContain("kind: StatefulSet\n");
    expect(err).toBe(
      'warning: standard input:2: OpenTelemetryCollector default/quickstart: spec.config.service.pipelines.metrics.receivers names "otlp", but spec.config.receivers declares prometheus: collectors do not start with it\n',
    );
  });

  it("prints who would scrape what with --targets", async () => {
    const { code, out, err } = await runCommand(["render", "--targets", ...FILES]);
    expect([code, err]).toEqual([0, ""]);
    const report = parse(out) as { collector: string; jobs: Record<string, Record<string, string[]>> };
    expect(report.collector).toBe("default/quickstart");
    expect(Object.keys(report.jobs)).toEqual(["hosts", "pods", "shop"]);
    expect(Object.values(report.jobs["hosts"] ?? {}).flat()).toHaveLength(6);
    expect(Object.values(report.jobs["pods"] ?? {}).flat()).toHaveLength(5);
    expect(report.jobs["shop"]).toEqual({
      "quickstart-collector-0": ["cart.shop.example.com:8000", "payment.shop.example.com:8000"],
      "quickstart-collector-1": ["checkout.shop.example.com:8000", "shipping.shop.example.com:8000"],
      "quickstart-collector-2": ["catalogue.shop.example.com:8000", "search.shop.example.com:8000"],
    });
  });

  it("prints the targets of monitors in the files, and says which monitor is refused", async () => {
    const monitors = "prometheusCR: { enabled: true, podMonitorSelector: {} }";
    const input = [
      COLLECTOR.replace("targetAllocator:\n    enabled: true", `targetAllocator:\n    enabled: true\n    ${monitors}`),
      podMonitor("weather", "{ port: metrics }"),
      podMonitor("broken", "{ port: metrics, scrapeTimeout: soon }"),
    ].join("\n");
    const { code, out, err } = await runCommand(["render", "--targets", "-", ...FILES.slice(1)], { input });
    const { jobs } = parse(out) as { jobs: Record<string, Record<string, string[]>> };
    expect(Object.values(jobs["podMonitor/default/weather/0"] ?? {}).flat().length).toBeGreaterThan(1);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining("PodMonitor default/broken: spec.podMetricsEndpoints[0].scrape"),
    ]);
  });

  it("finds the targets of examples/monitors", async () => {
    const folder = join(ROOT, "examples", "monitors");
    const files = ["collector.yaml", "monitors.yaml", "pods.yaml", "rbac.yaml"].map((name) => join(folder, name));
    const { code, out, err } = await runCommand(["render", "--targets", ...files]);
    expect([code, err]).toEqual([0, ""]);
    const { jobs } = parse(out) as { jobs: Record<string, Record<string, string[]>> };
    expect(Object.keys(jobs)).toEqual(["podMonitor/default/weather/0"]);
    expect(Object.values(jobs["podMonitor/default/weather/0"] ?? {}).flat()).toHaveLength(2);
  });

  it.each<{ name: string; input: string; flags?: string[]; want: string }>([
    { name: "broken YAML", input: "a: [1\nb", want: "standard input:2:1: not YAML: " },
    { name: "that there is no resource", input: "", want: "-: no OpenTelemetryCollector or TargetAllocator found" },
    {
      name: "a resource that cannot be run",
      input: COLLECTOR.replace("receivers:\n      prometheus:", "receivers:\n      other:").replace(
        "mode: statefulset",
        "mode: sidecar",
      ),
      want: "standard input:2: OpenTelemetryCollector default/quickstart: ",
    },
    {
      name: "a job that would not be served, before it is applied",
      input: COLLECTOR.replace('regex: "true"', 'regex: "("'),
      want: 'OpenTelemetryCollector default/quickstart: job pods: scrape_configs[2].relabel_configs[0].regex: "("',
    },
    {
      name: "a job that would not be served, beside the shares of the others",
      input: COLLECTOR.replace('regex: "true"', 'regex: "("'),
      flags: ["--targets"],
      want: "OpenTelemetryCollector default/quickstart: job pods: ",
    },
    {
      name: "a mechanism that would ask the network",
      input: COLLECTOR.replace(
        "static_configs:",
        "dns_sd_configs: [{ names: [a.example.com] }]\n              static_configs:",
      ),
      flags: ["--targets"],
      want: "OpenTelemetryCollector default/quickstart: job hosts: dns_sd_configs asks the network",
    },
  ])("tells $name, and fails", async ({ input, flags = [], want }) => {
    const { code, err } = await runCommand(["render", "-", ...flags], { input });
    expect(code).toBe(1);
    expect(err).toContain(want);
  });

  it("compares with what was rendered before, by exit codes", async () => {
    const directory = mkdtempSync(join(tmpdir(), "rendered-"));
    try {
      const { out } = await runCommand(["render", "-"], { input: COLLECTOR });
      mkdirSync(join(directory, "default"));
      const file = join(directory, "default", "quickstart.yaml");
      writeFileSync(file, `${out}---\nkind: Secret\napiVersion: v1\nmetadata: { name: foreign }\n`);
      const against = ["render", "-", `--against=${directory}`];
      expect(await runCommand(against, { input: COLLECTOR })).toEqual({ code: 0, out: "", err: "" });
      const changed = await runCommand(against, { input: COLLECTOR.replace("replicas: 3", "replicas: 5") });
      expect(changed.code).toBe(2);
      expect(changed.out).toContain("\n-  replicas: 3\n+  replicas: 5\n");
      const renamed = await runCommand(against, { input: COLLECTOR.replace("name: quickstart", "name: other") });
      expect(renamed.out).toContain("--- is     Deployment default/quickstart-targetallocator\n+++ /dev/null\n");
      expect(renamed.out).not.toContain("foreign");
      writeFileSync(file, "a: [");
      expect(await runCommand(against, { input: COLLECTOR })).toMatchObject({
        code: 1,
        out: "",
        err: expect.stringContaining("quickstart.yaml (--against) is no YAML"),
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("prints nothing when anything is wrong, and tells all of it", async () => {
    const { code, out, err } = await runCommand(["render", FILES[0] ?? "", "/does/not/exist", "-"], { input: "- a" });
    expect([code, out]).toEqual([1, ""]);
    expect(err.split("\n")).toEqual([
      expect.stringContaining("/does/not/exist cannot be read: it does not exist; check the path"),
      expect.stringContaining("standard input:1: expected a Kubernetes object"),
      "",
    ]);
  });
});
