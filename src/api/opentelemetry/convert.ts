import type { KubeObject } from "../meta.ts";
import { isFreeForm, settingsOf } from "./components.ts";
import { type ReadConfig, readConfigText, toConfig, toConfigText } from "./config-text.ts";
import { type Parts, restore, toStash } from "./conversion-stash.ts";
import { OPENTELEMETRY_COLLECTOR_V1ALPHA1 } from "./schema/collector-v1alpha1.ts";
import type { Field } from "./schema/field.ts";
import { ALLOCATION_STRATEGIES } from "./schema/target-allocator-fields.ts";
import type * as v1alpha1 from "./v1alpha1.ts";
import type { FreeForm, OpenTelemetryCollector } from "./v1beta1.ts";

/**
 * OpenTelemetryCollector from v1alpha1 to v1beta1 and back, as an API server asks a conversion webhook for it. Neither
 * way ever fails, and a resource that goes to v1alpha1 and back is the same as before: what v1alpha1 cannot say travels
 * in an annotation, so that its clients lose nothing when they write back what they have read.
 */

/** On v1alpha1: what v1beta1 says besides. */
export const STASH_ANNOTATION = "opentelemetry.io/v1beta1-fields";
/** On v1beta1: the configuration of v1alpha1 that is no YAML. */
export const UNREADABLE_CONFIG_ANNOTATION = "opentelemetry.io/unreadable-config";
/** Annotations have 256 KiB together, and a longer one could never be written again. */
const MAX_UNREADABLE_LENGTH = 65_536;

export function toV1beta1(collector: v1alpha1.OpenTelemetryCollector): OpenTelemetryCollector {
  const { metadata, spec } = collector;
  const stash = metadata.annotations?.[STASH_ANNOTATION];
  const text = settingsOf(spec)["config"];
  const read = readConfigText(text);
  const parts = upgraded(collector, read);
  return {
    ...withoutParts(collector),
    ...defined({ ...(stash === undefined ? parts : restore(parts, stash)) }),
    apiVersion: "opentelemetry.io/v1beta1",
    metadata: withAnnotations(metadata, {
      [STASH_ANNOTATION]: undefined,
      [UNREADABLE_CONFIG_ANNOTATION]: "problem" in read ? shortText(text) : undefined,
    }),
  };
}

function shortText(text: unknown): string | undefined {
  return typeof text === "string" && text.length <= MAX_UNREADABLE_LENGTH ? text : undefined;
}

export function toV1alpha1(collector: OpenTelemetryCollector): v1alpha1.OpenTelemetryCollector {
  const { metadata, spec, status } = collector;
  const text = unreadableConfig(collector) ?? toConfigText(spec?.config);
  const lossy = { spec: downgradedSpec(spec, text), status: downgradedStatus(status) };
  return {
    ...withoutParts(collector),
    ...defined(lossy),
    apiVersion: "opentelemetry.io/v1alpha1",
    metadata: withAnnotations(metadata, {
      [STASH_ANNOTATION]: toStash({ spec, status }, upgraded(lossy, readConfigText(text))),
      [UNREADABLE_CONFIG_ANNOTATION]: undefined,
    }),
  };
}

/** The text that v1alpha1 had for its configuration, while nothing readable has taken its place. */
export function unreadableConfig({ metadata, spec }: OpenTelemetryCollector): string | undefined {
  const text = metadata.annotations?.[UNREADABLE_CONFIG_ANNOTATION];
  const { receivers, exporters } = settingsOf(spec?.config);
  const isEmpty = [receivers, exporters].every((section) => Object.keys(settingsOf(section)).length === 0);
  return isEmpty ? text : undefined;
}

/** What v1alpha1 alone leads to. */
function upgraded({ spec, status }: Parts, read: ReadConfig): Parts {
  return { spec: upgradedSpec(spec, read), status: upgradedStatus(status) };
}

function withoutParts({ spec: _spec, status: _status, ...object }: KubeObject & Parts): KubeObject {
  return object;
}

function upgradedSpec(spec: unknown, read: ReadConfig): FreeForm | undefined {
  if (!isFreeForm(spec)) return undefined;
  const { config: _text, minReplicas, maxReplicas, updateStrategy, autoscaler, ...rest } = spec;
  const { observability, targetAllocator } = rest;
  return {
    ...rest,
    config: "config" in read ? read.config : toConfig({}),
    ...defined({
      autoscaler: upgradedAutoscaler({ minReplicas, maxReplicas }, autoscaler),
      daemonSetUpdateStrategy: updateStrategy,
      observability: renamedMetric(observability, "DisablePrometheusAnnotations", "disablePrometheusAnnotations"),
      targetAllocator: isFreeForm(targetAllocator) ? upgradedAllocator(targetAllocator) : targetAllocator,
    }),
  };
}

