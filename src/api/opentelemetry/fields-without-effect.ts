import { isFreeForm } from "./components.ts";
import { OPENTELEMETRY_COLLECTOR } from "./schema/collector.ts";
import type { ObjectField } from "./schema/field.ts";
import type { OpenTelemetryCollectorSpec } from "./v1beta1.ts";

/**
 * What a resource asks for and does not get so far, as paths such as `spec.ingress`, in the order of the schema. A part
 * with a switch of its own counts only when that is on: the Go operator's webhook leaves empty parts everywhere.
 */
export function fieldsWithoutEffect(spec: OpenTelemetryCollectorSpec): readonly string[] {
  const fields = findIn(OPENTELEMETRY_COLLECTOR.spec, spec, "spec.");
  return spec.mode === "sidecar" ? ["spec.mode: sidecar", ...fields] : fields;
}

function findIn({ fields }: ObjectField, value: unknown, prefix: string): readonly string[] {
  if (!isFreeForm(value)) return [];
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    if (field.notYet === true) return isAskedFor(value[name]) ? [path] : [];
    return field.type === "object" ? findIn(field, value[name], `${path}.`) : [];
  });
}

function isAskedFor(value: unknown): boolean {
  if (!isFreeForm(value)) return Boolean(value);
  return "enabled" in value ? value["enabled"] === true : Object.values(value).some(isAskedFor);
}
