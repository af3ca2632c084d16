/**
 * On collectors and TargetAllocators that have roles without an owner, and so must not go before these are removed; on those
 * collectors too that the Go operator has left it on. The reconcilers of roles set it and take it off.
 */
export const COLLECTOR_FINALIZER = "opentelemetrycollector.opentelemetry.io/finalizer";
