import type { DataObject } from "../../allocator/index.ts";
import { refreshIntervalOf, textOf } from "../decoded-settings.ts";
import { type HttpClientSettings, readHttpClientSettings } from "../http-client/settings.ts";

/** One `http_sd_configs` entry. */
export interface HttpSettings {
  readonly url: string;
  readonly refreshIntervalMs: number;
  readonly client: HttpClientSettings;
}

/** Reads a validated entry. Throws for an interval of 0, and for secrets that only a secret manager has. */
export function readHttpSettings(raw: DataObject): HttpSettings {
  return {
    url: textOf(raw, "url"),
    refreshIntervalMs: refreshIntervalOf(raw, "http"),
    client: readHttpClientSettings(raw),
  };
}
