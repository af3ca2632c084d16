import { readFile } from "node:fs/promises";

import type { Discoverer, DiscoveryConfig } from "../allocator/index.ts";
import type { Clock } from "../observability/clock.ts";
import type { DiscoveryMetrics } from "./discovery-metrics.ts";
import { DnsDiscoverer } from "./dns/dns-discoverer.ts";
import { createDnsQuery } from "./dns/dns-query.ts";
import { readDnsSettings } from "./dns/settings.ts";
import { FailingDiscoverer } from "./failing-discoverer.ts";
import { watchDirectory } from "./file/directory-watches.ts";
import { FileDiscoverer } from "./file/file-discoverer.ts";
import { readFileSettings } from "./file/settings.ts";
import { createDiscoveryHttpClient } from "./http-client/http-client.ts";
import type { ProxyEnvironment } from "./http-client/proxy-rules.ts";
import { localSecretFiles, type SecretFiles } from "./http-client/secret.ts";
import { HttpDiscoverer } from "./http/http-discoverer.ts";
import { readHttpSettings } from "./http/settings.ts";
import { LAZY_MECHANISMS } from "./lazy-mechanisms.ts";
import { LazyDiscoverer } from "./lazy-discoverer.ts";

/** What mechanisms need that look outside of Kubernetes. */
export interface ExternalDiscoveryOptions {
  readonly clock: Clock;
  readonly metrics: DiscoveryMetrics;
  /** What `proxy_from_environment` means. */
  readonly proxyEnvironment: ProxyEnvironment;
  /**
   * Why jobs cannot name files of this machine, for a process that may read more than those who write its jobs.
   * @default they can
   */
  readonly noFiles?: string;
}

/** One mechanism by its key in the file without `_sd_configs`. Creating its discoverer throws for unusable settings. */
export type ExternalMechanism = readonly [
  mechanism: string,
  create: (config: DiscoveryConfig, job: string) => Discoverer,
];

const RESOLVER_CONFIG = "/etc/resolv.conf";

/** The mechanisms that look outside of Kubernetes. */
export function createExternalMechanisms(options: ExternalDiscoveryOptions): readonly ExternalMechanism[] {
  const { clock, metrics, proxyEnvironment, noFiles } = options;
  const files = noFiles === undefined ? localSecretFiles : refusedFiles(noFiles);
  return [
    [
      "dns",
      ({ settings }, job) =>
        new DnsDiscoverer({
          settings: readDnsSettings(settings),
          query: createDnsQuery(),
          readResolverConfig: async () => readFile(RESOLVER_CONFIG, "utf8"),
          clock,
          observer: { ...metrics.refreshing("dns", job), ...metrics.dns },
        }),
    ],
    [
      "file",
      ({ settings }) =>
        noFiles === undefined
          ? new FileDiscoverer({ settings: readFileSettings(settings), watchDirectory, clock, observer: metrics.file })
          : new FailingDiscoverer(new Error(`file_sd_configs: ${noFiles}`)),
    ],
    [
      "http",
      ({ settings: raw }, job) => {
        const settings = readHttpSettings(raw);
        const client = createDiscoveryHttpClient(settings.client, { files, proxyEnvironment, clock });
        return new HttpDiscoverer({ settings, client, clock, observer: metrics.refreshing("http", job) });
      },
    ],
    ...Object.entries(LAZY_MECHANISMS).map(([mechanism, load]): ExternalMechanism => {
      const surroundings = { clock, metrics, proxyEnvironment, files, noFiles };
      return [
        mechanism,
        ({ settings }, job) => new LazyDiscoverer(async () => (await load())(settings, { ...surroundings, job })),
      ];
    }),
  ];
}

function refusedFiles(reason: string): SecretFiles {
  return {
    read: async () => {
      throw new Error(reason);
    },
  };
}
