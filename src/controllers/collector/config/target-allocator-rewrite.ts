import { settingsOf } from "../../../api/opentelemetry/components.ts";
import {
  jobsOfReceiver,
  shardedReceivers,
  type Sharding,
  splitJobs,
  tellsReceiversApart,
} from "../../../api/opentelemetry/sharding.ts";
import type { CollectorConfig, FreeForm } from "../../../api/opentelemetry/v1beta1.ts";
import { TLS_FILES } from "../../target-allocator/mutual-tls.ts";

/** What turns a collector that scrapes by itself into one that asks an allocator what to scrape. */
export interface AllocatorAccess {
  /** Base URL of the allocator's routes. */
  readonly endpoint: string;
  /** How often the collector asks, in Go's spelling. */
  readonly interval: string;
  /** Both sides show certificates. @default false */
  readonly mutualTls?: boolean;
  /** Which receivers ask, and for which of their jobs. @default the usual receiver, for all */
  readonly sharding?: Sharding;
}

/** As the Go operator writes it; the interval is that in which collectors look for renewed certificates. */
const CLIENT_TLS: FreeForm = {
  ca_file: TLS_FILES.authority,
  cert_file: TLS_FILES.certificate,
  key_file: TLS_FILES.key,
  reload_interval: "5m",
};

/** Nothing where all is as the Go operator knows it, so that pods are not replaced for it. */
export function unusualSharding(sharding: Sharding): Pick<AllocatorAccess, "sharding"> {
  const { receivers = [], unshardedJobs = [] } = sharding;
  const usual = !tellsReceiversApart(sharding) && unshardedJobs.length === 0;
  return usual ? {} : { sharding: { receivers, unshardedJobs } };
}

/**
 * The configuration with its sharded receivers rewritten: no scrape configs of their own but those that are not sharded,
 * and where to get the others from. Everything else of a receiver stays, `config.global` and keys that the user put under
 * `target_allocator` included. Receivers that are told apart each ask below a path of their own.
 *
 * @param config - One whose prometheus receivers have passed validation.
 */
export function withAllocatorAccess(config: CollectorConfig, access: AllocatorAccess): CollectorConfig {
  const rewritten = shardedReceivers(access.sharding ?? {}).map(
    (id) => [id, withoutShardedJobs(config, id, access)] as const,
  );
  return { ...config, receivers: { ...config.receivers, ...Object.fromEntries(rewritten) } };
}

function withoutShardedJobs(config: CollectorConfig, id: string, access: AllocatorAccess): FreeForm {
  const { endpoint, interval, mutualTls = false, sharding = {} } = access;
  const receiver = settingsOf(config.receivers[id]);
  const given = settingsOf(receiver["target_allocator"]);
  const { scrape_configs: _moved, ...scrapeSettings } = settingsOf(receiver["config"]);
  const { unsharded } = splitJobs(jobsOfReceiver(config, id), sharding);
  const kept = unsharded.length === 0 ? scrapeSettings : { ...scrapeSettings, scrape_configs: unsharded };
  const asking = {
    endpoint: tellsReceiversApart(sharding) ? `${endpoint}/receivers/${encodeURIComponent(id)}` : endpoint,
    interval,
    collector_id: "${POD_NAME}",
    ...(mutualTls ? { tls: { ...settingsOf(given["tls"]), ...CLIENT_TLS } } : {}),
  };
  return {
    ...receiver,
    ...(receiver["config"] === undefined ? {} : { config: kept }),
    target_allocator: { ...given, ...asking },
  };
}
