import { RESOURCES, type ResourceType } from "../api/resource-type.ts";
import { MONITOR_RESOURCES } from "../prometheus-cr/resources.ts";

const KINDS: ReadonlyMap<string, ResourceType> = new Map(Object.entries({ ...RESOURCES, ...MONITOR_RESOURCES }));

/** A kind that something here reads or writes, by its name; undefined for any other. */
export function knownKind(kind: string): ResourceType | undefined {
  return KINDS.get(kind);
}
