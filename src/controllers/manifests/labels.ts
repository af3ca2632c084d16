import type { ObjectMeta } from "../../api/meta.ts";
import { allocatorName, truncate } from "./names.ts";

export const LABEL_MANAGED_BY = "app.kubernetes.io/managed-by";
export const LABEL_INSTANCE = "app.kubernetes.io/instance";
const LABEL_PART_OF = "app.kubernetes.io/part-of";
export const LABEL_COMPONENT = "app.kubernetes.io/component";
const LABEL_NAME = "app.kubernetes.io/name";
const LABEL_VERSION = "app.kubernetes.io/version";
/** Kept as the Go operator writes it, so that its objects are ours and the other way round. */
export const MANAGED_BY = "opentelemetry-operator";

export type Component = "opentelemetry-collector" | "opentelemetry-targetallocator";
export type Labels = Readonly<Record<string, string>>;

/** Keys of labels or annotations of a custom resource that do not go over to what is generated. */
export type KeyFilter = readonly Pick<RegExp, "source" | "test">[];

/** The labels by which a workload finds its pods. They never change while the resource lives. */
export function selectorLabels(owner: ObjectMeta, component: Component): Labels {
  return {
    [LABEL_COMPONENT]: component,
    [LABEL_INSTANCE]: truncate("%s.%s", owner.namespace ?? "", owner.name),
    [LABEL_MANAGED_BY]: MANAGED_BY,
    [LABEL_PART_OF]: "opentelemetry",
  };
}

/** The labels of a route to collectors: whose it is, and nothing of what the owner carries. */
export function routeLabels(owner: ObjectMeta, name: string): Labels {
  const { [LABEL_PART_OF]: _partOf, ...labels } = selectorLabels(owner, "opentelemetry-collector");
  return { ...labels, [LABEL_NAME]: name };
}

/** The labels by which monitors lead targets back to what they belong to. */
export const TARGET_LABELS: readonly string[] = [LABEL_NAME, LABEL_INSTANCE, LABEL_MANAGED_BY];

/** As {@link selectorLabels} for an allocator, which is told apart by its name too. */
export function allocatorSelectorLabels(owner: ObjectMeta): Labels {
  return {
    ...selectorLabels(owner, "opentelemetry-targetallocator"),
    [LABEL_NAME]: owner.labels?.[LABEL_NAME] ?? allocatorName(owner.name),
  };
}

export interface ObjectLabelsInput {
  readonly owner: ObjectMeta;
  readonly component: Component;
  /** Becomes the name label, unless the owner carries one. */
  readonly name: string;
  /** The image named in the resource; undefined or "" when the operator's default is used. */
  readonly image: string | undefined;
  /** Of the owner's labels, those that are left out. @default none */
  readonly filter?: KeyFilter;
}

/** The labels of a generated object: the owner's, then the selector's, then version and name. */
export function objectLabels({ owner, component, name, image, filter = [] }: ObjectLabelsInput): Labels {
  const inherited = withoutFiltered(owner.labels ?? {}, filter);
  return {
    [LABEL_NAME]: name,
    ...inherited,
    ...selectorLabels(owner, component),
    [LABEL_VERSION]: imageVersion(image ?? ""),
  };
}

/** On a resource: what the operator has changed in it for a newer collector. It says nothing of what is generated. */
export const UPGRADE_ANNOTATION = "opentelemetry.io/upgraded";

/** On a TargetAllocator: the operator has issued certificates for it, and may have to remove them. */
export const CERTIFICATES_ANNOTATION = "opentelemetry.io/issued-certificates";

const SPEAK_OF_THE_RESOURCE: ReadonlySet<string> = new Set([UPGRADE_ANNOTATION, CERTIFICATES_ANNOTATION]);

/** The entries whose key no pattern matches, and that do not speak of the resource alone. */
export function withoutFiltered(entries: Labels, filter: KeyFilter): Labels {
  const kept = Object.entries(entries).filter(
    ([key]) => !SPEAK_OF_THE_RESOURCE.has(key) && !filter.some((pattern) => pattern.test(key)),
  );
  return Object.fromEntries(kept);
}

/**
 * What follows the image's name, as a label value: the tag, without one the digest, without both `latest`. A registry's
 * port is no version.
 */
export function imageVersion(image: string): string {
  const [reference = "", digest] = image.split("@sha256:", 2);
  const colon = reference.lastIndexOf(":");
  const tag = colon > reference.lastIndexOf("/") ? reference.slice(colon + 1) : undefined;
  return truncate("%s", tag ?? digest ?? "latest");
}
