import type { Labels } from "../labels/labels.ts";

/** Targets that came from one place and are replaced together. No targets: the source is gone. */
export interface TargetGroup {
  /** Unique within one discoverer, such as `pod/shop/web-0`. */
  readonly source: string;
  /** Labels common to all targets of the group; a target's own label of the same name wins. */
  readonly labels: Labels;
  readonly targets: readonly Labels[];
}
