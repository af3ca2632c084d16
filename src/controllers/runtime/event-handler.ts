import type { KubeObject } from "../../api/meta.ts";
import type { ResourceType } from "../../api/resource-type.ts";
import type { ChangeEvent } from "../../kube/informer.ts";
import type { Request } from "./reconciler.ts";

/** Which requests a change makes due. Pure: it looks at the event alone, or at caches. */
export type EventHandler<T extends KubeObject = KubeObject> = (event: ChangeEvent<T>) => Iterable<Request>;

/** The object itself: for the kind that the controller reconciles. */
export const enqueueObject: EventHandler = ({ object }) => [
  { namespace: object.metadata.namespace ?? "", name: object.metadata.name },
];

/**
 * The owner of the object: for kinds that the controller creates. Only the owner reference with `controller: true`
 * counts, and only when it names the given kind, in any version of its group. An update that changes the owner makes the
 * former one due too.
 */
export function enqueueOwner(owner: ResourceType): EventHandler {
  return enqueueMapped((object) => ownersOf(object, owner));
}

/**
 * Whatever the function derives from the object: for kinds that the controller reads. An update makes due what the object
 * pointed to before as well as what it points to now.
 */
export function enqueueMapped<T extends KubeObject = KubeObject>(
  map: (object: T) => Iterable<Request>,
): EventHandler<T> {
  return (event) => (event.type === "updated" ? [...map(event.object), ...map(event.previous)] : map(event.object));
}

function ownersOf({ metadata }: KubeObject, owner: ResourceType): readonly Request[] {
  return (metadata.ownerReferences ?? [])
    .filter(({ controller, kind }) => controller === true && kind === owner.kind)
    .filter(({ apiVersion }) => groupOf(apiVersion) === owner.group)
    .map(({ name }) => ({ namespace: owner.namespaced ? (metadata.namespace ?? "") : "", name }));
}

/** `apps/v1` → `apps`, `v1` → the core group "". */
function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash === -1 ? "" : apiVersion.slice(0, slash);
}
