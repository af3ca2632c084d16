import type { Field, IntegerField, ListField, MapField, ObjectField, TextField } from "./field.ts";
import { withKubernetesFields } from "./with-kubernetes-fields.ts";

/** Something that a schema does not allow. */
export interface SchemaMistake {
  /** Keys and indexes that lead from the value to it. */
  readonly path: readonly (string | number)[];
  /** Goes after the path: `must be a whole number`. Never shows the value, which may be a secret. */
  readonly message: string;
}

type Path = SchemaMistake["path"];
type Data = Readonly<Record<string, unknown>>;

/**
 * What `kubectl apply` would be refused for, in the order of the value: wrong types, values out of bounds, missing
 * fields, and fields that nobody knows. Nulls of fields count as absent, as the API server has it. For objects that
 * never go through an API server; its formats and rules across fields are not checked here.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation
 */
export function findMistakes(described: Field, value: unknown, path: Path = []): readonly SchemaMistake[] {
  const field = withKubernetesFields(described);
  switch (field.type) {
    case "list":
      return mistakesInList(field, value, path);
    case "map":
      return mistakesInMap(field, value, path);
    case "object":
      return mistakesInObject(field, value, path);
    case "string":
    case "integer":
    case "boolean":
    case "int-or-string":
    case "free-form":
      return toMistakes(path, problemWith(field, value));
  }
}

const MUST_BE_OBJECT = "must be an object";
export const UNKNOWN_FIELD = "is not a known field";

function toMistakes(path: Path, problem: string | undefined): readonly SchemaMistake[] {
  return problem === undefined ? [] : [{ path, message: problem }];
}

/** What is wrong with a value that nothing is looked into of, if anything. */
function problemWith(field: Exclude<Field, ListField | MapField | ObjectField>, value: unknown): string | undefined {
  switch (field.type) {
    case "string":
      return textProblem(field, value);
    case "integer":
      return integerProblem(field, value);
    case "boolean":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "int-or-string":
      return isIntOrString(value) ? undefined : "must be a whole number or a text";
    case "free-form":
      return isData(value) ? undefined : MUST_BE_OBJECT;
  }
}

function textProblem(
  { enum: choices, pattern, minLength = 0, maxLength }: TextField,
  value: unknown,
): string | undefined {
  if (typeof value !== "string") return "must be a text; put it into quotes";
  if (choices !== undefined && !choices.includes(value)) return `must be one of ${choices.join(", ")}`;
  // Lengths are counted in characters, not in UTF-16 units.
  const { length } = Array.from(value);
  if (length < minLength) return `must have at least ${String(minLength)} characters`;
  if (maxLength !== undefined && length > maxLength) return `must have at most ${String(maxLength)} characters`;
  return pattern === undefined || new RegExp(pattern, "u").test(value) ? undefined : `must match ${pattern}`;
}

function integerProblem({ minimum, maximum }: IntegerField, value: unknown): string | undefined {
  if (!Number.isInteger(value)) return "must be a whole number";
  const number = value as number;
  if (minimum !== undefined && number < minimum) return `must be at least ${String(minimum)}`;
  return maximum !== undefined && number > maximum ? `must be at most ${String(maximum)}` : undefined;
}

function isIntOrString(value: unknown): boolean {
  return typeof value === "string" || Number.isInteger(value);
}

function mistakesInList({ items, minItems = 0 }: ListField, value: unknown, path: Path): readonly SchemaMistake[] {
  if (!Array.isArray(value)) return toMistakes(path, "must be a list");
  const tooFew = value.length < minItems ? `must have at least ${String(minItems)} items` : undefined;
  return [...toMistakes(path, tooFew), ...value.flatMap((item, i) => findMistakes(items, item, [...path, i]))];
}

function mistakesInMap({ values }: MapField, value: unknown, path: Path): readonly SchemaMistake[] {
  if (!isData(value)) return toMistakes(path, MUST_BE_OBJECT);
  return Object.entries(value).flatMap(([key, item]) =>
    item === null ? [] : findMistakes(values, item, [...path, key]),
  );
}

function mistakesInObject(field: ObjectField, value: unknown, path: Path): readonly SchemaMistake[] {
  if (!isData(value)) return toMistakes(path, MUST_BE_OBJECT);
  const missing = (field.required ?? []).filter((key) => (value[key] ?? field.fields[key]?.default ?? null) === null);
  return [
    ...missing.map((key) => ({ path: [...path, key], message: "must be given" })),
    ...Object.entries(value).flatMap(([key, member]) => mistakesInMember(field, member, [...path, key])),
  ];
}

function mistakesInMember({ fields, open }: ObjectField, member: unknown, path: Path): readonly SchemaMistake[] {
  const key = String(path.at(-1));
  const known = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (known === undefined) return toMistakes(path, open === true ? undefined : UNKNOWN_FIELD);
  return member === null ? [] : findMistakes(known, member, path);
}

function isData(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
