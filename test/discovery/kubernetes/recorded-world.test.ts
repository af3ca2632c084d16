import { readFileSync } from "node:fs";

import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";

import type { DataObject } from "../../../src/allocator/index.ts";
import { KubernetesDiscoverer } from "../../../src/discovery/kubernetes/kubernetes-discoverer.ts";
import { readKubernetesSettings } from "../../../src/discovery/kubernetes/settings.ts";
import { FakeCluster } from "../../support/fake-cluster.ts";
import { settle } from "../../support/fake-clock.ts";
import { discovered } from "../../support/label-groups.ts";
import { recordedWorld } from "../../support/recorded-world.ts";
import { RecordingSink } from "../../support/recording-sink.ts";

type LabelRecord = Readonly<Record<string, string>>;

interface AllocatorFile {
  readonly config: {
    readonly scrape_configs: readonly {
      readonly job_name: string;
      readonly kubernetes_sd_configs: readonly DataObject[];
    }[];
  };
}

interface Recorded {
  readonly targets: Readonly<Record<string, Readonly<Record<string, readonly { readonly labels: LabelRecord }[]>>>>;
}

const testdata = (path: string): string =>
  readFileSync(new URL(`../../conformance/testdata/${path}`, import.meta.url), "utf8");

/** UIDs and cluster IPs are handed out at random; the API server's own service is not among the world's objects. */
function comparable(all: readonly LabelRecord[]): readonly string[] {
  return all
    .filter((labels) => labels["__meta_kubernetes_namespace"] !== "default")
    .map((labels) => {
      const { __meta_kubernetes_service_cluster_ip: _ip, ...rest } = labels;
      const uid = "__meta_kubernetes_pod_uid";
      const masked = uid in rest ? { ...rest, [uid]: "<uid>" } : rest;
      return JSON.stringify(masked, Object.keys(masked).toSorted());
    })
    .toSorted();
}

async function discover(settings: DataObject): Promise<readonly LabelRecord[]> {
  const cluster = new FakeCluster(recordedWorld());
  const sink = new RecordingSink();
  const stop = new AbortController();
  const discoverer = new KubernetesDiscoverer({
    settings: readKubernetesSettings(settings),
    clusterFor: () => cluster,
    ownNamespace: undefined,
  });
  const done = discoverer.run(sink, stop.signal);
  while (sink.updates.length === 0) await settle();
  stop.abort();
  await done;
  expect(cluster.uses).toBe(0);
  return [...sink.groups.values()].flatMap(discovered);
}

describe("kubernetes discovery finds what the Go target allocator was recorded to find", () => {
  const cases = ["pod", "node", "endpointslice", "service", "endpoints", "ingress", "attach", "ns", "selectors"];
  const jobs = cases.flatMap((name) => {
    const { config } = parse(testdata(`configs/k8s-${name}.yaml`)) as AllocatorFile;
    const { targets } = JSON.parse(testdata(`expected/k8s-${name}.json`)) as Recorded;
    return config.scrape_configs.map((job) => ({
      name: `k8s-${name}: ${job.job_name}`,
      settings: job.kubernetes_sd_configs,
      want: Object.values(targets[job.job_name] ?? {}).flatMap((share) => share.map(({ labels }) => labels)),
    }));
  });

  it.each(jobs)("$name", async ({ settings, want }) => {
    const found = await Promise.all(settings.map(discover));
    expect(want.length).toBeGreaterThan(0);
    expect(comparable(found.flat())).toEqual(comparable(want));
  });
});
