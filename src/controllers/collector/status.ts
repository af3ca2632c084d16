import { versionAfter } from "../../api/opentelemetry/upgrade.ts";
import type { AllocationStatus, OpenTelemetryCollectorStatus } from "../../api/opentelemetry/v1beta1.ts";
import { toAllocationStatus } from "../allocation-status.ts";
import { toConditions } from "../conditions.ts";
import { imageVersion, selectorLabels } from "../manifests/labels.ts";
import { present } from "../manifests/manifest.ts";
import { allocatorAccess, type CollectorInput, runsOwnPods } from "./collector-input.ts";
import { isWithoutCollectors, type Observation, type Outage, toStatements } from "./statements.ts";

/** What a status is computed from, besides what the conditions are. */
export interface StatusInput extends CollectorInput {
  readonly observation: Observation;
  /** The hash of the objects that are applied, all of them; undefined when that is not known. */
  readonly appliedHash: string | undefined;
  readonly previous: OpenTelemetryCollectorStatus | undefined;
  /** RFC 3339. */
  readonly now: string;
}

/** Pods that pull an image and start have had their time by then. */
const OUTAGE_GRACE_MS = 120_000;

/** The status as it should be. Pure: what has not changed comes out the same. */
export function toStatus(input: StatusInput): OpenTelemetryCollectorStatus {
  const { collector, settings, observation, previous } = input;
  const generation = collector.metadata.generation ?? 0;
  return present({
    observedGeneration: generation,
    version: versionAfter(collector.spec, previous?.version, imageVersion(settings.collectorImage)),
    image: observation.workload?.image ?? previous?.image,
    scale: scaleOf(input),
    allocation: allocationOf(input),
    conditions: toConditions(toStatements({ ...observation, outage: outageOf(input) }), previous?.conditions ?? [], {
      generation,
      now: input.now,
    }),
    appliedHash: input.appliedHash,
  });
}

/** How long there has been no collector, by what was last told. */
function outageOf({ observation, previous, now }: StatusInput): Outage | undefined {
  if (!isWithoutCollectors(observation)) return undefined;
  const since = outageBegan(previous) ?? now;
  return { since, overdue: Date.parse(now) - Date.parse(since) >= OUTAGE_GRACE_MS };
}

function outageBegan(status: OpenTelemetryCollectorStatus | undefined): string | undefined {
  const available = status?.conditions?.find(({ type }) => type === "Available");
  return available?.reason === "NoCollectorReady" ? available.lastTransitionTime : undefined;
}

/** When a status that says that collectors start has to say that they do not; undefined: never by itself. */
export function outageOverdueInMs(status: OpenTelemetryCollectorStatus, now: number): number | undefined {
  const starting = status.conditions?.some(({ reason }) => reason === "CollectorsStarting") === true;
  const since = Date.parse(outageBegan(status) ?? "");
  return starting && !Number.isNaN(since) ? Math.max(0, since + OUTAGE_GRACE_MS - now) : undefined;
}

function scaleOf({ collector, observation }: StatusInput): OpenTelemetryCollectorStatus["scale"] {
  const { workload } = observation;
  if (!runsOwnPods(collector.spec.mode)) return { replicas: 0, selector: "" };
  const labels = Object.entries(selectorLabels(collector.metadata, "opentelemetry-collector"));
  return {
    selector: labels.map(([key, value]) => `${key}=${value}`).join(","),
    replicas: workload?.existing ?? 0,
    statusReplicas: `${String(workload?.ready ?? 0)}/${String(workload?.wanted ?? 0)}`,
  };
}

function allocationOf(input: StatusInput): AllocationStatus | undefined {
  const { allocation } = input.observation;
  const access = allocatorAccess(input);
  return allocation === undefined || access === undefined ? undefined : toAllocationStatus(access.endpoint, allocation);
}
