import { isFreeForm, settingsOf } from "../../../api/opentelemetry/components.ts";
import {
  jobNameOf,
  jobsOfReceiver,
  shardedReceivers,
  type Sharding,
  splitJobs,
  tellsReceiversApart,
} from "../../../api/opentelemetry/sharding.ts";
import type { CollectorConfig, FreeForm } from "../../../api/opentelemetry/v1beta1.ts";
import type { ScrapeSection } from "../../target-allocator/allocator-input.ts";

/**
 * Reads what the sharded receivers leave to the allocator. A collector writes a dollar as `$$`, because it expands
 * variables in its file; the allocator does not, so `$$` becomes `$`, in every text.
 */
export function readScrapeSection(config: CollectorConfig, sharding: Sharding = {}): ScrapeSection {
  const receivers = shardedReceivers(sharding).map((name) => ({
    name,
    global: globalOf(config, name),
    jobs: splitJobs(jobsOfReceiver(config, name), sharding).sharded,
  }));
  return {
    global: receivers[0]?.global,
    scrapeConfigs: receivers.flatMap(({ jobs }) => jobs.map(unescaped)),
    ...(tellsReceiversApart(sharding)
      ? { receivers: receivers.map(({ name, global, jobs }) => ({ name, global, jobs: jobs.map(jobNameOf) })) }
      : {}),
  };
}

function globalOf(config: CollectorConfig, id: string): FreeForm | undefined {
  const { global } = settingsOf(settingsOf(config.receivers[id])["config"]);
  return isFreeForm(global) && Object.keys(global).length > 0 ? settingsOf(unescaped(global)) : undefined;
}

function unescaped(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$$", () => "$");
  if (Array.isArray(value)) return value.map(unescaped);
  if (!isFreeForm(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, unescaped(member)]));
}
