import {
  type Arbitrary,
  array,
  boolean,
  constantFrom,
  dictionary,
  integer,
  jsonValue,
  record,
  string,
  subarray,
} from "fast-check";

import type { Field, ObjectField, TextField } from "../../src/api/opentelemetry/schema/field.ts";
import { withKubernetesFields } from "../../src/api/opentelemetry/schema/with-kubernetes-fields.ts";

/** Free-form content with what YAML and JSON could read differently. */
const FREE_FORM = {
  plain: "a",
  number: 1.5,
  "0": ["yes", "0o17", "1_000", null],
  nested: { "<<": { on: "~" }, empty: {} },
};

/** A value in which every field is there, lists and maps with one member each; allowed by the schema. */
export function everyField(described: Field): unknown {
  const field = withKubernetesFields(described);
  switch (field.type) {
    case "string":
      return textOf(field);
    case "integer":
      return field.minimum ?? 1;
    case "boolean":
      return true;
    case "int-or-string":
      return field.quantity === true ? "1Gi" : "50%";
    case "list":
      return [everyField(field.items)];
    case "map":
      return { key: everyField(field.values) };
    case "object":
      return Object.fromEntries(Object.entries(field.fields).map(([name, child]) => [name, everyField(child)]));
    case "free-form":
      return FREE_FORM;
  }
}

function textOf({ enum: choices, format }: TextField): string {
  if (choices !== undefined) return choices.at(-1) ?? "";
  if (format === "duration") return "1m30s";
  return format === "date-time" ? "2026-01-01T00:00:00Z" : "text";
}

/** Values that the schema allows. */
export function anyValueOf(described: Field): Arbitrary<unknown> {
  const field = withKubernetesFields(described);
  switch (field.type) {
    case "string":
      return anyText(field);
    case "integer":
      return integer({ min: field.minimum ?? -5, max: field.maximum ?? 100 });
    case "boolean":
      return boolean();
    case "int-or-string":
      return constantFrom(everyField(field), 2);
    case "list":
      return array(anyValueOf(field.items), { minLength: field.minItems ?? 0, maxLength: 2 });
    case "map":
      return dictionary(string(), anyValueOf(field.values), { maxKeys: 2, noNullPrototype: true });
    case "object":
      return anyObject(field);
    case "free-form":
      return dictionary(string(), jsonValue({ maxDepth: 2 }), { maxKeys: 3, noNullPrototype: true });
  }
}

function anyText({ enum: choices, minLength = 0 }: TextField): Arbitrary<string> {
  return choices === undefined ? string({ minLength, maxLength: minLength + 5 }) : constantFrom(...choices);
}

/** Of the optional fields only few, lest every value is huge. */
function anyObject({ fields, required = [] }: ObjectField): Arbitrary<unknown> {
  const optional = Object.keys(fields).filter((name) => !required.includes(name));
  return subarray(optional, { maxLength: Math.min(6, optional.length) }).chain((chosen) => {
    const names = [...required, ...chosen];
    const members = names.map((name) => [name, anyValueOf(fields[name] as Field)] as const);
    return record(Object.fromEntries(members), { noNullPrototype: true });
  });
}
