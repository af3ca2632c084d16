import type { KubeObject, ObjectMeta } from "../../api/meta.ts";
import type { TargetAllocatorResourceSpec } from "../../api/opentelemetry/target-allocator.ts";
import type { FreeForm, LabelSelector } from "../../api/opentelemetry/v1beta1.ts";
import { type Labels, objectLabels, withoutFiltered } from "../manifests/labels.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import { allocatorName } from "../manifests/names.ts";
import { controllerReference } from "../manifests/owner-reference.ts";

/** What prometheus receivers would scrape by themselves: the allocator's business instead. */
export interface ScrapeSection {
  /** The `global` block, if any; that of the first receiver. */
  readonly global: FreeForm | undefined;
  /** The jobs of all receivers. */
  readonly scrapeConfigs: readonly unknown[];
  /** The receivers, where they are told apart: the first has every job that no other names. @default not told apart */
  readonly receivers?: readonly ReceiverSection[];
}

/** What one of several receivers gets. */
export interface ReceiverSection {
  /** Its id, such as `prometheus/apps`. */
  readonly name: string;
  readonly global: FreeForm | undefined;
  /** Names of its jobs. */
  readonly jobs: readonly string[];
}

/** Everything that the builders of an allocator may look at. */
export interface AllocatorInput {
  /** The TargetAllocator: its name, labels and annotations go over, and it becomes the owner. */
  readonly owner: KubeObject;
  /** Of the TargetAllocator, but for its jobs: these are in the scrape section. */
  readonly spec: TargetAllocatorResourceSpec;
  /** Matches the collectors' pods; undefined while no collector uses the allocator. */
  readonly collectorSelector: LabelSelector | undefined;
  /** The jobs of the allocator and of all collectors that use it. */
  readonly scrapeSection: ScrapeSection;
  readonly settings: ManifestSettings;
}

/** The annotations that an object inherits from the owner. */
export function inheritedAnnotations({ owner, settings }: AllocatorInput): Labels {
  return withoutFiltered(owner.metadata.annotations ?? {}, settings.annotationsFilter);
}

/** The metadata of all objects of an allocator; they share one name. */
export function allocatorMeta(input: AllocatorInput): ObjectMeta {
  const { owner, spec } = input;
  const name = allocatorName(owner.metadata.name);
  const annotations = inheritedAnnotations(input);
  return {
    name,
    namespace: owner.metadata.namespace ?? "",
    labels: objectLabels({
      owner: owner.metadata,
      component: "opentelemetry-targetallocator",
      name,
      image: spec.image,
    }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ownerReferences: [controllerReference(owner)],
  };
}
