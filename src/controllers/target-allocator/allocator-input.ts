import type { KubeObject, ObjectMeta } from "../../api/meta.ts";
import type { TargetAllocatorResourceSpec } from "../../api/opentelemetry/target-allocator.ts";
import type { FreeForm, LabelSelector } from "../../api/opentelemetry/v1beta1.ts";
import { type Labels, objectLabels, withoutFiltered } from "../manifests/labels.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import { allocatorName } from "../manifests/names.ts";
import { controllerReference } from "../manifests/owner-reference.ts";
import type { ApiServerAccess } from "./api-server-access.ts";

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
  /** How pods reach the API server. Undefined: not known, and then nothing is said of where the allocator may connect to. */
  readonly apiServer?: ApiServerAccess | undefined;
}

/** Whose objects they are, which is all that their metadata follow from. */
export type AllocatorIdentity = Pick<AllocatorInput, "owner" | "spec" | "settings">;

/** The annotations that an object inherits from the owner. */
export function inheritedAnnotations({ owner, settings }: AllocatorIdentity): Labels {
  return withoutFiltered(owner.metadata.annotations ?? {}, settings.annotationsFilter);
}

export interface AllocatorMetaOptions {
  /** @default the name that most objects of an allocator share */
  readonly name?: string;
  /** The owner's annotations go over. @default true */
  readonly annotated?: boolean;
  /** Leaves filtered labels of the owner out, as the Go operator does for some kinds. @default false */
  readonly filtered?: boolean;
}

/** The metadata of an object of an allocator. */
export function allocatorMeta(input: AllocatorIdentity, options: AllocatorMetaOptions = {}): ObjectMeta {
  const { owner, spec, settings } = input;
  const { name = allocatorName(owner.metadata.name), annotated = true, filtered = false } = options;
  const annotations = annotated ? inheritedAnnotations(input) : {};
  const labels = objectLabels({
    owner: owner.metadata,
    component: "opentelemetry-targetallocator",
    name,
    image: spec.image,
    filter: filtered ? settings.labelsFilter : [],
  });
  return {
    name,
    namespace: owner.metadata.namespace ?? "",
    labels,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ownerReferences: [controllerReference(owner)],
  };
}

/** The ServiceAccount of the allocator's pods. */
export function serviceAccountOf({ spec, owner }: AllocatorInput): string {
  const given = spec.serviceAccount ?? "";
  return given === "" ? allocatorName(owner.metadata.name) : given;
}

/** The names by which collectors may ask an allocator's Service. */
export function allocatorHosts({ owner }: AllocatorIdentity): readonly string[] {
  const service = allocatorName(owner.metadata.name);
  const inNamespace = `${service}.${owner.metadata.namespace ?? ""}.svc`;
  return [service, inNamespace, `${inNamespace}.cluster.local`];
}
