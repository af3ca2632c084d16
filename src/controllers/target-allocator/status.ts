import type { DefaultedTargetAllocator } from "../../api/opentelemetry/default-target-allocator.ts";
import type { TargetAllocatorStatus } from "../../api/opentelemetry/target-allocator.ts";
import type { KubeObject } from "../../api/meta.ts";
import { toAllocationStatus } from "../allocation-status.ts";
import type { KnownAllocation } from "../allocation-statements.ts";
import { toWorkloadState, type WorkloadState } from "../collector/workload-status.ts";
import { toConditions } from "../conditions.ts";
import type { PassReport } from "../managed-kind.ts";
import { imageVersion } from "../manifests/labels.ts";
import { present, unlessEmpty } from "../manifests/manifest.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import { ALLOCATOR_CONTAINER, allocatorName } from "../manifests/names.ts";
import { certificateSource } from "./mutual-tls.ts";
import { toAllocatorStatements } from "./statements.ts";

/** What a status is computed from. */
export interface AllocatorStatusInput {
  readonly allocator: DefaultedTargetAllocator;
  /** Names of the collectors that get their targets from it, sorted. */
  readonly served: readonly string[];
  readonly allocation: KnownAllocation;
  readonly report: PassReport;
  readonly settings: ManifestSettings;
  /** Why API servers may get no answer from the operator's webhooks. @default they do */
  readonly webhookProblem?: string | undefined;
}

/** The status as it should be. Pure: what has not changed comes out the same. */
export function toAllocatorStatus(input: AllocatorStatusInput): TargetAllocatorStatus {
  const { allocator, served, allocation, report, settings, webhookProblem } = input;
  const { metadata, status: previous } = allocator;
  const generation = metadata.generation ?? 0;
  const workload = workloadOf(allocator, report.objects);
  const { trouble, warnings, appliedHash, now } = report;
  const selects = allocator.spec.collectorSelector !== undefined && served.length === 0;
  const statements = toAllocatorStatements({ workload, trouble, warnings, allocation, selects, webhookProblem });
  return present({
    observedGeneration: generation,
    version: imageVersion(settings.allocatorImage),
    image: workload?.image ?? previous?.image,
    readyReplicas: readyOf(workload),
    collectors: unlessEmpty(served),
    allocation: allocation === undefined ? undefined : toAllocationStatus(endpointOf(input), allocation),
    conditions: toConditions(statements, previous?.conditions ?? [], { generation, now }),
    appliedHash,
  });
}

function workloadOf({ metadata }: DefaultedTargetAllocator, objects: readonly KubeObject[]): WorkloadState | undefined {
  const name = allocatorName(metadata.name);
  const deployment = objects.find((object) => object.kind === "Deployment" && object.metadata.name === name);
  return deployment === undefined ? undefined : toWorkloadState(deployment, ALLOCATOR_CONTAINER);
}

function readyOf(workload: WorkloadState | undefined): string {
  return workload === undefined ? "0/0" : `${String(workload.ready)}/${String(workload.wanted)}`;
}

function endpointOf({ allocator: { metadata, spec }, settings }: AllocatorStatusInput): string {
  const { namespace = "", name } = metadata;
  if (settings.collectorEndpoint === "operator") {
    return `${settings.operatorUrl ?? ""}/namespaces/${namespace}/targetallocators/${name}`;
  }
  const service = allocatorName(name);
  return certificateSource(spec.mtls) === undefined ? `http://${service}:80` : `https://${service}:443`;
}
