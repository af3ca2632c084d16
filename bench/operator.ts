/**
 * What one operator costs with many resources: 500 collectors with a target allocator, each in a namespace of its own with
 * 40 pods, on a real API server. Measured twice, for the first time ever and for a start with everything made before:
 * how long until every collector's status is there, memory, and then a minute at rest: CPU, requests by the operator's
 * count and by that of the API server, against a minute without an operator.
 */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { KubeObject } from "../src/api/meta.ts";
import { RESOURCES } from "../src/api/resource-type.ts";
import type { KubeClient } from "../src/kube/client.ts";
import { createKubeConnection, type KubeConnection } from "../src/kube/client-node/connection.ts";
import { systemClock } from "../src/observability/system-clock.ts";
import { installCrds } from "../test/support/control-plane.ts";
import { freeAddress, startProgram } from "../test/support/program.ts";
import { type ControlPlane, startControlPlane } from "../tools/real-parts/control-plane.ts";
import { createNamespace, createPod, forEachIndex, giveAddress, ipOf } from "./cluster-load.ts";
import { report } from "./report.ts";

const RESOURCES_COUNT = Number(process.env["BENCH_RESOURCES"] ?? "500");
const PODS_EACH = Number(process.env["BENCH_PODS_EACH"] ?? "40");
const REST_MS = Number(process.env["BENCH_REST_MS"] ?? "60000");
/** Until what follows a start has calmed down. */
const SETTLE_MS = 15_000;
/** Rarely: an exposition of all allocations costs more than a pass over one. */
const POLL_EVERY_MS = 1_000;
const MIB = 2 ** 20;

type Samples = ReadonlyMap<string, number>;

const namespaceOf = (index: number): string => `team-${index}`;

function collectorOf(index: number): KubeObject & { readonly spec: unknown } {
  const namespace = namespaceOf(index);
  return {
    apiVersion: "opentelemetry.io/v1beta1",
    kind: "OpenTelemetryCollector",
    metadata: { namespace, name: "main" },
    spec: {
      mode: "statefulset",
      targetAllocator: { enabled: true },
      config: {
        receivers: {
          prometheus: {
            config: {
              scrape_configs: [
                {
                  job_name: "pods",
                  kubernetes_sd_configs: [{ role: "pod", namespaces: { names: [namespace] } }],
                  relabel_configs: [
                    { source_labels: ["__meta_kubernetes_pod_label_team"], regex: "platform", action: "keep" },
                    { source_labels: ["__meta_kubernetes_pod_name"], target_label: "pod" },
                  ],
                },
              ],
            },
          },
        },
        exporters: { debug: {} },
        service: { pipelines: { metrics: { receivers: ["prometheus"], exporters: ["debug"] } } },
      },
    },
  };
}

const collectorPodLabels = (index: number): Readonly<Record<string, string>> => ({
  "app.kubernetes.io/managed-by": "opentelemetry-operator",
  "app.kubernetes.io/part-of": "opentelemetry",
  "app.kubernetes.io/component": "opentelemetry-collector",
  "app.kubernetes.io/instance": `${namespaceOf(index)}.main`,
  team: "collectors",
});

async function createLoad(connections: readonly KubeConnection[]): Promise<void> {
  /** One connection alone would wait for its own requests most of the time. */
  const clientFor = (index: number): KubeClient => (connections[index % connections.length] as KubeConnection).client;
  await forEachIndex(RESOURCES_COUNT, async (index) => {
    const client = clientFor(index);
    const namespace = namespaceOf(index);
    await createNamespace(client, namespace);
    await createPod(client, namespace, "main-collector-0", collectorPodLabels(index));
    await giveAddress(client, { namespace, name: "main-collector-0" }, ipOf(index));
    await client.create(RESOURCES.OpenTelemetryCollector, collectorOf(index));
  });
  await forEachIndex(RESOURCES_COUNT * PODS_EACH, async (index) => {
    const client = clientFor(index);
    const [namespace, name] = [namespaceOf(index % RESOURCES_COUNT), `load-${index}`];
    await createPod(client, namespace, name);
    await giveAddress(client, { namespace, name }, ipOf(RESOURCES_COUNT + index));
  });
}

