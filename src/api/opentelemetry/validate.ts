import { undeclaredComponents } from "./component-references.ts";
import { isFreeForm } from "./components.ts";
import { type DefaultedCollector, usedComponents } from "./default.ts";
import { fieldsWithoutEffect } from "./fields-without-effect.ts";
import { COLLECTOR_MODES } from "./schema/collector.ts";
import { ALLOCATION_STRATEGIES } from "./schema/target-allocator-fields.ts";
import type { FreeForm, PortSpec } from "./v1beta1.ts";

/** Returns what is wrong with a collector, if anything. */
type Check = (collector: DefaultedCollector) => string | undefined;

/**
 * Everything that keeps a collector from being run, worst first; empty when nothing does. Nobody guarantees that an
 * API server with our schema and webhook stood before: each check bears with any input.
 */
export function problemsOf(collector: DefaultedCollector): readonly string[] {
  const checks = collector.spec.targetAllocator?.enabled === true ? [...CHECKS, ...ALLOCATOR_CHECKS] : CHECKS;
  return checks.flatMap((check) => check(collector) ?? []);
}

/** What is allowed and yet probably not meant. Nothing while there are problems: what is not run need not be doubted. */
export function warningsOf(collector: DefaultedCollector): readonly string[] {
  return problemsOf(collector).length > 0 ? [] : DOUBTS.flatMap((doubt) => doubt(collector));
}

/** Returns what may not be meant about a collector. */
type Doubt = (collector: DefaultedCollector) => readonly string[];

const hasNulls: Doubt = ({ spec }) => {
  const nulls = SECTIONS.flatMap((section) => nullKeys(spec.config[section], `${section}.`)).toSorted();
  if (nulls.length === 0) return [];
  return [
    `Collector config spec.config has null objects: ${nulls.map((path) => `${path}:`).join(", ")}. ` +
      "For compatibility with other tooling, such as kustomize and kubectl edit, it is recommended to use empty objects e.g. batch: {}.",
  ];
};

const namesUndeclared: Doubt = ({ spec }) => undeclaredComponents(spec.config);

const scrapesNothing: Doubt = ({ spec: { config, targetAllocator } }) =>
  targetAllocator?.enabled !== true || usedComponents(config).receivers.has("prometheus")
    ? []
    : ["spec.config.service.pipelines: none receives from prometheus, so collectors scrape none of its targets"];

const asksForTooMuch: Doubt = ({ spec }) => {
  const fields = fieldsWithoutEffect(spec);
  return fields.length === 0 ? [] : [`not in effect in this version: ${fields.join(", ")}`];
};

const DOUBTS: readonly Doubt[] = [hasNulls, namesUndeclared, scrapesNothing, asksForTooMuch];

const SECTIONS = ["receivers", "exporters", "processors", "extensions", "connectors"] as const;

function nullKeys(value: unknown, path: string): readonly string[] {
  if (!isFreeForm(value)) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    member === null ? [`${path}${key}`] : nullKeys(member, `${path}${key}.`),
  );
}

const hasKnownMode: Check = ({ spec: { mode } }) =>
  COLLECTOR_MODES.includes(mode) ? undefined : `spec.mode ${quoted(mode)} is none of ${COLLECTOR_MODES.join(", ")}`;

const hasReceivers: Check = ({ spec: { config } }) =>
  isFreeForm(config.receivers) && Object.keys(config.receivers).length > 0
    ? undefined
    : "spec.config.receivers is missing or empty: no receivers available as part of the configuration; add one";

const hasPipelines: Check = ({ spec: { config } }) => {
  const pipelines: unknown = config.service?.pipelines;
  if (!isFreeForm(pipelines))
    return "spec.config.service.pipelines is missing; add one that names receivers and exporters";
  const broken = Object.entries(pipelines).find(([, pipeline]) => !isPipeline(pipeline))?.[0];
  return broken === undefined
    ? undefined
    : `spec.config.service.pipelines.${broken} must name receivers and exporters as lists of ids`;
};

function isPipeline(value: unknown): boolean {
  if (!isFreeForm(value)) return false;
  const { receivers, exporters, processors = [] } = value;
  return Array.isArray(receivers) && Array.isArray(exporters) && (processors === null || Array.isArray(processors));
}

const keepsClaimsToStatefulSets: Check = ({ spec }) => {
  if (spec.mode === "statefulset") return undefined;
  const given = (["volumeClaimTemplates", "persistentVolumeClaimRetentionPolicy"] as const).find(
    (name) => spec[name] !== undefined,
  );
  return given === undefined ? undefined : unsupported(spec.mode, `the attribute '${given}'`);
};

const hasNumberedPorts: Check = ({ spec: { ports = [] } }) => ports.map(portProblem).find((problem) => problem !== "");

/** As Kubernetes names ports: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1 */
const PORT_NAME = /^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/;

function portProblem({ name = "", port }: PortSpec): string {
  const prefix = "the OpenTelemetry Spec Ports configuration is incorrect, ";
  if (!PORT_NAME.test(name)) return `${prefix}port name ${quoted(name)} is no name of a port`;
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? "" : `${prefix}port ${String(port)} is not in 1..65535`;
}

const CHECKS: readonly Check[] = [
  hasKnownMode,
  hasReceivers,
  hasPipelines,
  keepsClaimsToStatefulSets,
  hasNumberedPorts,
];

const runsPodsToAllocateTo: Check = ({ spec: { mode } }) =>
  mode === "sidecar" ? unsupported(mode, "the target allocation deployment") : undefined;

const hasKnownStrategy: Check = ({ spec: { targetAllocator } }) => {
  const strategy = targetAllocator?.allocationStrategy;
  const known = strategy === undefined || ALLOCATION_STRATEGIES.includes(strategy);
  const names = ALLOCATION_STRATEGIES.join(", ");
  return known ? undefined : `spec.targetAllocator.allocationStrategy ${quoted(strategy)} is none of ${names}`;
};

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

const choosesNamespacesOneWay: Check = ({ spec: { targetAllocator } }) => {
  const { allowNamespaces = [], denyNamespaces = [] } = targetAllocator?.prometheusCR ?? {};
  return allowNamespaces.length > 0 && denyNamespaces.length > 0
    ? "spec.targetAllocator.prometheusCR: allowNamespaces and denyNamespaces are mutually exclusive"
    : undefined;
};

const ALLOCATOR_CHECKS: readonly Check[] = [
  runsPodsToAllocateTo,
  hasKnownStrategy,
  spreadsPerNodeInDaemonSets,
  hasPrometheusReceiver,
  choosesNamespacesOneWay,
];

function unsupported(mode: string, what: string): string {
  return `the OpenTelemetry Collector mode is set to ${mode}, which does not support ${what}`;
}

function quoted(value: unknown): string {
  return JSON.stringify(value);
}
