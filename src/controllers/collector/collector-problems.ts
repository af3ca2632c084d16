import type { Cluster } from "../../api/opentelemetry/check.ts";
import { isFreeForm, settingsOf } from "../../api/opentelemetry/components.ts";
import type { DefaultedCollector } from "../../api/opentelemetry/default.ts";
import { shardedReceivers } from "../../api/opentelemetry/sharding.ts";
import type { TargetAllocator } from "../../api/opentelemetry/target-allocator.ts";
import { problemsOf } from "../../api/opentelemetry/validate.ts";
import { findMetricsPort } from "./config/metrics-port.ts";
import { findPorts } from "./config/ports.ts";

/** What else there is, as far as it is known. */
interface Surroundings {
  /** The TargetAllocator that the collector's label names. */
  readonly namedAllocator?: TargetAllocator | undefined;
  readonly cluster?: Cluster;
}

/**
 * Everything that keeps the objects of a collector from being built; empty when nothing does.
 *
 */
export function findProblems(collector: DefaultedCollector, around: Surroundings = {}): readonly string[] {
  const { namedAllocator, cluster } = around;
  const problems = [
    ...problemsOf(collector, cluster),
    ...(namedAllocator === undefined ? [] : attachmentProblems(collector, namedAllocator)),
  ];
  // Only what is a configuration at all can be asked for its ports.
  return problems.length > 0 ? problems : findPortProblems(collector);
}

/** An allocator that is not the collector's own says itself which receivers it gives targets to. */
function attachmentProblems(
  { spec: { config } }: DefaultedCollector,
  { metadata, spec = {} }: TargetAllocator,
): readonly string[] {
  const missing = shardedReceivers(spec).filter((id) => !isFreeForm(settingsOf(config.receivers)[id]));
  return missing.map(
    (id) =>
      `spec.config.receivers has no ${id} with settings, which the TargetAllocator ${metadata.name} is to give targets ` +
      "to; add it, or take the label opentelemetry.io/target-allocator off",
  );
}

function findPortProblems({ spec: { config } }: DefaultedCollector): readonly string[] {
  const { problems } = findPorts(config, ["receivers", "exporters", "extensions"]);
  const metrics =
    findMetricsPort(config) === undefined
      ? ["spec.config.service.telemetry.metrics: couldn't determine metrics port from configuration"]
      : [];
  return [...problems.map((problem) => `the OpenTelemetry config is incorrect. ${problem}`), ...metrics];
}