/** The samples of an exposition, by name and labels. */
function samplesOf(text: string): Samples {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

/** The sum of all series of a name whose labels match. */
function sum(samples: Samples, name: string, labels = /(?:)/): number {
  let total = 0;
  for (const [series, value] of samples) {
    if ((series === name || series.startsWith(`${name}{`)) && labels.test(series)) total += value;
  }
  return total;
}

/** Requests that were answered, those of the one who asks for the count left out; watches under way are none. */
const requestsAt = (samples: Samples): number =>
  sum(samples, "apiserver_request_total") - sum(samples, "apiserver_request_total", /subresource="\/metrics"/);
const watchesAt = (samples: Samples): number => sum(samples, "apiserver_longrunning_requests", /verb="WATCH"/);

const apiServerMetrics = async (plane: ControlPlane): Promise<Samples> =>
  samplesOf(await plane.kubectl(["get", "--raw", "/metrics"]));

interface Rest {
  readonly requests: number;
  readonly watches: number;
}

async function atRest(plane: ControlPlane): Promise<Rest> {
  const before = await apiServerMetrics(plane);
  await delay(REST_MS);
  const after = await apiServerMetrics(plane);
  return { requests: requestsAt(after) - requestsAt(before), watches: watchesAt(after) };
}

interface Started {
  readonly samples: () => Promise<Samples>;
  readonly pid: number;
  readonly startedAt: number;
  readonly stop: () => Promise<void>;
}

async function startOperator(plane: ControlPlane, name: string): Promise<Started> {
  const [listen, health] = [await freeAddress(), await freeAddress()];
  const args = [
    "operator",
    `--kubeconfig=${plane.kubeconfigPath}`,
    `--listen-addr=${listen}`,
    `--health-probe-addr=${health}`,
    "--metrics-addr=0",
    "--enable-webhooks=false",
  ];
  const startedAt = performance.now();
  const program = startProgram({ args, dir: plane.dir, name, url: `http://${listen}` });
  await program.whenReady(`http://${health}/readyz`);
  return {
    pid: program.child.pid,
    startedAt,
    samples: async () => samplesOf(await (await fetch(`http://${listen}/metrics`)).text()),
    stop: async () => program.child.stop(),
  };
}

/** Resolves when every collector was reconciled and nothing is due, with the passes that took. */
async function settled({ samples }: Started): Promise<number> {
  for (;;) {
    const now = await samples();
    const passes = sum(now, "controller_runtime_reconcile_total", /controller="opentelemetrycollector"/);
    const due = sum(now, "workqueue_depth") + sum(now, "controller_runtime_active_workers");
    const targets = sum(now, "opentelemetry_allocator_targets_total") + sum(now, "opentelemetry_allocator_targets");
    if (passes >= RESOURCES_COUNT && due === 0 && targets >= RESOURCES_COUNT * PODS_EACH) return passes;
    await delay(POLL_EVERY_MS);
  }
}

async function measure(plane: ControlPlane, start: string, idle: Rest): Promise<Readonly<Record<string, unknown>>> {
  const operator = await startOperator(plane, start.replaceAll(" ", "-"));
  const readyAt = performance.now();
  await settled(operator);
  const settledAt = performance.now();
  await delay(SETTLE_MS);
  const before = await operator.samples();
  const [restingAt, rest, restedAt] = [processorMs(operator.pid), await atRest(plane), processorMs(operator.pid)];
  const after = await operator.samples();
  const exposedAt = processorMs(operator.pid);
  const risen = (name: string, labels?: RegExp): number => sum(after, name, labels) - sum(before, name, labels);
  await operator.stop();
  return {
    start,
    "ready, s": seconds(readyAt - operator.startedAt),
    "all reconciled, s": seconds(settledAt - operator.startedAt),
    passes: sum(after, "controller_runtime_reconcile_total"),
    errors: sum(after, "controller_runtime_reconcile_errors_total"),
    requests: sum(before, "rest_client_requests_total"),
    "memory, MiB": Math.round(sum(after, "process_resident_memory_bytes") / MIB),
    "heap, MiB": Math.round(sum(after, "nodejs_heap_size_used_bytes") / MIB),
    watches: rest.watches - idle.watches,
    "CPU at rest, %": Number((((restedAt - restingAt) * 100) / REST_MS).toFixed(2)),
    "CPU of an exposition, ms": exposedAt - restedAt,
    "requests at rest": risen("rest_client_requests_total"),
    "of the API server, over idle": rest.requests - idle.requests,
    "passes at rest": risen("controller_runtime_reconcile_total"),
  };
}

/** Processor time that a process has had, in milliseconds. Asked of the system: an exposition is work, too. */
function processorMs(pid: number): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, "utf8")
      .split(") ")[1]
      ?.split(" ") ?? [];
  // utime and stime, counted from the field behind the name, in hundredths of a second: proc_pid_stat(5).
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const seconds = (ms: number): number => Number((ms / 1_000).toFixed(1));

const plane = await startControlPlane({ say: console.log });
const connections = Array.from({ length: 4 }, () =>
  createKubeConnection({ kubeconfigPath: plane.kubeconfigPath, timers: systemClock, onWarning: console.error }),
);
// What waits for programs that it started does not keep a process running by itself.
const running = setInterval(() => undefined, REST_MS);
try {
  await installCrds(plane);
  console.log(`creating ${RESOURCES_COUNT} collectors and ${RESOURCES_COUNT * PODS_EACH} pods`);
  await createLoad(connections);
  const idle = await atRest(plane);
  const rows = [await measure(plane, "the first time", idle), await measure(plane, "again", idle)];
  report("operator", rows);
} finally {
  clearInterval(running);
  await Promise.all(connections.map(async (connection) => connection.close()));
  await plane.stop();
}
