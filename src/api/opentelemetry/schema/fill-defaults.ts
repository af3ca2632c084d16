import type { Field, ObjectField } from "./field.ts";
import { withKubernetesFields } from "./with-kubernetes-fields.ts";

type Data = Readonly<Record<string, unknown>>;

/**
 * The value with the schema's defaults in it, as the API server would have stored it: a default is filled in where its
 * field is absent and its parent present, nulls of fields with a default count as absent. For objects that never went
 * through an API server; on others it changes nothing, and then the very same value is returned.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting
 */
export function fillDefaults(described: Field, value: unknown): unknown {
  const field = withKubernetesFields(described);
  switch (field.type) {
    case "object":
      return isData(value) ? fillObject(field, value) : value;
    case "list":
      return Array.isArray(value)
        ? keptIfSame(
            value,
            value.map((item) => fillDefaults(field.items, item)),
          )
        : value;
    case "map":
      return isData(value) ? fillMap(field.values, value) : value;
    case "string":
    case "integer":
    case "boolean":
    case "int-or-string":
    case "free-form":
      return value;
  }
}

function fillObject(field: ObjectField, value: Data): Data {
  let filled: Record<string, unknown> | undefined;
  for (const [name, child] of Object.entries(field.fields)) {
    const before = value[name];
    const given = child.default !== undefined && (before === undefined || before === null) ? child.default : before;
    const after = given === undefined ? undefined : fillDefaults(child, given);
    if (after !== before) (filled ??= { ...value })[name] = after;
  }
  return filled ?? value;
}

function fillMap(values: Field, value: Data): Data {
  const entries = Object.entries(value);
  const filled = entries.map(([name, item]) => [name, fillDefaults(values, item)] as const);
  return filled.some(([, item], at) => item !== entries[at]?.[1]) ? Object.fromEntries(filled) : value;
}

function keptIfSame(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.some((item, at) => item !== before[at]) ? after : before;
}

function isData(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
