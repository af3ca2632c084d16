import { type Check, quoted, unsupported } from "./check.ts";
import { isFreeForm } from "./components.ts";
import { ALLOCATION_STRATEGIES } from "./schema/target-allocator-fields.ts";
import type { FreeForm, PrometheusCRSpec } from "./v1beta1.ts";
import { mtlsProblem } from "./validate-mtls.ts";

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

const RECEIVER_PREFIX = "the OpenTelemetry Spec Prometheus configuration is incorrect, ";

const hasPrometheusReceiver: Check = ({ spec }) => {
  const receivers: unknown = spec.config.receivers;
  if (!isFreeForm(receivers) || Object.keys(receivers).length === 0) return undefined; // hasReceivers says it
  if (!("prometheus" in receivers)) return RECEIVER_PREFIX + missingReceiver(receivers);
  const receiver = receivers["prometheus"];
  if (!isFreeForm(receiver)) {
    return `${RECEIVER_PREFIX}spec.config.receivers.prometheus must be an object; write config.scrape_configs below it`;
  }
  const problem = scrapeConfigProblem(receiver["config"], spec.targetAllocator?.prometheusCR?.enabled === true);
  return problem === undefined ? undefined : RECEIVER_PREFIX + problem;
};

function missingReceiver(receivers: FreeForm): string {
  const others = Object.keys(receivers).filter((id) => id.startsWith("prometheus/"));
  const hint =
    others.length === 0
      ? "; add one, or set spec.targetAllocator.enabled to false"
      : `; rename one of ${others.join(", ")} to prometheus`;
  return `no prometheus receiver available as part of the configuration${hint}`;
}

function scrapeConfigProblem(config: unknown, otherSource: boolean): string | undefined {
  if (config === undefined || config === null) return undefined;
  if (!isFreeForm(config)) return "receivers.prometheus.config must be an object";
  const jobs = config["scrape_configs"];
  if (jobs !== undefined && jobs !== null && !Array.isArray(jobs)) {
    return "receivers.prometheus.config.scrape_configs must be a list";
  }
  if (otherSource || (Array.isArray(jobs) && jobs.length > 0)) return undefined;
  return "receivers.prometheus.config.scrape_configs is empty: either at least one scrape config needs to be defined or PrometheusCR needs to be enabled";
}

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
  hasPrometheusReceiver,
  hasItsCertificates,
  choosesNamespacesOneWay,
];
