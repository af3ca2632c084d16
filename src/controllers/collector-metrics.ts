import { keyOf, type NamespacedName } from "../api/meta.ts";
import { isFreeForm, settingsOf } from "../api/opentelemetry/components.ts";
import type { FreeForm, OpenTelemetryCollector } from "../api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../api/resource-type.ts";
import type { ChangeEvent, InformerFactory } from "../kube/informer.ts";
import type { Gauge, Metrics } from "../observability/metrics.ts";
import type { Runnable } from "./runtime/runnable.ts";

export interface CollectorMetricsOptions {
  readonly informers: InformerFactory;
  readonly metrics: Metrics;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
}

type Label = "collector_name" | "namespace" | "type";
type Labels = Readonly<Record<Label, string>>;

const SECTIONS = ["receivers", "processors", "exporters", "connectors", "extensions"] as const;

interface Series {
  readonly gauge: Gauge<Label>;
  readonly labels: Labels;
  readonly value: number;
}

/** What collectors' configurations consist of, under the Go operator's names for it. */
export class CollectorMetrics implements Runnable {
  readonly name = "collector metrics";
  readonly needsLeaderElection = false;
  readonly #options: CollectorMetricsOptions;
  readonly #info: Gauge<Label>;
  readonly #components: readonly (readonly [section: (typeof SECTIONS)[number], gauge: Gauge<Label>])[];
  readonly #shown = new Map<string, readonly Series[]>();

  constructor(options: CollectorMetricsOptions) {
    const { metrics } = options;
    const labelNames = ["collector_name", "namespace", "type"] as const;
    this.#options = options;
    this.#info = metrics.gauge({
      name: "opentelemetry_collector_info",
      help: "Always 1: the collectors that there are, by their mode",
      labelNames,
    });
    this.#components = SECTIONS.map((section) => {
      const help = `How many ${section} of a type a collector uses`;
      return [section, metrics.gauge({ name: `opentelemetry_collector_${section}`, help, labelNames })] as const;
    });
  }

  run(stop: AbortSignal): Promise<void> {
    const { informers, watchNamespaces } = this.#options;
    const type = RESOURCES.OpenTelemetryCollector;
    const scopes =
      watchNamespaces.length === 0 ? [{ type }] : watchNamespaces.map((namespace) => ({ type, namespace }));
    const uses = scopes.map((scope) => informers.informer<OpenTelemetryCollector>(scope));
    for (const use of uses) use.onChange((event) => this.#follow(event));
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => {
      for (const use of uses) use.release();
      for (const key of this.#shown.keys()) this.#show(key, []);
      resolve();
    };
    if (stop.aborted) end();
    else stop.addEventListener("abort", end, { once: true });
    return promise;
  }

  #follow({ type, object }: ChangeEvent<OpenTelemetryCollector>): void {
    const { namespace = "", name } = object.metadata;
    this.#show(keyOf({ namespace, name }), type === "deleted" ? [] : this.#seriesOf(object, { namespace, name }));
  }

  #seriesOf({ spec }: OpenTelemetryCollector, { namespace, name }: NamespacedName): readonly Series[] {
    const labelsOf = (type: string): Labels => ({ collector_name: name, namespace, type });
    const used = componentsInUse(settingsOf(spec?.config));
    return [
      { gauge: this.#info, labels: labelsOf(spec?.mode ?? "deployment"), value: 1 },
      ...this.#components.flatMap(([section, gauge]) =>
        Array.from(Map.groupBy(used[section], typeOf), ([type, ids]) => ({
          gauge,
          labels: labelsOf(type),
          value: ids.length,
        })),
      ),
    ];
  }

  /** Takes away what was shown of the collector before. */
  #show(key: string, series: readonly Series[]): void {
    for (const { gauge, labels } of this.#shown.get(key) ?? []) gauge.remove(labels);
    for (const { gauge, labels, value } of series) gauge.with(labels).set(value);
    if (series.length === 0) this.#shown.delete(key);
    else this.#shown.set(key, series);
  }
}

/** Ids of the components that the configuration's service names, each once. */
function componentsInUse(config: FreeForm): Readonly<Record<(typeof SECTIONS)[number], readonly string[]>> {
  const { pipelines, extensions } = settingsOf(config["service"]);
  const lists = Object.values(settingsOf(pipelines)).map(settingsOf);
  const connectors = new Set(isFreeForm(config["connectors"]) ? Object.keys(config["connectors"]) : []);
  const idsIn = (kind: string): readonly string[] => [...new Set(lists.flatMap((list) => textsIn(list[kind])))];
  const ends = new Set([...idsIn("receivers"), ...idsIn("exporters")]);
  return {
    receivers: idsIn("receivers").filter((id) => !connectors.has(id)),
    processors: idsIn("processors"),
    exporters: idsIn("exporters").filter((id) => !connectors.has(id)),
    connectors: [...connectors].filter((id) => ends.has(id)),
    extensions: [...new Set(textsIn(extensions))],
  };
}

function textsIn(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((id): id is string => typeof id === "string") : [];
}

/** `otlp/internal` is of the type `otlp`. */
function typeOf(id: string): string {
  return id.split("/", 1)[0] ?? id;
}
