import { parse, stringify } from "yaml";

import { isFreeForm } from "./components.ts";
import type { CollectorConfig, FreeForm } from "./v1beta1.ts";

/** What `spec.config` of v1alpha1 says, or why it cannot be read. */
export type ReadConfig = { readonly config: CollectorConfig } | { readonly problem: string };

/**
 * The configuration in a YAML text; nothing for an empty text. What v1beta1 requires is there, empty where the text
 * says nothing: the collector may not start with it, but the resource can be stored and mended.
 */
export function readConfigText(text: unknown): ReadConfig {
  if (typeof text !== "string") return { config: toConfig({}) };
  try {
    const config: unknown = parse(text, { merge: true });
    if (config === null || config === undefined) return { config: toConfig({}) };
    return isFreeForm(config) ? { config: toConfig(config) } : { problem: "it is not a mapping" };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** With nothing in it but what v1beta1 requires. */
export function toConfig(config: FreeForm): CollectorConfig {
  const service = isFreeForm(config["service"]) ? config["service"] : {};
  return {
    ...config,
    receivers: config["receivers"] ?? {},
    exporters: config["exporters"] ?? {},
    service: { ...service, pipelines: service["pipelines"] ?? {} },
  } as CollectorConfig;
}

const SECTIONS = ["receivers", "exporters", "processors", "connectors", "extensions", "service"];
const SERVICE = ["extensions", "telemetry", "pipelines"];

/** The YAML text of a configuration: sections in their usual order, the rest sorted. Reads back as the same. */
export function toConfigText(config: unknown): string {
  const { service, ...sections } = isFreeForm(config) ? config : {};
  const ordered = { ...sections, ...(service === undefined ? {} : { service: inOrder(service, SERVICE) }) };
  // What is a number or a boolean in YAML 1.1 alone is quoted: clients of the old version may read it that way.
  return stringify(inOrder(ordered, SECTIONS), { lineWidth: 0, compat: "yaml-1.1", aliasDuplicateObjects: false });
}

/** Members of these names first, in this order; a Map, as objects put keys such as `1` first. */
function inOrder(value: unknown, first: readonly string[]): unknown {
  if (!isFreeForm(value)) return sorted(value);
  const named = first.filter((name) => value[name] !== undefined);
  const others = Object.keys(value).filter((name) => !first.includes(name));
  return new Map([...named, ...others.toSorted()].map((name) => [name, sorted(value[name])]));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value instanceof Map) return value;
  return isFreeForm(value)
    ? new Map(
        Object.keys(value)
          .toSorted()
          .map((key) => [key, sorted(value[key])]),
      )
    : value;
}
