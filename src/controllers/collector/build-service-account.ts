import { RESOURCES } from "../../api/resource-type.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import { collectorName } from "../manifests/names.ts";
import { type CollectorInput, collectorMeta } from "./collector-input.ts";

/** The ServiceAccount of the collectors, unless the resource names an existing one. */
export function buildServiceAccount(input: CollectorInput): readonly Manifest[] {
  const { spec, metadata } = input.collector;
  if (spec.serviceAccount !== undefined && spec.serviceAccount !== "") return [];
  return [manifest(RESOURCES.ServiceAccount, collectorMeta(input, { name: collectorName(metadata.name) }), {})];
}
