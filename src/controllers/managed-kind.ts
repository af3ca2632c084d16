import type { Condition, KubeObject } from "../api/meta.ts";
import type { AllocationStatus } from "../api/opentelemetry/v1beta1.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { Manifest } from "./manifests/manifest.ts";
import type { Trouble } from "./outcome-report.ts";

/** What the statuses of all our resources have. */
export interface ManagedStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly allocation?: AllocationStatus;
  readonly appliedHash?: string;
}

/** A resource that objects are made for. */
export interface ManagedResource extends KubeObject {
  readonly spec?: object;
  readonly status?: ManagedStatus;
}

/** What a resource asks for. */
export interface Want<R extends ManagedResource> {
  /** With its defaults. */
  readonly spec: NonNullable<R["spec"]>;
  /** Why nothing can be built; undefined when it can. */
  readonly trouble: Trouble | undefined;
  /** In apply order; of no interest when there is trouble. */
  readonly objects: readonly Manifest[];
  /** What is allowed and yet probably not meant. */
  readonly warnings: readonly string[];
}

/** What a pass came to, as far as a status speaks of it. */
export interface PassReport {
  readonly trouble: Trouble | undefined;
  readonly warnings: readonly string[];
  /** What belongs to the resource, what was just written first. */
  readonly objects: readonly KubeObject[];
  /** The hash of the objects that are applied, all of them; undefined when that is not known. */
  readonly appliedHash: string | undefined;
  /** RFC 3339. */
  readonly now: string;
}

/**
 * What passes over the resources of one kind do differently from those over another's. `F` is a resource as it is found,
 * `R` one with its defaults.
 */
export interface ManagedKind<F extends ManagedResource, R extends F = F> {
  readonly type: ResourceType;
  /** Nothing of the resource may be touched now. */
  isLeftAlone(found: F): boolean;
  /** Tells apart what {@link want} looks at besides generation, labels and annotations of the resource. */
  surroundings(found: F): unknown;
  /** Throws when it meets what it cannot build. */
  want(found: F): Want<R>;
  /** The spec with its defaults, as in {@link want}. */
  defaultedSpec(found: F): NonNullable<R["spec"]>;
  /** What was made for the resource so far. */
  owned(resource: R): readonly KubeObject[];
  /** Of these, by object id, what stays though it is no longer wanted. */
  kept(resource: R, owned: readonly KubeObject[], desired: readonly KubeObject[]): ReadonlySet<string>;
  /** UID of the resource whose objects this one takes over, if there is any. */
  predecessor(resource: R): string | undefined;
  statusOf(resource: R, report: PassReport): NonNullable<R["status"]>;
  /** When a status has to say something else by itself, in milliseconds; undefined: never. */
  overdueInMs(status: NonNullable<R["status"]>, now: number): number | undefined;
}
