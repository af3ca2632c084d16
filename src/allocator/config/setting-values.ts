import type { DataObject, DataValue } from "./scrape-config.ts";

/** The text of a decoded setting; `""` when it is not set. */
export function textSetting(settings: DataObject, key: string): string {
  const value = settings[key];
  return typeof value === "string" ? value : "";
}

/** A decoded switch; false when it is not set. */
export function flagSetting(settings: DataObject, key: string): boolean {
  return settings[key] === true;
}

/** The items of a decoded list; empty when it is not set. */
export function listSetting(settings: DataObject, key: string): readonly DataValue[] {
  const value = settings[key];
  return Array.isArray(value) ? (value as readonly DataValue[]) : [];
}

/** The items of a decoded list of texts. */
export function textsSetting(settings: DataObject, key: string): readonly string[] {
  return listSetting(settings, key) as readonly string[];
}

/** The sections of a decoded list. */
export function sectionsSetting(settings: DataObject, key: string): readonly DataObject[] {
  return listSetting(settings, key) as readonly DataObject[];
}

/** A decoded section or map; empty when it is not set. */
export function sectionSetting(settings: DataObject, key: string): DataObject {
  const value = settings[key];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as DataObject) : {};
}
