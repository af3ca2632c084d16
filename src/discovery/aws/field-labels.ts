import type { LabelValues } from "../flat-group.ts";

/** Which fields of an answer become labels, and how these are called after their prefix. */
export type FieldNames<Answer> = Readonly<Partial<Record<keyof Answer, string>>>;

/** Labels of the fields that have a value. Times are written as in RFC 3339, without parts of seconds. */
export function fieldLabels<Answer extends object>(
  prefix: string,
  answer: Answer | undefined,
  names: FieldNames<Answer>,
): LabelValues {
  if (answer === undefined) return {};
  const fields = Object.keys(names) as (keyof Answer)[];
  return Object.fromEntries(fields.map((field) => [prefix + (names[field] ?? ""), textOfField(answer[field])]));
}

function textOfField(value: unknown): string | undefined {
  if (value instanceof Date) return value.toISOString().replace(/\.\d+Z$/, "Z");
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Labels of a list: `<name>_0`, `<name>_1`, …; none for items without a value. */
export function indexedLabels(name: string, values: readonly (string | undefined)[] = []): LabelValues {
  return Object.fromEntries(values.map((value, index) => [`${name}_${String(index)}`, value]));
}
