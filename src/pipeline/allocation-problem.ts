/** Something that keeps an allocation from being complete, in words for its owner. */
export interface AllocationProblem {
  /** The job it concerns; absent when it concerns the whole allocation. */
  readonly job?: string;
  readonly reason: ProblemReason;
  /** What was read or tried, what is wrong, and what to do. */
  readonly message: string;
}

/** What alerts and scripts can match on. */
type ProblemReason =
  /** A new configuration cannot be used; the last good one stays in force. */
  | "ConfigurationInvalid"
  /** A new configuration is in force, but for settings that a running process cannot change. */
  | "RestartRequired"
  /** The file has a key that means nothing. */
  | "SettingUnknown"
  /** A collector would refuse the job, so it is not served. */
  | "JobRejected"
  /** The latest attempt to discover the job's targets failed; what was found before stays. */
  | "DiscoveryFailing"
  /** The file does not say which pods are collectors. */
  | "CollectorSelectorMissing"
  /** The latest attempt to find collectors failed; those found before stay. */
  | "CollectorDiscoveryFailing"
  /** The strategy goes by zones, and some collectors have none that is known. */
  | "ZonesUnknown"
  /** What was measured of targets cannot be read; what was read before stays. */
  | "WeightsUnusable"
  /** A setting of strategies is there, and none that is in use reads it. */
  | "StrategySettingUnused"
  /** There are no collectors, nor pods that could become some. */
  | "NoCollectors"
  /** There are no collectors, and pods that are not ready. */
  | "CollectorsNotReady"
  /** There are collectors, but some targets may be given to none of them. */
  | "TargetsUnassigned"
  /** Collectors are given masks in place of the credentials that scraping the job takes. */
  | "CredentialsWithheld"
  /** A custom resource of the Prometheus operator is selected and cannot be used as it is written. */
  | "MonitorRefused"
  /** What the job takes over from a scrape class has Secrets that cannot be read; it is served without them. */
  | "ScrapeClassIncomplete"
  /** A kind of these custom resources cannot be followed: it is not installed, or permission is missing. */
  | "MonitorsUnavailable"
  /** Not one kind of these custom resources is selected. */
  | "MonitorSelectorMissing"
  /** A pass broke off: a bug. The last result is served. */
  | "AllocationFailed";
