export { buildCollector } from "./collector/build.ts";
export { findProblems } from "./collector/collector-problems.ts";
export type { AllocationDefinition, AllocationHost, AllocationProblem, AllocationSummary } from "./allocation-host.ts";
export { newControllers, type ControllerDependencies, type ControllerSettings } from "./new-controllers.ts";
export { KubeEventRecorder, type EventRecorder, type ObjectEvent } from "./runtime/event-recorder.ts";
export type { HealthReport } from "./runtime/health-checks.ts";
export { LeaderElector, type LeaderElectionOptions } from "./runtime/leader-election.ts";
export { Manager, type ManagerOptions } from "./runtime/manager.ts";
export type { Runnable } from "./runtime/runnable.ts";
