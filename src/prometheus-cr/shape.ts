import type { DataObject, DataValue } from "../allocator/index.ts";

/** Where problems of a value go: a place that knows its own path. */
export interface ShapeReport {
  /** The place of a key (`"name"`) or an index (`"[2]"`) below this one. */
  below(key: string): ShapeReport;
  /** Adds a sentence about this place. */
  report(problem: string): void;
}

/** A place whose problems are sentences that begin with its path. */
export function reportInto(problems: string[], path: string): ShapeReport {
  return {
    below: (key) => reportInto(problems, pathBelow(path, key)),
    report: (problem) => problems.push(`${path}: ${problem}`),
  };
}

/** The path of a key (`"name"`) or an index (`"[2]"`) below a path. */
export function pathBelow(path: string, key: string): string {
  return key.startsWith("[") ? path + key : `${path}.${key}`;
}

/** What a value must look like, and what it is then read as. */
export interface Shape<T> {
  /** The value; undefined with a report when it is something else. It is never null: that counts as absent. */
  readonly read: (value: DataValue, at: ShapeReport) => T | undefined;
}

/** The values of a shape. */
export type TypeOf<S> = S extends Shape<infer T> ? T : never;

type Fields = Readonly<Record<string, Shape<unknown>>>;

/** The values of a mapping with known keys, each of which may be absent. */
export type FieldsOf<F extends Fields> = { readonly [K in keyof F]?: TypeOf<F[K]> };

export const text: Shape<string> = scalar("a text", (value) => (typeof value === "string" ? value : undefined));
export const flag: Shape<boolean> = scalar("true or false", (value) =>
  typeof value === "boolean" ? value : undefined,
);
export const integer: Shape<number> = scalar("a whole number", (value) =>
  typeof value === "number" && Number.isInteger(value) ? value : undefined,
);
export const textOrInteger: Shape<string | number> = scalar("a text or a whole number", (value) =>
  typeof value === "string" || (typeof value === "number" && Number.isInteger(value)) ? value : undefined,
);
export const textOrNumber: Shape<string | number> = scalar("a text or a number", (value) =>
  typeof value === "string" || typeof value === "number" ? value : undefined,
);

function scalar<T>(expected: string, read: (value: DataValue) => T | undefined): Shape<T> {
  return {
    read: (value, at) => {
      const found = read(value);
      if (found === undefined) at.report(`must be ${expected}, not ${kindOf(value)}`);
      return found;
    },
  };
}

/** A list of items of one shape. */
export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return {
    read: (value, at) => {
      if (!Array.isArray(value)) return refuse(`must be a list, not ${kindOf(value)}`, at);
      return (value as readonly DataValue[]).flatMap((each, index) => {
        const found = readItem(item, each, at.below(`[${String(index)}]`));
        return found === undefined ? [] : [found];
      });
    },
  };
}

function readItem<T>(item: Shape<T>, value: DataValue, at: ShapeReport): T | undefined {
  if (value === null) return refuse("is empty; remove the entry or fill it", at);
  return item.read(value, at);
}

/** A mapping with any keys. */
export function map<T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return {
    read: (value, at) => {
      if (!isMapping(value)) return refuse(`must be a mapping, not ${kindOf(value)}`, at);
      const entries = Object.entries(value).flatMap(([key, each = null]) => {
        const found = readItem(item, each, at.below(`[${JSON.stringify(key)}]`));
        return found === undefined ? [] : [[key, found] as const];
      });
      return Object.fromEntries(entries);
    },
  };
}

/** A mapping with known keys; other keys do not matter. */
export function fields<F extends Fields>(shapes: F): Shape<FieldsOf<F>> & { readonly fields: F } {
  return {
    fields: shapes,
    read: (value, at) => {
      if (!isMapping(value)) return refuse(`must be a mapping, not ${kindOf(value)}`, at);
      const entries = Object.entries(shapes).flatMap(([key, shape]) => {
        const each = value[key] ?? null;
        const found = each === null ? undefined : shape.read(each, at.below(key));
        return found === undefined ? [] : [[key, found] as const];
      });
      return Object.fromEntries(entries) as FieldsOf<F>;
    },
  };
}

function refuse(problem: string, at: ShapeReport): undefined {
  at.report(problem);
  return undefined;
}

function isMapping(value: DataValue): value is DataObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a value is, in words that show none of it. */
function kindOf(value: DataValue): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return value === null ? "nothing" : "a mapping";
  if (typeof value === "string") return "a text";
  return typeof value === "boolean" ? String(value) : `the number ${String(value)}`;
}
