import type { ObjectMeta } from "../../api/meta.ts";
import type { CollectorMode, DefaultedCollector } from "../../api/opentelemetry/default.ts";
import { allocatorName } from "../manifests/names.ts";
import { canonicalDuration } from "../manifests/go-duration.ts";
import { type Labels, objectLabels, withoutFiltered } from "../manifests/labels.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import { controllerReference } from "../manifests/owner-reference.ts";
import { configHash } from "./config/config-text.ts";
import { type AllocatorAccess, unusualSharding } from "./config/target-allocator-rewrite.ts";

/** Everything that a builder may look at. No client, no logger, no clock. */
export interface CollectorInput {
  readonly collector: DefaultedCollector;
  readonly settings: ManifestSettings;
}

export function hasAllocator({ collector }: CollectorInput): boolean {
  return collector.spec.targetAllocator?.enabled === true;
}

/** How the collectors reach their allocator; undefined without one. */
export function allocatorAccess(input: CollectorInput): AllocatorAccess | undefined {
  if (!hasAllocator(input)) return undefined;
  const { collectorTargetReloadInterval: interval, ...allocator } = input.collector.spec.targetAllocator ?? {};
  const usual = usualAccess(input);
  return {
    endpoint: input.settings.collectorEndpoint === "operator" ? operatorEndpoint(input) : usual.endpoint,
    interval: interval === undefined ? usual.interval : canonicalDuration(interval),
    ...unusualSharding(allocator),
  };
}

/** The access that the Go operator configures when nothing special is asked for. */
function usualAccess({ collector }: CollectorInput): AllocatorAccess {
  // The short name of the Service: allocator and collectors live in one namespace.
  return { endpoint: `http://${allocatorName(collector.metadata.name)}:80`, interval: "30s" };
}

function operatorEndpoint({ collector, settings }: CollectorInput): string {
  const { namespace = "", name } = collector.metadata;
  return `${settings.operatorUrl ?? ""}/namespaces/${namespace}/opentelemetrycollectors/${name}`;
}

/** Of the configuration as it will run; see {@link configHash}. */
export function collectorConfigHash(input: CollectorInput): string {
  return configHash(input.collector.spec.config, allocatorAccess(input), usualAccess(input));
}

/** The annotations that an object inherits from the custom resource. */
export function inheritedAnnotations({ collector, settings }: CollectorInput): Labels {
  return withoutFiltered(collector.metadata.annotations ?? {}, settings.annotationsFilter);
}

export interface CollectorMetaOptions {
  readonly name: string;
  /** The value of the name label. @default the object's name */
  readonly labelName?: string;
  readonly labels?: Labels;
  /** Win over nothing: what the custom resource says stays. */
  readonly annotations?: Labels;
  /** Annotations of the custom resource go over. @default true */
  readonly annotated?: boolean;
  /** Leaves filtered labels of the custom resource out. Not all kinds do, as in the Go operator. @default false */
  readonly filtered?: boolean;
}

/** The metadata of an object that belongs to the collector itself. */
export function collectorMeta(input: CollectorInput, options: CollectorMetaOptions): ObjectMeta {
  const { collector, settings } = input;
  const { name, labelName = name, filtered = false, annotated = true } = options;
  const labels = objectLabels({
    owner: collector.metadata,
    component: "opentelemetry-collector",
    name: labelName,
    image: collector.spec.image,
    filter: filtered ? settings.labelsFilter : [],
  });
  const annotations = { ...options.annotations, ...(annotated ? inheritedAnnotations(input) : {}) };
  return {
    name,
    namespace: collector.metadata.namespace ?? "",
    labels: { ...labels, ...options.labels },
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ownerReferences: [controllerReference(collector)],
  };
}

/** Sidecars run in the users' own pods. */
export function runsOwnPods(mode: CollectorMode): mode is Exclude<CollectorMode, "sidecar"> {
  return mode !== "sidecar";
}
