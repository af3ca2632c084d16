import { type AssignedTarget, getLabel, type JobCounts, type Shard } from "../../allocator/index.ts";
import type { ServedAllocation, ServedProblem } from "../served-allocation.ts";
import { type StateView, toJobState } from "./allocation-view.ts";

/** More would make a page that no browser scrolls well; the JSON routes have them all. */
const MAX_SHOWN = 200;

interface TargetRow {
  readonly address: string;
  /** The Kubernetes object it was found on, as `pod shop/web-0`; "" when it is none. */
  readonly origin: string;
}

export interface TargetList {
  readonly total: number;
  /** The first of them. */
  readonly shown: readonly TargetRow[];
}

/** The targets of one job that one collector has. */
interface ShareView {
  readonly collector: string;
  readonly targets: TargetList;
}

/** Everything that the page of one job shows. */
export interface JobView {
  readonly name: string;
  readonly state: StateView;
  readonly counts: JobCounts;
  /** Those that concern this job. */
  readonly problems: readonly ServedProblem[];
  /** Every collector, by name. */
  readonly shares: readonly ShareView[];
  readonly unassigned: TargetList;
}

/** The page of one job; undefined when it is not configured. */
export function toJobView(allocation: ServedAllocation, name: string): JobView | undefined {
  const snapshot = allocation.snapshot();
  const job = snapshot.jobs.get(name);
  if (job === undefined) return undefined;
  return {
    name,
    state: toJobState(allocation.jobState(name)),
    counts: job.counts,
    problems: allocation.problems().filter((problem) => problem.job === name),
    shares: snapshot.collectors.map((collector) => ({
      collector: collector.name,
      targets: toTargetList(job.byCollector.get(collector.name)),
    })),
    unassigned: toTargetList(job.unassigned),
  };
}

function toTargetList(shard: Shard | undefined): TargetList {
  const targets = shard?.targets ?? [];
  return { total: targets.length, shown: targets.slice(0, MAX_SHOWN).map(toTargetRow) };
}

const ORIGINS = [
  ["pod", "__meta_kubernetes_pod_name"],
  ["endpoints slice", "__meta_kubernetes_endpointslice_name"],
  ["service", "__meta_kubernetes_service_name"],
  ["ingress", "__meta_kubernetes_ingress_name"],
  ["node", "__meta_kubernetes_node_name"],
] as const;

function toTargetRow(target: AssignedTarget): TargetRow {
  const label = (name: string): string => getLabel(target.ownLabels, name) ?? getLabel(target.groupLabels, name) ?? "";
  const [kind, key] = ORIGINS.find(([, name]) => label(name) !== "") ?? ["", ""];
  const namespace = kind === "node" ? "" : label("__meta_kubernetes_namespace");
  const name = key === "" ? "" : label(key);
  return { address: target.address, origin: `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`.trim() };
}
