/** The engine: everything that others may use of it. */
export { Allocator, type AllocatorOptions } from "./allocator.ts";
export type { CollectorInstance } from "./collector-instance.ts";
export type { DataObject, DataValue, DiscoveryConfig, ScrapeConfig } from "./config/scrape-config.ts";
export type { AllocationCounters } from "./counters.ts";
export { type JobDefinition, toJobDefinition } from "./job-definition.ts";
export { compareBytewise } from "./labels/bytewise.ts";
export type { LabelLayout } from "./labels/label-layout.ts";
export { EMPTY_LABELS, getLabel, type Labels, toRecord } from "./labels/labels.ts";
export { LabelsBuilder, labelsOf } from "./labels/labels-builder.ts";
export { mergedLabels } from "./labels/merged-labels.ts";
export type { RelabelAction, RelabelConfig } from "./relabel/relabel-config.ts";
export type { AllocationSnapshot, AssignedTarget, JobCounts, JobSnapshot, Shard } from "./snapshot.ts";
export { createStrategy, STRATEGY_NAMES, UnknownStrategyError } from "./strategies/registry.ts";
export { builderOrderHash } from "./targets/builder-order-hash.ts";
export type { Discoverer, DiscoverySink } from "./targets/discoverer.ts";
export type { TargetGroup } from "./targets/target-group.ts";
