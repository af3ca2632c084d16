import { RESOURCES } from "../../api/resource-type.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import { COLLECTOR_CONFIG_FILE, collectorConfigMapName, collectorName } from "../manifests/names.ts";
import { allocatorAccess, collectorConfigHash, type CollectorInput, collectorMeta } from "./collector-input.ts";
import { renderCollectorConfig } from "./config/config-text.ts";

/** The ConfigMap with this generation of the configuration. Its name label is the collector's, not its own. */
export function buildConfigMap(input: CollectorInput): readonly Manifest[] {
  const { name } = input.collector.metadata;
  const meta = collectorMeta(input, {
    name: collectorConfigMapName(name, collectorConfigHash(input)),
    labelName: collectorName(name),
  });
  const text = renderCollectorConfig(input.collector.spec.config, allocatorAccess(input));
  return [manifest(RESOURCES.ConfigMap, meta, { data: { [COLLECTOR_CONFIG_FILE]: text } })];
}
