import type { KubeObject } from "../../api/meta.ts";
import { unsupported } from "../../api/opentelemetry/check.ts";
import { isFreeForm, settingsOf } from "../../api/opentelemetry/components.ts";
import type { CollectorMode, DefaultedCollector } from "../../api/opentelemetry/default.ts";
import { COLLECTOR_MODES } from "../../api/opentelemetry/schema/collector.ts";
import { COLLECTOR_CONTAINER, collectorName } from "../manifests/names.ts";

/** What is read of a Deployment, StatefulSet or DaemonSet. */
export interface WorkloadState {
  /** Pods that are wanted. */
  readonly wanted: number;
  readonly existing: number;
  readonly ready: number;
  /** Existing pods are those of the current template. */
  readonly updated: number;
  /** The status speaks of the current spec. */
  readonly current: boolean;
  /** Of the main container. */
  readonly image: string | undefined;
}

interface Workload extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

const KIND_BY_MODE: Readonly<Record<CollectorMode, string>> = {
  deployment: "Deployment",
  statefulset: "StatefulSet",
  daemonset: "DaemonSet",
  sidecar: "",
};

/** The collector's workload among these objects; the first one, where an object comes twice. */
export function findWorkload(
  { spec, metadata }: DefaultedCollector,
  objects: readonly KubeObject[],
): KubeObject | undefined {
  const name = collectorName(metadata.name);
  return objects.find((object) => object.kind === KIND_BY_MODE[spec.mode] && object.metadata.name === name);
}

/**
 * What the collector still runs as, where its resource has come to ask for another mode: pods of one kind are not moved to
 * another. Undefined when nothing runs, or what runs is what is asked for.
 */
export function formerMode(
  { spec, metadata }: DefaultedCollector,
  owned: readonly KubeObject[],
): CollectorMode | undefined {
  const modes = runningModes(metadata.name, owned);
  return modes.includes(spec.mode) ? undefined : modes[0];
}

/** What there are workloads of, for a collector of this name. */
export function runningModes(collector: string, owned: readonly KubeObject[]): readonly CollectorMode[] {
  const name = collectorName(collector);
  const running = owned.filter(({ metadata }) => metadata.name === name && metadata.deletionTimestamp === undefined);
  return COLLECTOR_MODES.filter((mode) => running.some(({ kind }) => kind === KIND_BY_MODE[mode]));
}

/** What to do about another mode that is asked for. */
export function modeProblem({ metadata }: DefaultedCollector, former: CollectorMode): string {
  const workload = `${KIND_BY_MODE[former]} ${collectorName(metadata.name)}`;
  return (
    `${unsupported(former, "modification")}: set spec.mode back to ${former}, or, to have it changed, delete ${workload}, ` +
    "whose pods go with it"
  );
}

/** The state of a workload, in the same words for all three kinds. */
export function toWorkloadState(workload: Workload, container = COLLECTOR_CONTAINER): WorkloadState {
  const spec = settingsOf(workload.spec);
  const status = settingsOf(workload.status);
  const current = count(status["observedGeneration"]) >= (workload.metadata.generation ?? 0);
  const image = imageOf(spec, container);
  if (workload.kind === "DaemonSet") {
    return {
      wanted: count(status["desiredNumberScheduled"]),
      existing: count(status["currentNumberScheduled"]),
      ready: count(status["numberReady"]),
      updated: count(status["updatedNumberScheduled"]),
      current,
      image,
    };
  }
  return {
    wanted: typeof spec["replicas"] === "number" ? spec["replicas"] : 1,
    existing: count(status["replicas"]),
    ready: count(status["readyReplicas"]),
    updated: count(status["updatedReplicas"]),
    current,
    image,
  };
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function imageOf(spec: Readonly<Record<string, unknown>>, container: string): string | undefined {
  const { containers } = settingsOf(settingsOf(spec["template"])["spec"]);
  const all: readonly unknown[] = Array.isArray(containers) ? containers : [];
  const main = all.filter(isFreeForm).find(({ name }) => name === container);
  return typeof main?.["image"] === "string" ? main["image"] : undefined;
}
