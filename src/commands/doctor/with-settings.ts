import type { PartialObject } from "./finding.ts";
import type { ObservedAllocator } from "./observation.ts";

/** The owner with some settings of its allocator, to be applied. */
export function withSettings({ owner, settingsPath }: ObservedAllocator, settings: object): PartialObject {
  const { apiVersion, kind, metadata } = owner;
  const { name, namespace = "" } = metadata;
  const nested = settingsPath.toReversed().reduce<object>((inner, key) => ({ [key]: inner }), settings);
  return { apiVersion, kind, metadata: { name, namespace }, ...nested };
}
