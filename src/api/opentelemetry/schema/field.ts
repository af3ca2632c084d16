/**
 * The vocabulary in which the custom resources are described once. The CRD, the TypeScript types, the reference page
 * and the defaults that the reconcilers fill in all come from such descriptions.
 *
 * It says what a structural schema of Kubernetes can say and no more:
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */

interface Described {
  /** For whoever reads the reference or `kubectl explain`: what the field does, not what it is called. */
  readonly description: string;
  /** Filled in by the API server when the field is absent and its parent present. */
  readonly default?: unknown;
}

export interface TextField extends Described {
  readonly type: "string";
  readonly enum?: readonly string[];
  readonly format?: "duration" | "date-time";
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

export interface IntegerField extends Described {
  readonly type: "integer";
  readonly format?: "int32" | "int64";
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface BooleanField extends Described {
  readonly type: "boolean";
}

/** A number, or a text such as `25%`; as a quantity a text such as `512Mi`. */
export interface IntOrStringField extends Described {
  readonly type: "int-or-string";
  readonly quantity?: true;
}

export interface ListField extends Described {
  readonly type: "list";
  readonly items: Field;
  readonly minItems?: number;
  /** How server-side apply merges it. @default "atomic" */
  readonly merge?: "atomic" | { readonly keys: readonly string[] };
}

/** Any key to values of one kind. */
export interface MapField extends Described {
  readonly type: "map";
  readonly values: Field;
}

export interface ObjectField extends Described {
  readonly type: "object";
  /** Of the TypeScript interface. Two fields that share the name must share the fields. */
  readonly name: string;
  readonly fields: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
  /** Fields that are not named here are kept as they are. @default false: the API server drops them */
  readonly open?: boolean;
  /** The Kubernetes type whose fields it has, where only those that something here reads are spelled out. */
  readonly kubernetesType?: string;
  /** Replaced as a whole by server-side apply. */
  readonly atomic?: boolean;
  /** Checks across fields, in CEL. */
  readonly rules?: readonly Rule[];
}

/** An object whose fields are not spelled out: everything in it is kept and nothing checked. */
export interface FreeFormField extends Described {
  readonly type: "free-form";
  /** The Kubernetes type that it is, for the reference: `core/v1 Affinity`. */
  readonly kubernetesType?: string;
}

export interface Rule {
  readonly rule: string;
  readonly message: string;
}

export type Field =
  | TextField
  | IntegerField
  | BooleanField
  | IntOrStringField
  | ListField
  | MapField
  | ObjectField
  | FreeFormField;

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  readonly description: string;
  /** 0 is always shown, 1 only by `-o wide`. @default 0 */
  readonly priority?: number;
}

/** One custom resource in one version. */
export interface ResourceSchema {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  /** What the API server answers to whoever uses this version, when nobody should any more. */
  readonly deprecationWarning?: string;
  readonly spec: ObjectField;
  readonly status: ObjectField;
  readonly printerColumns: readonly PrinterColumn[];
  /** JSON paths of the scale subresource. */
  readonly scale?: {
    readonly specReplicasPath: string;
    readonly statusReplicasPath: string;
    readonly labelSelectorPath: string;
  };
}

type Options<F extends Field> = Omit<F, "type" | "description">;

export const text = (description: string, options: Options<TextField> = {}): TextField => ({
  type: "string",
  description,
  ...options,
});
export const integer = (description: string, options: Options<IntegerField> = {}): IntegerField => ({
  type: "integer",
  description,
  format: "int32",
  ...options,
});
export const boolean = (description: string, options: Options<BooleanField> = {}): BooleanField => ({
  type: "boolean",
  description,
  ...options,
});
export const intOrString = (description: string): IntOrStringField => ({ type: "int-or-string", description });
export const quantity = (description: string): IntOrStringField => ({
  type: "int-or-string",
  description,
  quantity: true,
});
export const list = (
  description: string,
  items: Field,
  options: Omit<Options<ListField>, "items"> = {},
): ListField => ({ type: "list", description, items, ...options });
export const texts = (description: string, options: Omit<Options<ListField>, "items"> = {}): ListField =>
  list(description, text(""), options);
export const textMap = (description: string): MapField => ({ type: "map", description, values: text("") });
export const map = (description: string, values: Field): MapField => ({ type: "map", description, values });
export const object = (description: string, options: Options<ObjectField>): ObjectField => ({
  type: "object",
  description,
  ...options,
});
export const freeForm = (description: string, kubernetesType?: string): FreeFormField => ({
  type: "free-form",
  description,
  ...(kubernetesType === undefined ? {} : { kubernetesType }),
});

/** A duration as Go and Kubernetes write it: `30s`, `1m30s`. */
export const duration = (description: string, options: Options<TextField> = {}): TextField =>
  text(description, { format: "duration", ...options });
