export { CollectorMetrics } from "./collector-metrics.ts";
export { COLLECTOR_FINALIZER } from "./finalizer.ts";
export { collectorAccount } from "./collector/build-cluster-role.ts";
export { buildCollector } from "./collector/build.ts";
export { findProblems } from "./collector/collector-problems.ts";
export { type DesiredResource, desiredResources } from "./desired-resources.ts";
export { GrantingRights } from "./granting-rights.ts";
export { excessPatch } from "./drift.ts";
export { allocatorName } from "./manifests/names.ts";
export { newControllers } from "./new-controllers.ts";
export { OPTIONAL_KINDS, OWNED_KINDS } from "./owned-kinds.ts";
export {
  LEADER_ELECTION_PERMISSIONS,
  MANAGER_PERMISSIONS,
  OPERATOR_LEASE,
  type Permission,
  WEBHOOK_CERTIFICATE_SECRET,
  WEBHOOK_PERMISSIONS,
} from "./permissions.ts";
export { KubeEventRecorder, type EventRecorder, type ObjectEvent } from "./runtime/event-recorder.ts";
export type { HealthReport } from "./runtime/health-checks.ts";
export { LeaderElector, type LeaderElectionOptions } from "./runtime/leader-election.ts";
export { Manager, type ManagerOptions } from "./runtime/manager.ts";
export type { Runnable } from "./runtime/runnable.ts";
export { accessNeeds, type AccessNeed } from "./target-allocator/access-needs.ts";
export { allocatorRules } from "./target-allocator/build-roles.ts";
