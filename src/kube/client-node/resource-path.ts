import type { ResourceType } from "../../api/resource-type.ts";

/** Where in the kind's API. `namespace` undefined or "" reaches across all namespaces. */
export interface ResourceLocation {
  readonly namespace?: string | undefined;
  readonly name?: string;
}

/**
 * The path of a kind's objects.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 */
export function resourcePath(type: ResourceType, { namespace, name }: ResourceLocation = {}): string {
  const segments = type.group === "" ? ["api", type.version] : ["apis", type.group, type.version];
  if (type.namespaced && namespace !== undefined && namespace !== "") segments.push("namespaces", namespace);
  segments.push(type.plural);
  if (name !== undefined) segments.push(name);
  return `/${segments.map(encodeURIComponent).join("/")}`;
}
