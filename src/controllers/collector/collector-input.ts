import type { ObjectMeta } from "../../api/meta.ts";
import type { CollectorMode, DefaultedCollector } from "../../api/opentelemetry/default.ts";
import type { TargetAllocator } from "../../api/opentelemetry/target-allocator.ts";
import type { TargetAllocatorSpec } from "../../api/opentelemetry/v1beta1.ts";
import { allocatorName } from "../manifests/names.ts";
import { canonicalDuration } from "../manifests/go-duration.ts";
import { type Labels, objectLabels, withoutFiltered } from "../manifests/labels.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import { controllerReference } from "../manifests/owner-reference.ts";
import { type CertificateFiles, certificateSource, clientCertificateFiles } from "../target-allocator/mutual-tls.ts";
import { configHash } from "./config/config-text.ts";
import { type AllocatorAccess, unusualSharding } from "./config/target-allocator-rewrite.ts";

/** Everything that a builder may look at. No client, no logger, no clock. */
export interface CollectorInput {
  readonly collector: DefaultedCollector;
  readonly settings: ManifestSettings;
  /** The TargetAllocator that the collector's label names. @default it has no such label */
  readonly namedAllocator?: TargetAllocator | undefined;
}

/** The collectors get their targets from an allocator. */
export function hasAllocator(input: CollectorInput): boolean {
  return allocatorOf(input) !== undefined;
}

/** What is said about the collectors' allocator, in whichever resource; undefined without one. */
function allocatorOf({ collector, namedAllocator }: CollectorInput): AllocatorOfCollectors | undefined {
  if (namedAllocator !== undefined) return { name: namedAllocator.metadata.name, spec: namedAllocator.spec ?? {} };
  const { targetAllocator } = collector.spec;
  return targetAllocator?.enabled === true ? { name: collector.metadata.name, spec: targetAllocator } : undefined;
}

interface AllocatorOfCollectors {
  /** Of the TargetAllocator. */
  readonly name: string;
  readonly spec: Pick<TargetAllocatorSpec, "mtls" | "receivers" | "unshardedJobs">;
}

/** How the collectors reach their allocator; undefined without one. */
export function allocatorAccess(input: CollectorInput): AllocatorAccess | undefined {
  const allocator = allocatorOf(input);
  if (allocator === undefined) return undefined;
  const interval = input.collector.spec.targetAllocator?.collectorTargetReloadInterval;
  const usual = usualAccess(allocator);
  return {
    ...(input.settings.collectorEndpoint === "operator" ? { endpoint: operatorEndpoint(input) } : usual),
    interval: interval === undefined ? usual.interval : canonicalDuration(interval),
    ...unusualSharding(allocator.spec),
  };
}

/** The access that the Go operator configures when nothing special is asked for. */
function usualAccess({ name, spec }: AllocatorOfCollectors): AllocatorAccess {
  // The short name of the Service: allocator and collectors live in one namespace.
  const service = allocatorName(name);
  return certificateSource(spec.mtls) === undefined
    ? { endpoint: `http://${service}:80`, interval: "30s" }
    : { endpoint: `https://${service}:443`, interval: "30s", mutualTls: true };
}

/** What the collectors show to their allocator, and whom they trust. The operator asks for none of it. */
export function certificateFiles(input: CollectorInput): CertificateFiles {
  const allocator = allocatorOf(input);
  const secure = allocatorAccess(input)?.mutualTls === true;
  return clientCertificateFiles(allocator?.name ?? "", secure ? allocator?.spec.mtls : undefined);
}

function operatorEndpoint({ collector, settings }: CollectorInput): string {
  const { namespace = "", name } = collector.metadata;
  return `${settings.operatorUrl ?? ""}/namespaces/${namespace}/opentelemetrycollectors/${name}`;
}

/** Of the configuration as it will run; see {@link configHash}. */
export function collectorConfigHash(input: CollectorInput): string {
  const allocator = allocatorOf(input);
  const usual = allocator === undefined ? undefined : usualAccess(allocator);
  return configHash(input.collector.spec.config, allocatorAccess(input), usual);
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
