/**
 * How long from a pod's address known to the API server to its target in the share of the collector that owns it, with a
 * real control plane and the real `target-allocator` command: 200 single pods, and 200 pods at 10 a second, at 1,000
 * and at 20,000 existing targets. The clock starts before the request that writes the address is sent.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KubeClient } from "../src/kube/client.ts";
import { createKubeConnection } from "../src/kube/client-node/connection.ts";
import { systemClock } from "../src/observability/system-clock.ts";
import { freeAddress, startProgram } from "../test/support/program.ts";
import { startControlPlane } from "../tools/real-parts/control-plane.ts";
import { createNamespace, createPod, createPods, giveAddress, ipOf } from "./cluster-load.ts";
import { type Distribution, distributionOf, report } from "./report.ts";

const EXISTING = (process.env["BENCH_EXISTING"] ?? "1000,20000").split(",").map(Number);
const PODS = 200;
const CHURN_EVERY_MS = 100;
const POLL_EVERY_MS = 5;
const COLLECTORS = ["main-collector-0", "main-collector-1", "main-collector-2"];
const GIVE_UP_MS = 60_000;
/** Addresses of measured pods are far from those of the load. */
const FIRST_MEASURED = 1 << 22;

const CONFIG = `
collector_namespace: obs
collector_selector:
  matchLabels: {app: main}
allocation_strategy: consistent-hashing
filter_strategy: relabel-config
config:
  scrape_configs:
  - job_name: load
    kubernetes_sd_configs: [{role: pod}]
    relabel_configs: [{source_labels: [__meta_kubernetes_namespace], regex: load, action: keep}]
  - job_name: measured
    kubernetes_sd_configs: [{role: pod}]
    relabel_configs: [{source_labels: [__meta_kubernetes_namespace], regex: measured, action: keep}]
`;

/** Asks the three collectors' shares again and again, and tells when an address is first among them. */
class ShareWatcher {
  readonly #url: string;
  readonly #seen = new Map<string, (time: number) => void>();
  readonly #etags = new Map<string, string>();
  readonly #stop = new AbortController();

  constructor(url: string) {
    this.#url = url;
  }

  whenServed(address: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => reject(new Error(`${address} was not served within a minute`)), GIVE_UP_MS);
      this.#seen.set(address, (time) => {
        clearTimeout(giveUp);
        resolve(time);
      });
    });
  }

  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const collector of COLLECTORS) await this.#ask(collector);
      await delay(POLL_EVERY_MS);
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  async #ask(collector: string): Promise<void> {
    const etag = this.#etags.get(collector);
    const response = await fetch(`${this.#url}/jobs/measured/targets?collector_id=${collector}`, {
      headers: etag === undefined ? {} : { "if-none-match": etag },
    });
    const text = await response.text();
    if (response.status !== 200) return;
    const fresh = response.headers.get("etag");
    if (fresh !== null) this.#etags.set(collector, fresh);
    const now = performance.now();
    for (const { targets } of JSON.parse(text) as readonly { readonly targets: readonly string[] }[]) {
      const address = targets[0] ?? "";
      this.#seen.get(address)?.(now);
      this.#seen.delete(address);
    }
  }
}

async function measure(client: KubeClient, watcher: ShareWatcher, index: number): Promise<number> {
  const [name, ip] = [`measured-${index}`, ipOf(FIRST_MEASURED + index)];
  await createPod(client, "measured", name);
  const served = watcher.whenServed(`${ip}:8080`);
  const started = performance.now();
  await giveAddress(client, { namespace: "measured", name }, ip);
  return (await served) - started;
}

async function singlePods(client: KubeClient, watcher: ShareWatcher, from: number): Promise<Distribution> {
  const durations: number[] = [];
  for (let index = 0; index < PODS; index++) durations.push(await measure(client, watcher, from + index));
  return distributionOf(durations);
}

async function churn(client: KubeClient, watcher: ShareWatcher, from: number): Promise<Distribution> {
  const durations: Promise<number>[] = [];
  for (let index = 0; index < PODS; index++) {
    durations.push(measure(client, watcher, from + index));
    await delay(CHURN_EVERY_MS);
  }
  return distributionOf(await Promise.all(durations));
}

const rounded = (distribution: Distribution): Record<string, number> => ({
  "median ms": Math.round(distribution.median),
  "p99 ms": Math.round(distribution.p99),
  "max ms": Math.round(distribution.max),
});

const dir = mkdtempSync(join(tmpdir(), "bench-"));
const plane = await startControlPlane({ say: console.log });
const connection = createKubeConnection({
  kubeconfigPath: plane.kubeconfigPath,
  timers: systemClock,
  onWarning: (message) => console.warn(message),
});
const rows: Record<string, unknown>[] = [];
try {
  const { client } = connection;
  for (const namespace of ["obs", "load", "measured"]) await createNamespace(client, namespace);
  for (const [index, name] of COLLECTORS.entries()) {
    const pod = { metadata: { name, namespace: "obs", labels: { app: "main" } } };
    const spec = { nodeName: "node-0", containers: [{ name: "otc", image: "x" }] };
    await plane.kubectl(["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "Pod", ...pod, spec }));
    await giveAddress(client, { namespace: "obs", name }, `10.255.255.${index + 1}`);
  }
  let existing = 0;
  let measured = 0;
  for (const wanted of EXISTING) {
    console.log(`creating ${wanted - existing} pods`);
    await createPods(client, { namespace: "load", from: existing, count: wanted - existing });
    existing = wanted;
    const address = await freeAddress();
    const configPath = join(dir, "targetallocator.yaml");
    writeFileSync(configPath, CONFIG);
    const started = performance.now();
    const args = [
      `--config-file=${configPath}`,
      `--listen-addr=${address}`,
      `--kubeconfig-path=${plane.kubeconfigPath}`,
    ];
    const program = startProgram({
      args: ["target-allocator", ...args],
      dir,
      name: "allocator",
      url: `http://${address}`,
    });
    await program.whenReady();
    console.log(`ready after ${Math.round(performance.now() - started)} ms with ${existing} existing targets`);
    const watcher = new ShareWatcher(program.url);
    const watching = watcher.run();
    rows.push({ existing, pods: "one by one", ...rounded(await singlePods(client, watcher, measured)) });
    rows.push({ existing, pods: "10 a second", ...rounded(await churn(client, watcher, measured + PODS)) });
    measured += 2 * PODS;
    watcher.stop();
    await watching;
    await program.child.stop();
  }
  report("discovery-latency", rows);
} finally {
  await connection.close();
  await plane.stop();
  rmSync(dir, { recursive: true, force: true });
}
