import { type Check, quoted, unsupported } from "./check.ts";
import { ALLOCATION_STRATEGIES } from "./schema/target-allocator-fields.ts";
import type { PrometheusCRSpec } from "./v1beta1.ts";
import { mtlsProblem } from "./validate-mtls.ts";
import { allocatesTargetsOfItsReceivers } from "./validate-receivers.ts";

/** The target allocator that a collector brings along. */

const runsPodsToAllocateTo: Check = ({ spec: { mode } }) =>
  mode === "sidecar" ? unsupported(mode, "the target allocation deployment") : undefined;

const hasKnownStrategy: Check = ({ spec: { targetAllocator } }) =>
  strategyProblem("spec.targetAllocator.allocationStrategy", targetAllocator?.allocationStrategy);

/** What is wrong with a strategy, if anything. */
export function strategyProblem(path: string, strategy: string | undefined): string | undefined {
  const known = strategy === undefined || ALLOCATION_STRATEGIES.some((name) => name === strategy);
  return known ? undefined : `${path} ${quoted(strategy)} is none of ${ALLOCATION_STRATEGIES.join(", ")}`;
}

const spreadsPerNodeInDaemonSets: Check = ({ spec: { mode, targetAllocator } }) => {
  const perNode = targetAllocator?.allocationStrategy === "per-node";
  if (perNode === (mode === "daemonset")) return undefined;
  return perNode
    ? "target allocation strategy per-node is only supported in OpenTelemetry Collector mode daemonset"
    : "the OpenTelemetry Collector mode is set to daemonset, which must be used with target allocation strategy per-node";
};

const choosesNamespacesOneWay: Check = ({ spec: { targetAllocator } }) =>
  namespacesProblem("spec.targetAllocator.prometheusCR", targetAllocator?.prometheusCR);

/** What is wrong with the namespaces in which monitors count, if anything. */
export function namespacesProblem(path: string, prometheusCR: PrometheusCRSpec = {}): string | undefined {
  const { allowNamespaces = [], denyNamespaces = [] } = prometheusCR;
  return allowNamespaces.length > 0 && denyNamespaces.length > 0
    ? `${path}: allowNamespaces and denyNamespaces are mutually exclusive`
    : undefined;
}

const hasItsCertificates: Check = ({ spec: { targetAllocator } }, cluster) =>
  mtlsProblem(targetAllocator?.mtls ?? {}, cluster);

/** For collectors with an allocator only; in the order in which the first tells most. */
export const ALLOCATOR_CHECKS: readonly Check[] = [
  runsPodsToAllocateTo,
  hasKnownStrategy,
  spreadsPerNodeInDaemonSets,
  allocatesTargetsOfItsReceivers,
  hasItsCertificates,
  choosesNamespacesOneWay,
];
