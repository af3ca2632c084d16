import {
  type CollectorInstance,
  type DataObject,
  type Labels,
  LabelsBuilder,
  type TargetGroup,
} from "../src/allocator/index.ts";

const TARGETS_PER_GROUP = 5;
const GROUPS_PER_JOB = 20;
export const TARGETS_PER_JOB: number = TARGETS_PER_GROUP * GROUPS_PER_JOB;
const TARGETS_PER_NODE = 50;

/** A rule that keeps nineteen of twenty targets, by a regular expression over two labels. */
export const KEEP_RULE: DataObject = {
  source_labels: ["__meta_kubernetes_namespace", "__meta_kubernetes_pod_container_port_name"],
  regex: "team-[0-9]+;(https?|metrics|prom.*)-[0-9]+",
  action: "keep",
};

export const jobName = (job: number): string => `serviceMonitor/team-${job % 40}/workload-${job}/0`;

/** `collector-0` and so on, each on a node of its own. */
export function collectorsOf(count: number): readonly CollectorInstance[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `main-collector-${i}`,
    nodeName: nodeOf(i * TARGETS_PER_NODE),
  }));
}

/** The groups of a job. */
export function groupsOfJob(job: number): readonly TargetGroup[] {
  return Array.from({ length: GROUPS_PER_JOB }, (_, i) => groupOf(job * GROUPS_PER_JOB + i));
}

/** A group of a job after the restart of its pods: all of its targets have changed, and kept their addresses. */
export function restartedGroup(job: number, restarts: number): TargetGroup {
  return groupOf(job * GROUPS_PER_JOB, restarts);
}

/** How many characters all texts have that were made so far and are not in use more than once. */
export function uniqueTextBytes(): number {
  return made.bytes;
}

const META = "__meta_kubernetes_";
const SLICE = `${META}endpointslice_`;
const SERVICE = `${META}service_`;
const POD = `${META}pod_`;
const LAST_APPLIED = "kubectl_kubernetes_io_last_applied_configuration";

/** The slice of a service with five pods, as role `endpointslice` reports it: 17 labels in common, 24 of each target. */
function groupOf(group: number, restarts = 0): TargetGroup {
  const name = shared(`workload-${Math.floor(group / GROUPS_PER_JOB)}-${group % GROUPS_PER_JOB}`);
  const namespace = shared(`team-${group % 40}`);
  const labels = build([
    [`${META}namespace`, namespace],
    [`${SLICE}name`, unique(`${name}-${hex(group, 5)}`)],
    [`${SLICE}address_type`, "IPv4"],
    [`${SLICE}label_kubernetes_io_service_name`, name],
    [`${SLICE}labelpresent_kubernetes_io_service_name`, "true"],
    [`${SLICE}label_endpointslice_kubernetes_io_managed_by`, "endpointslice-controller.k8s.io"],
    [`${SLICE}labelpresent_endpointslice_kubernetes_io_managed_by`, "true"],
    [`${SERVICE}name`, name],
    [`${SERVICE}label_app_kubernetes_io_name`, name],
    [`${SERVICE}labelpresent_app_kubernetes_io_name`, "true"],
    [`${SERVICE}label_app_kubernetes_io_part_of`, namespace],
    [`${SERVICE}labelpresent_app_kubernetes_io_part_of`, "true"],
    [`${SERVICE}annotation_prometheus_io_scrape`, "true"],
    [`${SERVICE}annotationpresent_prometheus_io_scrape`, "true"],
    [`${SERVICE}annotation_${LAST_APPLIED}`, unique(lastApplied(name, namespace))],
    [`${SERVICE}annotationpresent_${LAST_APPLIED}`, "true"],
    ["cluster", "production-eu-central-1"],
  ]);
  const first = group * TARGETS_PER_GROUP;
  const targets = Array.from({ length: TARGETS_PER_GROUP }, (_, i) => targetOf(first + i, name, restarts));
  return { source: `endpointslice/${namespace}/${name}`, labels, targets };
}

function targetOf(target: number, service: string, restarts: number): Labels {
  const ip = unique(`10.${128 + (target >> 16)}.${(target >> 8) & 255}.${target & 255}`);
  const node = nodeOf(target);
  const replicaSet = shared(`${service}-${hex(target - (target % TARGETS_PER_GROUP), 9)}`);
  const pod = unique(`${replicaSet}-${hex(target, 5)}`);
  const host = Math.floor(target / TARGETS_PER_NODE);
  return build([
    ["__address__", unique(`${ip}:8443`)],
    [`${SLICE}port_name`, "https-metrics"],
    [`${SLICE}port_protocol`, "TCP"],
    [`${SLICE}port`, "8443"],
    [`${SLICE}endpoint_conditions_ready`, "true"],
    [`${SLICE}endpoint_conditions_serving`, "true"],
    [`${SLICE}endpoint_conditions_terminating`, "false"],
    [`${SLICE}address_target_kind`, "Pod"],
    [`${SLICE}address_target_name`, pod],
    [`${SLICE}endpoint_node_name`, node],
    [`${SLICE}endpoint_zone`, shared(`eu-central-1${"abc".charAt(target % 3)}`)],
    [`${POD}name`, pod],
    [`${POD}ip`, ip],
    [`${POD}uid`, unique(uid(target, restarts))],
    [`${POD}node_name`, node],
    [`${POD}host_ip`, shared(`192.168.${host >> 8}.${host & 255}`)],
    [`${POD}phase`, "Running"],
    [`${POD}ready`, "true"],
    [`${POD}controller_kind`, "ReplicaSet"],
    [`${POD}controller_name`, replicaSet],
    [`${POD}container_name`, service],
    [`${POD}container_image`, shared(`registry.example.com/platform/${service}:v1.4.0`)],
    [`${POD}container_port_name`, shared(target % 20 === 19 ? "admin-1" : `metrics-${target % 4}`)],
    [`${POD}container_port_number`, "8443"],
  ]);
}

const nodeOf = (target: number): string =>
  shared(`ip-192-168-${Math.floor(target / TARGETS_PER_NODE)}.eu-central-1.compute.internal`);

/** Looks like a hash, and is the same in every run. */
const hex = (value: number, length: number): string =>
  (Math.imul(value + 1, 0x9e3779b1) >>> 0).toString(16).padStart(length, "0").slice(-length);

const uid = (target: number, restarts: number): string =>
  `${hex(target, 8)}-${hex(restarts, 4)}-4${hex(target + 1, 3)}-8${hex(target + 2, 3)}-${String(target).padStart(12, "0")}`;

const lastApplied = (name: string, namespace: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Service",
    metadata: { labels: { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": namespace }, name, namespace },
    spec: { ports: [{ name: "https-metrics", port: 8443, targetPort: "https-metrics" }], selector: { app: name } },
  }).padEnd(400);

const made = { bytes: 0 };
const texts = new Map<string, string>();

/** One string for equal texts: what an informer keeps of objects that name each other. */
function shared(text: string): string {
  let known = texts.get(text);
  if (known === undefined) {
    known = unique(text);
    texts.set(known, known);
  }
  return known;
}

/** A string in one piece, as parsing leaves it, and not as the pieces that it was put together from. */
function unique(text: string): string {
  made.bytes += text.length;
  return Buffer.from(text, "latin1").toString("latin1");
}

function build(pairs: readonly (readonly [name: string, value: string])[]): Labels {
  const builder = new LabelsBuilder();
  for (const [name, value] of pairs) builder.set(name, value);
  return builder.build();
}
