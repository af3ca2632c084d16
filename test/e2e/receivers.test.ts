import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { runCommand } from "../support/command-run.ts";
import { eventually } from "../support/eventually.ts";
import { type MetricEndpoints, startMetricEndpoints } from "../support/metric-endpoints.ts";
import { type Program, freeAddress, startProgram } from "../support/program.ts";
import { collectorLog, type RealCollector, startRealCollector } from "../support/real-collector.ts";
import { type RecordingProxy, startRecordingProxy } from "../support/recording-proxy.ts";

const TIMEOUT_MS = 180_000;
const COLLECTORS = ["main-collector-0", "main-collector-1"];
/** What each job scrapes. */
const ENDPOINTS_EACH = 6;
const JOBS = ["web", "shop", "own"] as const;
const ASKING = { target_allocator: { http_sd_config: { refresh_interval: "1s" } } };

const dir = mkdtempSync(join(tmpdir(), "receivers-"));
const collectors: RealCollector[] = [];
let endpoints: MetricEndpoints;
let allocator: Program;
let proxy: RecordingProxy;

/** One pipeline of two receivers, and a job that every collector scrapes by itself. */
function collectorResource(): unknown {
  const addresses = endpoints.endpoints.map(({ address }) => address);
  const job = (name: (typeof JOBS)[number]): unknown => ({
    job_name: name,
    static_configs: [{ targets: addresses.slice(JOBS.indexOf(name) * ENDPOINTS_EACH).slice(0, ENDPOINTS_EACH) }],
  });
  const global = { scrape_interval: "1s", scrape_timeout: "1s" };
  return {
    apiVersion: "opentelemetry.io/v1beta1",
    kind: "OpenTelemetryCollector",
    metadata: { name: "main", namespace: "shop" },
    spec: {
      mode: "statefulset",
      targetAllocator: {
        enabled: true,
        collectorTargetReloadInterval: "1s",
        receivers: ["prometheus", "prometheus/apps"],
        unshardedJobs: ["own"],
      },
      config: {
        receivers: {
          prometheus: { ...ASKING, config: { global, scrape_configs: [job("web"), job("own")] } },
          "prometheus/apps": { ...ASKING, config: { global, scrape_configs: [job("shop")] } },
        },
        exporters: { file: { path: "/dev/null", flush_interval: "200ms" } },
        service: { pipelines: { metrics: { receivers: ["prometheus", "prometheus/apps"], exporters: ["file"] } } },
      },
    },
  };
}

/** The files that the operator makes of the resource. */
async function generatedFiles(): Promise<Readonly<Record<string, string>>> {
  const { code, out, err } = await runCommand(["render", "-"], { input: stringify(collectorResource()) });
  if (code !== 0) throw new Error(err);
  const objects = parseAllDocuments(out).map(
    (document) => document.toJS() as { kind: string; data?: Record<string, string> },
  );
  return Object.assign({}, ...objects.filter(({ kind }) => kind === "ConfigMap").map(({ data }) => data)) as Record<
    string,
    string
  >;
}

beforeAll(async () => {
  endpoints = await startMetricEndpoints(ENDPOINTS_EACH * JOBS.length);
  const files = await generatedFiles();
  const config = join(dir, "targetallocator.yaml");
  const listed = stringify({ collectors: COLLECTORS.map((name) => ({ name })) });
  writeFileSync(config, `${files["targetallocator.yaml"] ?? ""}${listed}`);
  const address = await freeAddress();
  const args = ["target-allocator", `--config-file=${config}`, `--listen-addr=${address}`];
  allocator = startProgram({ args, dir, name: "target-allocator", url: `http://${address}` });
  await allocator.whenReady();
  proxy = await startRecordingProxy(allocator.url);
  for (const podName of COLLECTORS) {
    const own = join(dir, podName);
    mkdirSync(own);
    const options = { podName, config: files["collector.yaml"] ?? "", allocatorUrl: proxy.url, dir: own };
    collectors.push(await startRealCollector(options));
  }
}, TIMEOUT_MS);

afterAll(async () => {
  for (const collector of collectors) await collector.stop();
  await proxy?.stop();
  await allocator?.child.stop();
  await endpoints?.stop();
  rmSync(dir, { recursive: true, force: true });
}, TIMEOUT_MS);

/** Endpoint → the collectors that scraped it for a job. */
function scrapersOf(job: string): ReadonlyMap<string, ReadonlySet<string>> {
  const scrapers = new Map<string, Set<string>>();
  for (const collector of collectors) {
    for (const { instance, job: of, value } of collector.upSamples()) {
      if (of !== job || value !== 1) continue;
      scrapers.set(instance, (scrapers.get(instance) ?? new Set()).add(collector.podName));
    }
  }
  return scrapers;
}

function answered(path: string): readonly string[] {
  return proxy.answers
    .filter((answer) => answer.path.startsWith(path) && answer.status === 200)
    .map(({ body }) => body);
}

const logs = (): string => collectors.map(collectorLog).join("\n");

describe("real collectors with two receivers and a job of their own", () => {
  it.each(["web", "shop"])(
    "scrape each endpoint of the allocated job %s once",
    async (job) => {
      await eventually(
        () => {
          const scrapers = scrapersOf(job);
          if (scrapers.size < ENDPOINTS_EACH)
            throw new Error(`${String(scrapers.size)} of ${job} are scraped\n${logs()}`);
        },
        { withinMs: 90_000 },
      );
      const byCount = [...scrapersOf(job).values()].map((by) => by.size);
      expect(byCount).toEqual(Array.from({ length: ENDPOINTS_EACH }, () => 1));
    },
    TIMEOUT_MS,
  );

  it(
    "all scrape every endpoint of the job that is not sharded",
    async () => {
      await eventually(
        () => {
          const complete = [...scrapersOf("own").values()].filter((by) => by.size === COLLECTORS.length);
          if (complete.length < ENDPOINTS_EACH) throw new Error(`${String(complete.length)} are\n${logs()}`);
        },
        { withinMs: 90_000 },
      );
    },
    TIMEOUT_MS,
  );

  it("are told of its own jobs by each receiver's path, and of no others", () => {
    const told = (path: string): readonly string[] =>
      [...new Set(answered(path))].map((body) => Object.keys(JSON.parse(body) as object).join());
    expect(told("/receivers/prometheus/scrape_configs")).toEqual(["web"]);
    expect(told("/receivers/prometheus%2Fapps/scrape_configs")).toEqual(["shop"]);
    expect(answered("/receivers/prometheus%2Fapps/jobs/shop/targets").length).toBeGreaterThan(0);
    expect(proxy.answers.filter(({ path }) => !path.startsWith("/receivers/"))).toEqual([]);
  });

  it("leave the root to whoever asks for everything", async () => {
    const all = (await (await fetch(`${allocator.url}/scrape_configs`)).json()) as object;
    expect(Object.keys(all).toSorted()).toEqual(["shop", "web"]);
  });
});
