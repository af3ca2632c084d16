import type { DataObject } from "../../src/allocator/index.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import { type AssetKey, AssetMissingError, type AssetReader } from "../../src/prometheus-cr/asset-reader.ts";
import type { GenerationSettings } from "../../src/prometheus-cr/generation-context.ts";
import { readScrapeClasses } from "../../src/prometheus-cr/scrape-classes.ts";

/** Settings of an administrator who set nothing. */
export function generationSettings({
  scrapeClasses = [],
  ...rest
}: Partial<Omit<GenerationSettings, "scrapeClasses">> & {
  readonly scrapeClasses?: readonly DataObject[];
} = {}): GenerationSettings {
  const { classes, problems } = readScrapeClasses(scrapeClasses);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return {
    collectorNamespace: "obs",
    scrapeIntervalMs: 30_000,
    scrapeProtocols: [],
    denyFileAccess: false,
    allowedFilePaths: [],
    kubeconfigFile: "",
    ...rest,
    scrapeClasses: classes,
  };
}

interface Asset extends KubeObject {
  readonly stringData?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** The Secrets (by their stringData) and ConfigMaps among manifests. */
export function fakeAssets(manifests: readonly Asset[]): AssetReader {
  const read = (kind: string, namespace: string, { name = "", key = "" }: AssetKey): string => {
    const object = manifests.find(
      (each) => each.kind === kind && each.metadata.namespace === namespace && each.metadata.name === name,
    );
    if (object === undefined) throw new AssetMissingError(`${kind} ${namespace}/${name} does not exist`);
    const value = (kind === "Secret" ? object.stringData : object.data)?.[key];
    if (value === undefined)
      throw new AssetMissingError(`${kind} ${namespace}/${name} has no key ${JSON.stringify(key)}`);
    return value;
  };
  return {
    secret: (namespace, ref) => read("Secret", namespace, ref),
    configMap: (namespace, ref) => read("ConfigMap", namespace, ref),
  };
}
