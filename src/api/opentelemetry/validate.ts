import { type Check, type Cluster } from "./check.ts";
import { undeclaredComponents } from "./component-references.ts";
import { componentType, isFreeForm } from "./components.ts";
import { readConfigText } from "./config-text.ts";
import { unreadableConfig } from "./convert.ts";
import { type DefaultedCollector, usedComponents } from "./default.ts";
import { shardedReceivers } from "./sharding.ts";
import { ALLOCATOR_CHECKS } from "./validate-allocator.ts";
import { hasNumberedPorts, hasPodsBehindAnIngress, namesTheParentOfSubdomains } from "./validate-exposure.ts";
import {
  asksNothingOfPodsInSidecars,
  hasKnownMode,
  keepsClaimsToStatefulSets,
  replacesPodsAsItsModeDoes,
} from "./validate-mode.ts";
import { hasUpperBound, keepsWithinBounds, scalesAsAutoscalersCan } from "./validate-scaling.ts";

/**
 * Everything that keeps a collector from being run, worst first; empty when nothing does. Nobody guarantees that an
 * API server with our schema and webhook stood before: each check bears with any input. Order and messages are those of
 * the Go operator's webhook, after what no collector can do without.
 */
export function problemsOf(collector: DefaultedCollector, cluster: Cluster = {}): readonly string[] {
  const { enabled } = collector.spec.targetAllocator ?? {};
  const checks = [...BASIC_CHECKS, ...(enabled === true ? ALLOCATOR_CHECKS : []), ...FURTHER_CHECKS];
  return checks.flatMap((check) => check(collector, cluster) ?? []);
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

const scrapesNothing: Doubt = ({ spec: { config, targetAllocator } }) => {
  if (targetAllocator?.enabled !== true) return [];
  const used = usedComponents(config).receivers;
  const idle = shardedReceivers(targetAllocator).filter((id) => !used.has(id));
  return idle.map(
    (id) => `spec.config.service.pipelines: none receives from ${id}, so collectors scrape none of its targets`,
  );
};

const asksForTooMuch: Doubt = ({ spec }) =>
  spec.mode === "sidecar" ? ["not in effect in this version: spec.mode: sidecar"] : [];

const DOUBTS: readonly Doubt[] = [hasNulls, namesUndeclared, scrapesNothing, asksForTooMuch];

const SECTIONS = ["receivers", "exporters", "processors", "extensions", "connectors"] as const;

function nullKeys(value: unknown, path: string): readonly string[] {
  if (!isFreeForm(value)) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    member === null ? [`${path}${key}`] : nullKeys(member, `${path}${key}.`),
  );
}

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

/** Names of kinds of components, as they stand in lists of disabled ones. */
const DISABLED_KINDS = {
  receiver: "receivers",
  exporter: "exporters",
  processor: "processors",
  extension: "extensions",
  connector: "connectors",
} as const;

const usesNoDisabledComponents: Check = ({ spec: { config } }, { disabledComponents = [] }) => {
  const used = disabledComponents.filter((component) => {
    const [kind = "", type] = component.split(".");
    const section = Object.entries(DISABLED_KINDS).find(([name]) => name === kind)?.[1];
    const components = section === undefined ? undefined : config[section];
    return isFreeForm(components) && Object.keys(components).some((id) => componentType(id) === type);
  });
  return used.length === 0
    ? undefined
    : `the collector configuration contains not FIPS compliant components: [${used.join(" ")}]. Please remove it from the config`;
};

const hasReadableConfig: Check = (collector) => {
  const read = readConfigText(unreadableConfig(collector));
  return "problem" in read ? `spec.config of v1alpha1 is no YAML that can be read: ${read.problem}` : undefined;
};

const BASIC_CHECKS: readonly Check[] = [
  hasReadableConfig,
  hasKnownMode,
  hasReceivers,
  hasPipelines,
  keepsClaimsToStatefulSets,
  asksNothingOfPodsInSidecars,
];

const FURTHER_CHECKS: readonly Check[] = [
  hasNumberedPorts,
  hasUpperBound,
  keepsWithinBounds,
  scalesAsAutoscalersCan,
  hasPodsBehindAnIngress,
  namesTheParentOfSubdomains,
  replacesPodsAsItsModeDoes,
  usesNoDisabledComponents,
];
