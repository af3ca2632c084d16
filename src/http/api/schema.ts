/** JSON Schema, draft 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

export const string: Schema = { type: "string" };
export const boolean: Schema = { type: "boolean" };
/** A whole number that is never negative. */
export const count: Schema = { type: "integer", minimum: 0 };

/** The same with words about what it means. */
export function described(schema: Schema, description: string): Schema {
  return { ...schema, description };
}

export function list(items: Schema): Schema {
  return { type: "array", items };
}

/** One of some words. */
export function oneOf(...words: readonly string[]): Schema {
  return { type: "string", enum: words };
}

/** An object by its names, each with its value. */
export function mapOf(values: Schema): Schema {
  return { type: "object", additionalProperties: values };
}

export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: "null" }] };
}

/** An object with exactly these members; those named optional may be absent. */
export function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, required, additionalProperties: false };
}

/** A schema of the document's components. */
export function reference(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
