import { Allocator, type AllocatorOptions } from "../../src/allocator/allocator.ts";
import type { CollectorInstance } from "../../src/allocator/collector-instance.ts";
import type { JobDefinition } from "../../src/allocator/job-definition.ts";
import { toRecord } from "../../src/allocator/labels/labels.ts";
import { labelsOf } from "../../src/allocator/labels/labels-builder.ts";
import { mergedLabels } from "../../src/allocator/labels/merged-labels.ts";
import { NoShardingProgram } from "../../src/allocator/no-sharding.ts";
import type { RelabelConfig } from "../../src/allocator/relabel/relabel-config.ts";
import { compileRelabel } from "../../src/allocator/relabel/relabel-program.ts";
import type { AllocationSnapshot, AssignedTarget } from "../../src/allocator/snapshot.ts";
import { consistentHashing } from "../../src/allocator/strategies/consistent-hashing.ts";
import type { TargetGroup } from "../../src/allocator/targets/target-group.ts";

/** A rule with Prometheus' defaults. */
export function rule(fields: Partial<RelabelConfig>): RelabelConfig {
  return {
    sourceLabels: [],
    separator: ";",
    regex: "(.*)",
    defaultRegex: fields.regex === undefined,
    modulus: 0n,
    targetLabel: "",
    replacement: "$1",
    action: "replace",
    ...fields,
  };
}

export interface JobFields {
  readonly name?: string;
  readonly rules?: readonly RelabelConfig[];
  readonly filtering?: boolean;
  readonly seeds?: readonly (readonly [string, string])[];
}

/** A job with the seeds of a minimal configuration. */
export function job({ name = "job", rules = [], filtering = true, seeds }: JobFields = {}): JobDefinition {
  const allSeeds = seeds ?? [
    ["job", name],
    ["__scrape_interval__", "1m"],
    ["__scrape_timeout__", "10s"],
    ["__metrics_path__", "/metrics"],
    ["__scheme__", "http"],
  ];
  const canonicalKey = JSON.stringify([allSeeds, filtering, rules], (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  const relabel = new NoShardingProgram(rules, () => compileRelabel(rules, "utf8"));
  return { name, relabel, seeds: allSeeds, filtering, canonicalKey };
}

/** A group of targets that are given by address or by labels. */
export function group(
  source: string,
  targets: readonly (string | Readonly<Record<string, string>>)[],
  labels: Readonly<Record<string, string>> = {},
): TargetGroup {
  const own = targets.map((target) => labelsOf(typeof target === "string" ? { __address__: target } : target));
  return { source, labels: labelsOf(labels), targets: own };
}

/** `collector-0` on `node-0` and so on. */
export function collectors(count: number, first = 0): readonly CollectorInstance[] {
  return Array.from({ length: count }, (_, i) => ({ name: `collector-${first + i}`, nodeName: `node-${first + i}` }));
}

export function createAllocator(options: Partial<AllocatorOptions> = {}): Allocator {
  return new Allocator({ strategy: consistentHashing, ...options });
}

/** Works until there is nothing left to do. */
export function settled(allocator: Allocator): AllocationSnapshot {
  let snapshot = allocator.snapshot();
  while (allocator.dirty) {
    const pass = allocator.work();
    let step = pass.next();
    while (step.done !== true) step = pass.next();
    snapshot = step.value;
  }
  return snapshot;
}

/** What a target looks like on the wire. */
export interface ServedTarget {
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function served(target: AssignedTarget): ServedTarget {
  return { address: target.address, labels: toRecord(mergedLabels(target.groupLabels, target.ownLabels)) };
}

/** Everything that a reader can see of a snapshot but its version, in its order, as plain data. */
export function viewOf(snapshot: AllocationSnapshot): unknown {
  const jobs = [...snapshot.jobs.values()].map(({ name, counts, byCollector, unassigned }) => ({
    name,
    counts,
    byCollector: [...byCollector].map(([collector, shard]) => [collector, shard.targets.map(served)]),
    unassigned: unassigned.targets.map(served),
  }));
  return { collectors: snapshot.collectors, jobs, targetsByCollector: [...snapshot.targetsByCollector] };
}

/** Addresses that a collector has in a job, in their order. */
export function addressesOf(snapshot: AllocationSnapshot, jobName: string, collector: string): readonly string[] {
  return (snapshot.jobs.get(jobName)?.byCollector.get(collector)?.targets ?? []).map(({ address }) => address);
}

/** Owner by address; "" for an unassigned target. An address that several targets have keeps the last. */
export function ownersOf(snapshot: AllocationSnapshot, jobName = "job"): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  const found = snapshot.jobs.get(jobName);
  for (const [collector, shard] of found?.byCollector ?? []) {
    for (const { address } of shard.targets) owners.set(address, collector);
  }
  for (const { address } of found?.unassigned.targets ?? []) owners.set(address, "");
  return owners;
}
