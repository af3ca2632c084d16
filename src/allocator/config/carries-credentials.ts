import { DISCOVERY_KEYS } from "./discovery-settings.ts";
import type { DataObject, DataValue, ScrapeConfig } from "./scrape-config.ts";
import { SCRAPE } from "./scrape-settings.ts";
import type { Schema, SettingType } from "./setting-schema.ts";
import { withMaskedPassword } from "./url.ts";

const OF_DISCOVERY: ReadonlySet<string> = new Set(DISCOVERY_KEYS.map(({ key }) => key));

/**
 * Whether scraping the job takes a secret that stands in its configuration: without it, targets turn its collectors away.
 * Secrets of its discovery do not count, because collectors do not discover.
 */
export function carriesCredentials({ settings }: ScrapeConfig): boolean {
  const fields = SCRAPE.fields.filter(({ key }) => !OF_DISCOVERY.has(key));
  return holdsSecret({ fields }, settings);
}

function holdsSecret({ fields }: Pick<Schema, "fields">, settings: DataObject): boolean {
  return fields.some(({ key, type }) => isSecret(type, settings[key]));
}

function isSecret(type: SettingType, value: DataValue | undefined): boolean {
  if (value === undefined || value === null || value === "") return false;
  if (type.type === "object") return holdsSecret(type.schema, value as DataObject);
  if (type.type === "list" || type.type === "map") {
    return Object.values(value as DataObject).some((item) => isSecret(type.of, item));
  }
  const url = type.type === "url" || type.type === "urlText";
  return type.type === "secret" || (url && withMaskedPassword(value as string) !== value);
}
