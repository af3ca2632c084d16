/** The engine: everything that others may use of it. */
export { Allocator, type AllocatorOptions } from "./allocator.ts";
export { type CollectorInstance, equalCollectors } from "./collector-instance.ts";
export { carriesCredentials } from "./config/carries-credentials.ts";
export { isMechanism } from "./config/discovery-settings.ts";
export { formatDuration, parseDuration } from "./config/duration.ts";
export { renderNoticeableMember } from "./config/noticeable-rotation.ts";
export { parseScrapeConfigs, type ParsedScrapeConfigs, type RejectedJob } from "./config/parse-scrape-configs.ts";
export {
  joinRendered,
  renderMember,
  renderScrapeConfig,
  renderScrapeConfigs,
  type RenderOptions,
} from "./config/render-scrape-configs.ts";
export { goFloatText, goNumberText } from "./config/scalar-text.ts";
export type { DataObject, DataValue, DiscoveryConfig, ScrapeConfig } from "./config/scrape-config.ts";
export { normalizedUrl } from "./config/url.ts";
export type { AllocationCounters } from "./counters.ts";
export {
  type ExplainedTargets,
  explainTargets,
  type FoundTarget,
  type KnownSource,
  type TargetExplanation,
  type TargetOutcome,
} from "./explain/explain-targets.ts";
export type { OwnerReason, StrategyNames } from "./explain/placement-reason.ts";
export { type JobDefinition, toJobDefinition } from "./job-definition.ts";
export { compareBytewise } from "./labels/bytewise.ts";
export type { LabelLayout } from "./labels/label-layout.ts";
export { LabelsBuilder, labelsOf } from "./labels/labels-builder.ts";
export { EMPTY_LABELS, equalLabels, getLabel, type Labels, toRecord } from "./labels/labels.ts";
export { mergedLabels } from "./labels/merged-labels.ts";
export type { NameScheme } from "./relabel/label-name.ts";
export { compileSearch, type Search } from "./relabel/regexp/search.ts";
export type { RelabelAction, RelabelConfig } from "./relabel/relabel-config.ts";
export type { DropReason, LabelChange, RelabelProgram, RelabelStep } from "./relabel/relabel-program.ts";
export type { AllocationSnapshot, AssignedTarget, JobCounts, JobSnapshot, Shard } from "./snapshot.ts";
export { createStrategy, STRATEGY_NAMES, UnknownStrategyError } from "./strategies/registry.ts";
export type { StrategyFactory } from "./strategies/strategy.ts";
export type { StrategySettings } from "./strategies/strategy-settings.ts";
export { builderOrderHash } from "./targets/builder-order-hash.ts";
export type { Discoverer, DiscoverySink } from "./targets/discoverer.ts";
export type { TargetGroup } from "./targets/target-group.ts";
export { compareTargets } from "./targets/target-order.ts";
export { discoveredAddress } from "./targets/discovered-address.ts";
export { lowerBound } from "./sorted-list.ts";
