/** What a relabelling rule does; Prometheus' names. */
export type RelabelAction =
  | "replace"
  | "keep"
  | "drop"
  | "keepequal"
  | "dropequal"
  | "hashmod"
  | "labelmap"
  | "labeldrop"
  | "labelkeep"
  | "lowercase"
  | "uppercase";

/** One validated relabelling rule with defaults filled in. */
export interface RelabelConfig {
  readonly sourceLabels: readonly string[];
  /** @default ";" */
  readonly separator: string;
  /** RE2 syntax, without the anchors that evaluation adds. @default "(.*)" */
  readonly regex: string;
  /** True when the configuration gave no regex: differs from a written "(.*)" in rendering and validation. */
  readonly defaultRegex: boolean;
  readonly modulus: bigint;
  readonly targetLabel: string;
  /** @default "$1" */
  readonly replacement: string;
  readonly action: RelabelAction;
}
