import { goFloatText } from "../../allocator/index.ts";
import type { JsonNode } from "../json-node.ts";
import { sanitised } from "../label-text.ts";

/**
 * The parameters of a resource as labels: single values as texts, lists with commas between their items, maps as one
 * label for each value, with the keys on the way to it joined by underscores. Empty values give no label.
 */
export function parameterLabels(prefix: string, parameters: JsonNode): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const [key, value] of parameters.entries()) {
    const name = prefix + sanitised(key);
    if (isMap(value.raw)) {
      Object.assign(labels, parameterLabels(`${name}_`, value));
      continue;
    }
    const text = Array.isArray(value.raw) ? value.raw.map(singleText).join(",") : singleText(value.raw);
    if (text !== "") labels[name] = text;
  }
  return labels;
}

function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Numbers are written as Go writes them. Nothing, and what has parts itself, is the empty text. */
function singleText(value: unknown): string {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "boolean") return String(value);
  return typeof value === "number" ? goFloatText(value) : "";
}
