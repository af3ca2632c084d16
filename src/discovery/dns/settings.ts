import type { DataObject } from "../../allocator/index.ts";
import { numberOf, refreshIntervalOf, textOf, textsOf } from "../decoded-settings.ts";

/** The records that can be looked up. */
export const RECORD_TYPES = ["SRV", "A", "AAAA", "MX", "NS"] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** One `dns_sd_configs` entry. */
export interface DnsSettings {
  readonly names: readonly string[];
  readonly type: RecordType;
  /** The port of targets; SRV records have their own. */
  readonly port: number;
  readonly refreshIntervalMs: number;
}

/** Reads a validated entry. Throws for a type that does not exist, and for an interval of 0. */
export function readDnsSettings(raw: DataObject): DnsSettings {
  const text = textOf(raw, "type");
  const type = RECORD_TYPES.find((each) => each === text.toUpperCase());
  if (type === undefined) throw new Error(`dns_sd_configs: type "${text}" is none of ${RECORD_TYPES.join(", ")}`);
  return {
    names: textsOf(raw, "names"),
    type,
    port: numberOf(raw, "port"),
    refreshIntervalMs: refreshIntervalOf(raw, "dns"),
  };
}
