/** What a reader asked of a value, and what of it was there; paths such as `endpoints[].port`. */
export interface FieldsAsked {
  readonly asked: Set<string>;
  readonly given: Set<string>;
}

/** Sections that stand in many places and are read by the same code: one place is enough to see all of them. */
const SHARED = new Set(
  "basicAuth authorization oauth2 tlsConfig relabelings metricRelabelings relabelingConfigs selector".split(" "),
);

/** The same value, which notes what is asked of it. */
export function noting<T extends object>(value: T, fields: FieldsAsked, path = ""): T {
  return new Proxy(value, {
    get(target, key, receiver) {
      const found: unknown = Reflect.get(target, key, receiver);
      const below = typeof key === "string" ? pathOf(path, key, Array.isArray(target)) : undefined;
      if (below === undefined) return found;
      fields.asked.add(below);
      if (found !== undefined && found !== null) fields.given.add(below);
      return typeof found === "object" && found !== null ? noting(found, fields, below) : found;
    },
  });
}

/** Undefined for what belongs to lists as such. */
function pathOf(path: string, key: string, isList: boolean): string | undefined {
  if (isList) return /^\d+$/.test(key) ? `${path}[]` : undefined;
  return path === "" || SHARED.has(key) ? key : `${path}.${key}`;
}
