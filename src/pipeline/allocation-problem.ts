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
  /** A collector would refuse the job, so it is not served. */
  | "JobRejected"
  /** The latest attempt to discover the job's targets failed; what was found before stays. */
  | "DiscoveryFailing"
  /** The file does not say which pods are collectors. */
  | "CollectorSelectorMissing"
  /** The latest attempt to find collectors failed; those found before stay. */
  | "CollectorDiscoveryFailing"
  /** There are no collectors. */
  | "NoCollectors"
  /** There are collectors, but some targets may be given to none of them. */
  | "TargetsUnassigned"
  /** Custom resources of the Prometheus operator are asked for and are not read. */
  | "PrometheusResourcesUnsupported"
  /** A pass broke off: a bug. The last result is served. */
  | "AllocationFailed";