function upgradedAutoscaler(limits: FreeForm, autoscaler: unknown): unknown {
  const given = defined(limits);
  return Object.keys(given).length === 0 ? autoscaler : { ...given, ...settingsOf(autoscaler) };
}

function upgradedAllocator({ allocationStrategy, filterStrategy, prometheusCR, ...rest }: FreeForm): FreeForm {
  const { podMonitorSelector, serviceMonitorSelector } = settingsOf(prometheusCR);
  const isKnown = ALLOCATION_STRATEGIES.some((name) => name === allocationStrategy);
  return {
    ...rest,
    ...defined({
      allocationStrategy: isKnown ? allocationStrategy : undefined,
      filterStrategy: filterStrategy === undefined || filterStrategy === "relabel-config" ? filterStrategy : "",
      observability: renamedMetric(
        rest["observability"],
        "DisablePrometheusAnnotations",
        "disablePrometheusAnnotations",
      ),
    }),
    prometheusCR: {
      ...settingsOf(prometheusCR),
      podMonitorSelector: toSelector(podMonitorSelector),
      serviceMonitorSelector: toSelector(serviceMonitorSelector),
    },
  };
}

/** In v1alpha1 no labels have always meant all monitors, also where nothing is written. */
function toSelector(labels: unknown): FreeForm {
  return Object.keys(settingsOf(labels)).length === 0 ? {} : { matchLabels: labels };
}

function upgradedStatus(status: unknown): FreeForm | undefined {
  if (!isFreeForm(status)) return undefined;
  const { messages: _messages, replicas: _replicas, ...rest } = status;
  return rest;
}

function downgradedSpec(spec: unknown, text: string): FreeForm | undefined {
  if (!isFreeForm(spec)) return undefined;
  const { config: _config, daemonSetUpdateStrategy, observability, targetAllocator, ...rest } = spec;
  const renamed = {
    managementState: "managed",
    ...rest,
    config: text,
    ...defined({
      updateStrategy: daemonSetUpdateStrategy,
      observability: renamedMetric(observability, "disablePrometheusAnnotations", "DisablePrometheusAnnotations"),
      targetAllocator: isFreeForm(targetAllocator) ? downgradedAllocator(targetAllocator) : targetAllocator,
    }),
  };
  return keepKnown(OPENTELEMETRY_COLLECTOR_V1ALPHA1.spec, renamed) as FreeForm;
}

function downgradedAllocator({ observability, prometheusCR, ...rest }: FreeForm): FreeForm {
  const { podMonitorSelector, serviceMonitorSelector } = settingsOf(prometheusCR);
  return {
    ...rest,
    ...defined({
      observability: renamedMetric(observability, "disablePrometheusAnnotations", "DisablePrometheusAnnotations"),
      prometheusCR: isFreeForm(prometheusCR)
        ? {
            ...prometheusCR,
            podMonitorSelector: settingsOf(podMonitorSelector)["matchLabels"],
            serviceMonitorSelector: settingsOf(serviceMonitorSelector)["matchLabels"],
          }
        : undefined,
    }),
  };
}

function downgradedStatus(status: unknown): FreeForm | undefined {
  return isFreeForm(status) ? (keepKnown(OPENTELEMETRY_COLLECTOR_V1ALPHA1.status, status) as FreeForm) : undefined;
}

/** The value without what the field does not have. Not within lists: theirs are the same in both versions. */
function keepKnown(field: Field, value: unknown): unknown {
  if (field.type !== "object" || field.kubernetesType !== undefined || !isFreeForm(value)) return value;
  const members = Object.entries(field.fields).map(([name, child]) => [name, keepKnown(child, value[name])] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

function renamedMetric(observability: unknown, from: string, to: string): unknown {
  if (!isFreeForm(observability) || !isFreeForm(observability["metrics"])) return observability;
  const { [from]: value, ...metrics } = observability["metrics"];
  return { ...observability, metrics: { ...metrics, ...defined({ [to]: value }) } };
}

function withAnnotations(
  metadata: OpenTelemetryCollector["metadata"],
  changes: Readonly<Record<string, string | undefined>>,
): OpenTelemetryCollector["metadata"] {
  const { annotations, ...rest } = metadata;
  const changed = defined({ ...annotations, ...changes }) as Readonly<Record<string, string>>;
  return Object.keys(changed).length === 0 ? rest : { ...rest, annotations: changed };
}

function defined(values: FreeForm): FreeForm {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
