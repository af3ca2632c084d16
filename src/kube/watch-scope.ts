import type { WatchScope } from "./informer.ts";

/** Equal for scopes that can share a watch. */
export function scopeKey(scope: WatchScope): string {
  const { group, version, plural } = scope.type;
  return JSON.stringify([
    group,
    version,
    plural,
    namespaceOf(scope) ?? "",
    scope.labelSelector ?? "",
    scope.fieldSelector ?? "",
    scope.shape ?? "full",
  ]);
}

/** The one namespace that the scope is restricted to; undefined for all, and always for cluster-scoped kinds. */
export function namespaceOf({ type, namespace }: Pick<WatchScope, "type" | "namespace">): string | undefined {
  return type.namespaced && namespace !== "" ? namespace : undefined;
}

/** For messages: `pods in namespace shop (app=web)`. */
export function describeScope(scope: Omit<WatchScope, "shape">): string {
  const namespace = namespaceOf(scope);
  const place =
    namespace === undefined ? (scope.type.namespaced ? " in all namespaces" : "") : ` in namespace ${namespace}`;
  const selectors = [scope.labelSelector, scope.fieldSelector].filter((selector) => (selector ?? "") !== "");
  return `${scope.type.plural}${place}${selectors.length === 0 ? "" : ` (${selectors.join("; ")})`}`;
}
