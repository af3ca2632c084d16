import type { AllocationSummary } from "./allocation-host.ts";

/** Which kind of resource an allocation is read from: where its fields stand. */
export type AllocationResource = "OpenTelemetryCollector" | "TargetAllocator";

/** What the file of an allocator calls a thing, and the field below the allocator's part of a resource that makes it. */
const FIELDS: Readonly<Record<string, string>> = {
  "https.enabled": "mtls.enabled",
  allow_insecure_auth_secrets: "allowInsecureAuthSecrets: true",
  allocation_strategy_settings: "strategySettings",
  "prometheus_cr.enabled": "prometheusCR.enabled",
  service_monitor_selector: "prometheusCR.serviceMonitorSelector",
  pod_monitor_selector: "prometheusCR.podMonitorSelector",
  probe_selector: "prometheusCR.probeSelector",
  scrape_config_selector: "prometheusCR.scrapeConfigSelector",
  secret_namespaces: "prometheusCR.secretNamespaces",
};

/** Advice that a resource cannot follow, because it has no such field, and what it can do instead. */
const ADVICE: Readonly<Record<string, string>> = {
  "set allocation_fallback_strategy: consistent-hashing": "choose another allocationStrategy",
};

const SECTIONS: Readonly<Record<AllocationResource, { readonly allocator: string; readonly jobs: string }>> = {
  OpenTelemetryCollector: {
    allocator: "spec.targetAllocator.",
    jobs: "spec.config.receivers.prometheus.config.scrape_configs",
  },
  TargetAllocator: { allocator: "spec.", jobs: "spec.scrapeConfigs" },
};

/**
 * The same summary, its problems in the words of the resource. An allocation speaks of the file that it runs on; whoever
 * reads the status of a resource cannot edit that one.
 */
export function inResourceTerms(summary: AllocationSummary, resource: AllocationResource): AllocationSummary {
  if (summary.problems.length === 0) return summary;
  const words = WORDS[resource];
  const translate = (text: string): string => text.replaceAll(PATTERN, (found) => words.get(found) ?? found);
  return {
    ...summary,
    problems: summary.problems.map((problem) => ({ ...problem, message: translate(problem.message) })),
  };
}

const JOBS = "config.scrape_configs";

// Longer ones first: "scrape_config_selector" holds no other key, "config.scrape_configs" must not be cut by one.
const KEYS = [...Object.keys(ADVICE), ...Object.keys(FIELDS), JOBS].toSorted((a, b) => b.length - a.length);
const PATTERN = new RegExp(`(?<![\\w.])(?:${KEYS.map((key) => key.replaceAll(".", "\\.")).join("|")})(?![\\w])`, "g");

const WORDS = {
  OpenTelemetryCollector: wordsOf("OpenTelemetryCollector"),
  TargetAllocator: wordsOf("TargetAllocator"),
} satisfies Readonly<Record<AllocationResource, ReadonlyMap<string, string>>>;

function wordsOf(resource: AllocationResource): ReadonlyMap<string, string> {
  const { allocator, jobs } = SECTIONS[resource];
  return new Map([
    ...Object.entries(ADVICE),
    ...Object.entries(FIELDS).map(([key, field]) => [key, allocator + field] as const),
    [JOBS, jobs],
  ]);
}
