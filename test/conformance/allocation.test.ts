import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "@jest/globals";

import type { AllocationSnapshot } from "../../src/allocator/index.ts";
import { DiscoveryMetrics } from "../../src/discovery/discovery-metrics.ts";
import { createDiscovererFactory, type DiscovererFactory } from "../../src/discovery/registry.ts";
import type { Clock } from "../../src/observability/clock.ts";
import type { Metrics } from "../../src/observability/metrics.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { readTargetAllocatorFile } from "../../src/options/target-allocator-file.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { served } from "../support/allocations.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { FakeCluster } from "../support/fake-cluster.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { recordedWorld } from "../support/recorded-world.ts";

/**
 * Who scrapes what, with which labels, as the Go target allocator answered for 77 configuration files and the objects
 * of world.json. UIDs and cluster IPs are handed out at random, so they are not compared, and neither is the API
 * server's own service. Least-weighted placement depends in Go on an order that is random, so there the union counts.
 */
const TESTDATA = new URL("testdata/", import.meta.url);
const HERE = fileURLToPath(new URL(".", TESTDATA)).replace(/\/$/, "");
const CASES = readdirSync(new URL("configs/", TESTDATA))
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => basename(file, ".yaml"));

type LabelRecord = Readonly<Record<string, string>>;
interface Target {
  readonly targets: readonly string[];
  readonly labels: LabelRecord;
}
/** By job, then by collector. */
type Shares = Readonly<Record<string, Readonly<Record<string, readonly Target[]>>>>;

const IGNORED: ReadonlySet<string> = new Set(["__meta_kubernetes_service_cluster_ip", "__meta_kubernetes_pod_uid"]);

function read(path: string): string {
  return readFileSync(new URL(path, TESTDATA), "utf8").replaceAll("@HERE@", HERE);
}

async function allocate(name: string): Promise<Shares> {
  const cluster = new FakeCluster(recordedWorld());
  const [clock, metrics] = [new FakeClock(), new PromClientMetrics()];
  const pipeline = new Pipeline({
    informers: cluster,
    createDiscoverer: withoutNetwork(cluster, clock, metrics),
    clock,
    log: new MemoryLogger(),
    metrics,
  });
  const error = pipeline.reload(readTargetAllocatorFile(read(`configs/${name}.yaml`)));
  if (error !== undefined) throw error;
  const stop = new AbortController();
  const done = pipeline.run(stop.signal);
  while (!pipeline.ready) await settle();
  stop.abort();
  await done;
  return sharesOf(pipeline.snapshot());
}

/** Discovers on the cluster and in files. No recorded job has targets from anywhere else. */
function withoutNetwork(cluster: FakeCluster, clock: Clock, metrics: Metrics): DiscovererFactory {
  const options = { clusterFor: () => cluster, ownNamespace: undefined };
  const proxyEnvironment = { httpProxy: "", httpsProxy: "", noProxy: "" };
  const external = { clock, metrics: new DiscoveryMetrics(metrics), proxyEnvironment };
  const [inFiles, others] = [createDiscovererFactory({ ...options, external }), createDiscovererFactory(options)];
  return (config, job) => (config.mechanism === "file" ? inFiles : others)(config, job);
}

function sharesOf({ jobs, collectors }: AllocationSnapshot): Shares {
  const byJob = [...jobs.values()].map(({ name, byCollector }) => {
    const shares = collectors.map((collector) => {
      const targets = byCollector.get(collector.name)?.targets ?? [];
      return [collector.name, targets.map(served).map(({ address, labels }) => ({ targets: [address], labels }))];
    });
    return [name, Object.fromEntries(shares)];
  });
  return Object.fromEntries(byJob) as Shares;
}

/** The shares of some jobs as texts that are equal for equal shares. */
function comparable(shares: Shares, jobs: readonly string[], placed: boolean): unknown {
  return jobs.map((job) => {
    const byCollector = Object.entries(shares[job] ?? {});
    const union = byCollector.flatMap(([, targets]) => targets);
    const all = byCollector.map(([collector, targets]) => [collector, ...toTexts(targets)]);
    return [job, placed ? all : [byCollector.length, ...toTexts(union)]];
  });
}

function toTexts(targets: readonly Target[]): readonly string[] {
  return targets
    .filter(({ labels }) => labels["__meta_kubernetes_namespace"] !== "default")
    .map(({ targets: addresses, labels }) => {
      const names = Object.keys(labels).filter((name) => !IGNORED.has(name));
      return JSON.stringify([addresses, names.toSorted().map((name) => [name, labels[name]])]);
    })
    .toSorted();
}

describe("shares of the recorded configuration files", () => {
  it("covers every recorded file", () => {
    expect(CASES).toHaveLength(77);
  });

  it.each(CASES)("%s agrees with the Go target allocator", async (name) => {
    const { by_collector: recorded } = JSON.parse(read(`expected/${name}.json`)) as { readonly by_collector: Shares };
    const found = await allocate(name);
    const jobs = Object.keys(recorded);
    const placed = !name.includes("leastweighted");
    expect(comparable(found, jobs, placed)).toEqual(comparable(recorded, jobs, placed));
  });
});
