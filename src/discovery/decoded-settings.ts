import { type DataObject, type DataValue, parseDuration } from "../allocator/index.ts";

/**
 * Reads single settings of a decoded section. What is absent or of another type is the zero value: decoding has
 * validated the types already.
 */
export function textOf(settings: DataObject, key: string): string {
  const value = settings[key];
  return typeof value === "string" ? value : "";
}

/** A switch; false when it is not set. */
export function flagOf(settings: DataObject, key: string): boolean {
  return settings[key] === true;
}

/** A whole number; 0 when it is not set. */
export function numberOf(settings: DataObject, key: string): number {
  const value = settings[key];
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : 0;
}

/** The items of a list of texts. */
export function textsOf(settings: DataObject, key: string): readonly string[] {
  const value = settings[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** A section that is set, or undefined: an empty section can mean something else than none. */
export function sectionOf(settings: DataObject, key: string): DataObject | undefined {
  const value = settings[key];
  return isSection(value) ? value : undefined;
}

/** The sections of a list. */
export function sectionsOf(settings: DataObject, key: string): readonly DataObject[] {
  const value = settings[key];
  return Array.isArray(value) ? value.filter(isSection) : [];
}

/** The entries of a map; none when it is not set. */
export function entriesOf(settings: DataObject, key: string): readonly (readonly [string, DataValue])[] {
  return Object.entries(sectionOf(settings, key) ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
}

/** A map of texts; empty when it is not set. */
export function mapOf(settings: DataObject, key: string): Readonly<Record<string, string>> {
  const section = sectionOf(settings, key) ?? {};
  return Object.fromEntries(Object.keys(section).map((name) => [name, textOf(section, name)]));
}

/**
 * `refresh_interval` in milliseconds. Throws when it is 0, which would mean to look without a pause.
 *
 * @param mechanism As in the file, without `_sd_configs`.
 */
export function refreshIntervalOf(settings: DataObject, mechanism: string): number {
  const text = textOf(settings, "refresh_interval");
  const intervalMs = parseDuration(text) ?? 0;
  if (intervalMs > 0) return intervalMs;
  throw new Error(`${mechanism}_sd_configs: refresh_interval ${text} must be longer than 0; write for example 30s`);
}

/** Whether a value is a mapping. */
export function isSection(value: DataValue | undefined): value is DataObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
