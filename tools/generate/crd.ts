import type { Field, ObjectField, PrinterColumn, ResourceSchema } from "../../src/api/opentelemetry/schema/field.ts";
import { withKubernetesFields } from "../../src/api/opentelemetry/schema/with-kubernetes-fields.ts";

type Json = Readonly<Record<string, unknown>>;

/** Kubernetes' own pattern of quantities such as `100m` or `2Gi`. */
const QUANTITY =
  "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$";

/** A version of a kind, and what the API server does with it. */
export interface Version {
  readonly resource: ResourceSchema;
  /** Objects are kept in it; of exactly one. */
  readonly storage: boolean;
  readonly served: boolean;
}

/** The CustomResourceDefinition of a kind, ready to be applied. Names are those of the version that is stored. */
export function toCustomResourceDefinition(versions: readonly Version[]): Json {
  const stored = versions.find(({ storage }) => storage)?.resource;
  if (stored === undefined) throw new Error("no version is stored");
  const { group, kind, plural, singular, shortNames } = stored;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular,
        ...(shortNames.length === 0 ? {} : { shortNames }),
      },
      scope: "Namespaced",
      versions: versions.map(toVersion),
    },
  };
}

function toVersion({ resource, served, storage }: Version): Json {
  const { version, deprecationWarning, scale } = resource;
  return {
    name: version,
    served,
    storage,
    ...(deprecationWarning === undefined ? {} : { deprecated: true, deprecationWarning }),
    schema: { openAPIV3Schema: toRootSchema(resource) },
    subresources: { status: {}, ...(scale === undefined ? {} : { scale }) },
    additionalPrinterColumns: resource.printerColumns.map(toColumn),
  };
}

function toRootSchema(resource: ResourceSchema): Json {
  return {
    description: resource.description,
    type: "object",
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: toOpenApi(resource.spec),
      status: toOpenApi(resource.status),
    },
  };
}

function toColumn({ priority, ...column }: PrinterColumn): Json {
  return { ...column, ...(priority === undefined ? {} : { priority }) };
}

/** The structural schema of a field. */
export function toOpenApi(field: Field): Json {
  const { description, default: fallback } = field;
  return {
    ...(description === "" ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...toType(field),
  };
}

function toType(described: Field): Json {
  const field = withKubernetesFields(described);
  switch (field.type) {
    case "string":
    case "integer":
    case "boolean": {
      const { description: _description, default: _default, ...rest } = field;
      return rest;
    }
    case "int-or-string":
      return {
        anyOf: [{ type: "integer" }, { type: "string" }],
        "x-kubernetes-int-or-string": true,
        ...(field.quantity === true ? { pattern: QUANTITY } : {}),
      };
    case "list":
      return toListType(field);
    case "map":
      return { type: "object", additionalProperties: toOpenApi(field.values) };
    case "object":
      return toObjectType(field);
    case "free-form":
      return { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  }
}

function toListType(field: Extract<Field, { type: "list" }>): Json {
  const { merge, minItems } = field;
  const keys = typeof merge === "object" ? merge.keys : undefined;
  return {
    type: "array",
    ...(minItems === undefined ? {} : { minItems }),
    items: toOpenApi(field.items),
    "x-kubernetes-list-type": keys === undefined ? "atomic" : "map",
    ...(keys === undefined ? {} : { "x-kubernetes-list-map-keys": keys }),
  };
}

function toObjectType(field: ObjectField): Json {
  const properties = Object.fromEntries(Object.entries(field.fields).map(([name, child]) => [name, toOpenApi(child)]));
  return {
    type: "object",
    ...(field.required === undefined ? {} : { required: [...field.required].toSorted() }),
    properties,
    ...(field.open === true ? { "x-kubernetes-preserve-unknown-fields": true } : {}),
    ...(field.atomic === true ? { "x-kubernetes-map-type": "atomic" } : {}),
    ...(field.rules === undefined ? {} : { "x-kubernetes-validations": field.rules }),
  };
}
