/**
 * 2,000 ServiceMonitors over 200 namespaces with 40,000 pods, a real control plane and the real `target-allocator` command:
 * how long from the start to the first complete assignment, and from a changed monitor to its changed targets in the share
 * of a collector; memory; and the requests to the API server while nothing changes. Each monitor sees the pods of its whole
 * namespace and keeps a tenth of them.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KubeClient } from "../src/kube/client.ts";
import { createKubeConnection } from "../src/kube/client-node/connection.ts";
import { systemClock } from "../src/observability/system-clock.ts";
import { MONITOR_RESOURCES } from "../src/prometheus-cr/resources.ts";
import { eventually } from "../test/support/eventually.ts";
import { installMonitorKinds } from "../test/support/monitor-definitions.ts";
import { freeAddress, type Program, startProgram } from "../test/support/program.ts";
import { startControlPlane } from "../tools/real-parts/control-plane.ts";
import { addressOf, appOf, createMonitors, type MonitorsLoad, namespaceOf } from "./monitors-load.ts";
import { distributionOf, report } from "./report.ts";

const NAMESPACES = Number(process.env["BENCH_NAMESPACES"] ?? "200");
const LOAD: MonitorsLoad = { namespaces: NAMESPACES, appsPerNamespace: 10, podsPerApp: 20 };
const CHANGES = Number(process.env["BENCH_CHANGES"] ?? "200");
const REST_MS = Number(process.env["BENCH_REST_MS"] ?? "60000");
const SETTLE_MS = 5_000;
const POLL_EVERY_MS = 5;
const GIVE_UP_MS = 120_000;
const START_WITHIN_MS = 600_000;
const COLLECTORS = ["collector-0", "collector-1", "collector-2"];
const MIB = 2 ** 20;

const CONFIG = JSON.stringify({
  collector_namespace: "obs",
  collectors: COLLECTORS.map((name) => ({ name })),
  prometheus_cr: { enabled: true, service_monitor_selector: {}, pod_monitor_selector: {} },
});

/** Lets a monitor select another application of its namespace; milliseconds until all of its pods are in the shares. */
async function change([client]: readonly KubeClient[], { url }: Program, index: number): Promise<number> {
  const [space, app] = [index % LOAD.namespaces, index % LOAD.appsPerNamespace];
  const other = (app + 1 + Math.floor(index / LOAD.namespaces)) % LOAD.appsPerNamespace;
  const [namespace, name] = [namespaceOf(space), appOf(app)];
  const wanted = Array.from({ length: LOAD.podsPerApp }, (_, pod) => `${addressOf(LOAD, space, other, pod)}:8080`);
  const started = performance.now();
  const spec = { selector: { matchLabels: { app: appOf(other) } } };
  await client?.mergePatch(MONITOR_RESOURCES.ServiceMonitor, { namespace, name }, { spec });
  for (;;) {
    const served = await sharesOf(url, `serviceMonitor/${namespace}/${name}/0`);
    const elapsed = performance.now() - started;
    if (served.size === wanted.length && wanted.every((address) => served.has(address))) return elapsed;
    if (elapsed > GIVE_UP_MS) throw new Error(`the change of ${namespace}/${name} was not served within two minutes`);
    await delay(POLL_EVERY_MS);
  }
}

async function sharesOf(url: string, job: string): Promise<ReadonlySet<string>> {
  const shares = COLLECTORS.map(async (collector) => {
    const response = await fetch(`${url}/jobs/${encodeURIComponent(job)}/targets?collector_id=${collector}`);
    if (response.status !== 200) return [];
    return (await response.json()) as readonly { readonly targets: readonly string[] }[];
  });
  return new Set((await Promise.all(shares)).flat().flatMap(({ targets }) => targets));
}

async function mustBeReady({ url }: Program): Promise<void> {
  const { status } = await fetch(`${url}/readyz`);
  if (status !== 200) throw new Error(`not ready: ${String(status)}`);
}

async function metric({ url }: Program, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = text
    .split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(" "))));
  return values.reduce((sum, value) => sum + value, 0);
}

/** Requests that the API server took within a while, watches that begin anew included. */
async function requestsWithin(auditLog: string, ms: number): Promise<number> {
  const before = statSync(auditLog).size;
  await delay(ms);
  const lines = readFileSync(auditLog).subarray(before).toString().split("\n");
  return lines.filter((line) => line.includes('"stage":"RequestReceived"') && line.includes('"otel-allocator')).length;
}

const dir = mkdtempSync(join(tmpdir(), "bench-"));
const plane = await startControlPlane({ say: console.log, audit: true });
const connections = Array.from({ length: 4 }, () =>
  createKubeConnection({
    kubeconfigPath: plane.kubeconfigPath,
    timers: systemClock,
    onWarning: (message) => console.warn(message),
  }),
);
try {
  const clients = connections.map(({ client }) => client);
  await installMonitorKinds(plane);
  const pods = LOAD.namespaces * LOAD.appsPerNamespace * LOAD.podsPerApp;
  const monitors = LOAD.namespaces * LOAD.appsPerNamespace;
  console.log(`creating ${monitors} monitors and ${pods} pods`);
  await createMonitors(clients, LOAD);
  const address = await freeAddress();
  const configPath = join(dir, "targetallocator.yaml");
  writeFileSync(configPath, CONFIG);
  const started = performance.now();
  const program = startProgram({
    args: [
      "target-allocator",
      `--config-file=${configPath}`,
      `--listen-addr=${address}`,
      `--kubeconfig-path=${plane.kubeconfigPath}`,
    ],
    dir,
    name: "allocator",
    url: `http://${address}`,
  });
  try {
    await eventually(async () => mustBeReady(program), { withinMs: START_WITHIN_MS, everyMs: 50 });
    const readyMs = performance.now() - started;
    console.log(`ready after ${Math.round(readyMs)} ms`);
    const targets = await metric(program, "opentelemetry_allocator_targets_per_collector");
    const discovered = await metric(program, "opentelemetry_allocator_targets");
    const body = (await (await fetch(`${program.url}/scrape_configs`)).text()).length;
    await delay(SETTLE_MS);
    const durations: number[] = [];
    for (let index = 0; index < CHANGES; index++) durations.push(await change(clients, program, index));
    const served = distributionOf(durations);
    await delay(SETTLE_MS);
    const requests = await requestsWithin(join(plane.dir, "audit.log"), REST_MS);
    const rssBytes = await metric(program, "process_resident_memory_bytes");
    const heapBytes = await metric(program, "nodejs_heap_size_used_bytes");
    report("monitors", [
      {
        monitors,
        namespaces: LOAD.namespaces,
        pods,
        "targets discovered": discovered,
        "targets kept": targets,
        "ready s": Number((readyMs / 1_000).toFixed(1)),
        "changed to served, median ms": Math.round(served.median),
        "p99 ms": Math.round(served.p99),
        "max ms": Math.round(served.max),
        "resident MiB": Math.round(rssBytes / MIB),
        "heap MiB": Math.round(heapBytes / MIB),
        "/scrape_configs MiB": Number((body / MIB).toFixed(1)),
        "API requests at rest per minute": Math.round((requests / REST_MS) * 60_000),
      },
    ]);
  } finally {
    await program.child.stop();
  }
} finally {
  await Promise.all(connections.map(async (connection) => connection.close()));
  await plane.stop();
  rmSync(dir, { recursive: true, force: true });
}
