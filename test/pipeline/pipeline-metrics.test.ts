import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import { runningPod } from "../support/cluster-objects.ts";
import { group } from "../support/fake-discoverers.ts";
import { fileOf, PipelineStage } from "../support/pipeline-stage.ts";

let stage: PipelineStage;

beforeEach(() => {
  stage = new PipelineStage();
});

afterEach(async () => {
  await stage.stop();
});

const collector = (name: string) => runningPod(name, { metadata: { namespace: "obs", labels: { app: "collector" } } });

/** The samples of the pipeline, histograms by their count only. */
async function samples(): Promise<readonly string[]> {
  const text = await stage.metrics.text();
  return text
    .split("\n")
    .filter((line) => line.startsWith("opentelemetry_allocator_") && !/_(bucket|sum)\b/.test(line))
    .map((line) => line.slice("opentelemetry_allocator_".length))
    .toSorted();
}

describe("the metrics of a pipeline", () => {
  it("say what is served now, job by job and collector by collector", async () => {
    for (const name of ["a", "b"]) stage.cluster.put(collector(name));
    const relabel_configs = [{ source_labels: ["__address__"], regex: "drop:.*", action: "drop" }];
    await stage.start({
      jobs: {
        web: { targets: ["x:80", "y:80", "x:80", "drop:1"], settings: { relabel_configs } },
        bad: { targets: ["z:80"], settings: { scrape_interval: "soon" } },
        lost: { sources: ["lost"] },
      },
    });
    stage.sources.run("lost").sink.failed(new Error("no answer"));
    await stage.settle();
    const perCollector = [...stage.pipeline.snapshot().targetsByCollector].map(
      ([name, targets]) => `targets_per_collector{collector_name="${name}",strategy="consistent-hashing"} ${targets}`,
    );
    expect(await samples()).toEqual(
      [
        'collectors_allocatable{strategy="consistent-hashing"} 2',
        "collectors_discovered 2",
        "config_last_reload_success_timestamp_seconds 1767225600",
        "config_last_reload_successful 1",
        'discovery_failing{job_name="lost"} 1',
        'discovery_failing{job_name="web"} 0',
        ...["assigned", "dropped", "duplicates", "unassigned"].map(
          (state) => `job_targets{job_name="lost",state="${state}"} 0`,
        ),
        'job_targets{job_name="web",state="assigned"} 2',
        'job_targets{job_name="web",state="dropped"} 1',
        'job_targets{job_name="web",state="duplicates"} 1',
        'job_targets{job_name="web",state="unassigned"} 0',
        "jobs_rejected 1",
        "jobs_without_credentials 0",
        'process_target_groups_duration_seconds_count{job_name="web"} 1',
        "process_targets_duration_seconds_count 1",
        'targets{job_name="lost"} 0',
        'targets{job_name="web"} 4',
        "targets_moved_total 0",
        "targets_overlapping 0",
        ...perCollector,
        "targets_remaining 3",
        "targets_unassigned 0",
        'time_to_allocate_count{method="SetCollectors",strategy="consistent-hashing"} 1',
      ].toSorted(),
    );
  });

  it("lose the series of a job and of a collector that have gone, and count what moved", async () => {
    for (const name of ["a", "b"]) stage.cluster.put(collector(name));
    const web = { targets: Array.from({ length: 40 }, (_, i) => `10.0.0.${i}:80`) };
    await stage.start({ jobs: { web, other: { targets: ["x:80"] } } });
    await samples();
    const ofB = stage.pipeline.snapshot().targetsByCollector.get("b") ?? 0;
    stage.pipeline.reload(fileOf({ jobs: { web } }));
    stage.cluster.delete(collector("b"));
    await stage.advance(500);
    const text = (await samples()).join("\n");
    expect(text).not.toContain('"other"');
    expect(text).not.toContain('collector_name="b"');
    expect(text).toContain('targets_per_collector{collector_name="a",strategy="consistent-hashing"} 40');
    expect(text).toMatch(new RegExp(`targets_moved_total ${ofB}|targets_moved_total ${ofB - 1}`));
  });

  it("return to zero: unassigned targets that have found a collector", async () => {
    await stage.start({ jobs: { web: { sources: ["x"] } } });
    stage.sources.run("x").sink.update([group("g", "1:1", "2:2")]);
    await stage.advance(500);
    expect(await samples()).toContain("targets_unassigned 2");
    stage.cluster.put(collector("a"));
    await stage.advance(500);
    expect(await samples()).toContain("targets_unassigned 0");
    expect(await samples()).toContain("process_targets_duration_seconds_count 1");
  });

  it("tell how long the targets of each job took, of those that had changed", async () => {
    stage.cluster.put(collector("a"));
    await stage.start({ jobs: { web: { sources: ["x"] }, other: { targets: ["o:80"] } } });
    stage.sources.run("x").sink.update([group("g", "1:1")]);
    await stage.advance(500);
    stage.sources.run("x").sink.update([group("g", "1:1", "2:2")]);
    await stage.advance(500);
    const counts = async (): Promise<readonly string[]> =>
      (await samples()).filter((line) => line.startsWith("process_target_groups"));
    expect(await counts()).toEqual([
      'process_target_groups_duration_seconds_count{job_name="other"} 1',
      'process_target_groups_duration_seconds_count{job_name="web"} 2',
    ]);
    stage.pipeline.reload(fileOf({ jobs: { web: { sources: ["x"] } } }));
    await stage.advance(500);
    expect(await counts()).toEqual(['process_target_groups_duration_seconds_count{job_name="web"} 2']);
  });

  it("are those of Prometheus' discovery manager, too", async () => {
    const discovery = async (): Promise<readonly string[]> =>
      (await stage.metrics.text())
        .split("\n")
        .filter((line) => line.startsWith("prometheus_sd_"))
        .toSorted();
    stage.cluster.put(collector("a"));
    await stage.start({ jobs: { web: { sources: ["x"] }, lost: { sources: ["y"] } } });
    stage.sources.run("x").sink.update([group("g", "1:1", "2:2")]);
    stage.sources.run("y").sink.failed(new Error("no answer"));
    await stage.advance(5_000);
    stage.sources.run("x").sink.update([group("h", "3:3")]);
    await stage.advance(500);
    expect(await discovery()).toEqual([
      'prometheus_sd_discovered_targets{name="",config="lost"} 0',
      'prometheus_sd_discovered_targets{name="",config="web"} 3',
      'prometheus_sd_failed_configs{name=""} 1',
      'prometheus_sd_last_update_timestamp_seconds{name="",config="web"} 1767225605',
      'prometheus_sd_received_updates_total{name=""} 2',
      'prometheus_sd_updates_total{name=""} 2',
    ]);
    await stage.stop();
    expect(await discovery()).toEqual([]);
  });

  it("say whether the latest configuration is in force, and since when the one in force is known", async () => {
    const jobs = { web: { targets: ["x:80"] } };
    await stage.start({ jobs });
    await stage.advance(5_000);
    stage.pipeline.reject(new Error("no YAML"));
    expect(await samples()).toEqual(
      expect.arrayContaining([
        "config_last_reload_successful 0",
        "config_last_reload_success_timestamp_seconds 1767225600",
      ]),
    );
    stage.pipeline.reload(fileOf({ jobs }));
    expect(await samples()).toEqual(
      expect.arrayContaining([
        "config_last_reload_successful 1",
        "config_last_reload_success_timestamp_seconds 1767225605",
      ]),
    );
  });

  it("are all gone when the pipeline has stopped", async () => {
    stage.cluster.put(collector("a"));
    await stage.start({ jobs: { web: { targets: ["x:80"] } } });
    expect(await samples()).not.toEqual([]);
    await stage.stop();
    expect(await samples()).toEqual([]);
  });
});
