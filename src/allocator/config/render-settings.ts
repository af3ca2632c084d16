import type { DataObject, DataValue } from "./scrape-config.ts";
import type { Field, Schema, SettingType } from "./setting-schema.ts";
import { withMaskedPassword } from "./url.ts";

/** Whether secrets are shown. Masked is what anybody may see. */
export interface RenderOptions {
  readonly secrets: "masked" | "clear";
}

/** What stands in place of a secret. */
const SECRET_MARK = "<secret>";

/** A decoded section as Prometheus writes it: some keys always, the others unless they are zero. */
export function renderSettings(schema: Schema, settings: DataObject, options: RenderOptions): DataObject {
  const rendered: Record<string, DataValue> = {};
  for (const field of schema.fields) {
    const value = settings[field.key];
    if (field.always || !isLeftOut(field, value)) rendered[field.key] = renderValue(field.type, value, options);
  }
  return rendered;
}

function isLeftOut(field: Field, value: DataValue | undefined): boolean {
  return value === undefined || (field.unsetBy === "nothing" && isZero(field.type, value));
}

function isZero(type: SettingType, value: DataValue): boolean {
  if (value === null || value === "") return type.type !== "url";
  if (type.type === "object") return isZeroSection(type.schema, value as DataObject);
  if (type.type === "list" || type.type === "map") return Object.keys(value).length === 0;
  if (type.type === "duration") return value === "0s";
  if (type.type === "bytes") return value === "0B";
  return value === false || value === 0 || value === 0n;
}

function isZeroSection({ fields }: Schema, settings: DataObject): boolean {
  return fields.every((field) => isLeftOut(field, settings[field.key]));
}

function renderValue(type: SettingType, value: DataValue | undefined, options: RenderOptions): DataValue {
  if (type.type === "secret") return renderSecret(value ?? "", options);
  if (type.type === "list")
    return ((value ?? []) as readonly DataValue[]).map((item) => renderValue(type.of, item, options));
  if (value === undefined || value === null) return null;
  if (type.type === "object") return renderSettings(type.schema, value as DataObject, options);
  if (type.type === "map") return renderMap(type.of, value as DataObject, options);
  const url = type.type === "url" || type.type === "urlText";
  return url && options.secrets === "masked" ? withMaskedPassword(value as string) : value;
}

function renderMap(type: SettingType, map: DataObject, options: RenderOptions): DataObject {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, renderValue(type, value, options)]));
}

function renderSecret(value: DataValue, { secrets }: RenderOptions): DataValue {
  if (secrets === "clear") return value;
  return value === "" ? null : SECRET_MARK;
}
