import type { DataObject } from "../../allocator/index.ts";
import { sanitized } from "./label-names.ts";

/** Keeps the name of the job where later rules cannot overwrite it. */
export const KEEP_JOB_NAME: DataObject = { source_labels: ["job"], target_label: "__tmp_prometheus_job_name" };

/** Drops pods that will not answer any more. */
export const DROP_ENDED_PODS: DataObject = {
  action: "drop",
  source_labels: ["__meta_kubernetes_pod_phase"],
  regex: "(Failed|Succeeded)",
};

/** Copies a label of discovery to a target. */
export function copyLabel(source: string, target: string): DataObject {
  return { source_labels: [source], target_label: target };
}

/** Copies labels of an object to a target where the object has them. */
export function copyObjectLabels(keys: readonly string[], object: string): readonly DataObject[] {
  return keys.map((key) => copyObjectLabel(key, object, sanitized(key)));
}

/** The label of an object that names the job, where the object has it. */
export function jobLabelRules(jobLabel: string | undefined, object: string): readonly DataObject[] {
  return jobLabel === undefined || jobLabel === "" ? [] : [copyObjectLabel(jobLabel, object, "job")];
}

function copyObjectLabel(key: string, object: string, target: string): DataObject {
  return {
    source_labels: [`__meta_kubernetes_${object}_label_${sanitized(key)}`],
    target_label: target,
    regex: "(.+)",
    replacement: "${1}",
  };
}

/** Says which port was meant; a number counts even when it is 0. */
export function endpointRules(
  port: string | undefined,
  targetPort: string | number | undefined,
): readonly DataObject[] {
  const name = port === undefined || port === "" ? String(targetPort ?? "") : port;
  return name === "" ? [] : [{ target_label: "endpoint", replacement: name }];
}

/** Keeps the targets of one port of a container, given by name or by number. */
export function containerPortRules(port: string | number | undefined): readonly DataObject[] {
  if (port === undefined || port === "" || port === 0) return [];
  const suffix = typeof port === "number" ? "number" : "name";
  return [{ action: "keep", source_labels: [`__meta_kubernetes_pod_container_port_${suffix}`], regex: port }];
}

/**
 * The sharding of Prometheus itself, for one shard. It stays in the jobs although nobody shards by it: collectors
 * replace `$(SHARD)` and keep everything.
 *
 * @param label What targets are told apart by.
 */
export function shardingRules(label: string): readonly DataObject[] {
  return [
    {
      source_labels: [label, "__tmp_hash"],
      target_label: "__tmp_hash",
      regex: "(.+);",
      replacement: "$1",
      action: "replace",
    },
    { source_labels: ["__tmp_hash"], target_label: "__tmp_hash", modulus: 1, action: "hashmod" },
    { source_labels: ["__tmp_hash", "__tmp_disable_sharding"], regex: "$(SHARD);|.+;.+", action: "keep" },
  ];
}
