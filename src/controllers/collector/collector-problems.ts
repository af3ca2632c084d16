import type { DefaultedCollector } from "../../api/opentelemetry/default.ts";
import { problemsOf } from "../../api/opentelemetry/validate.ts";
import { findMetricsPort } from "./config/metrics-port.ts";
import { findPorts } from "./config/ports.ts";

/** Everything that keeps the objects of a collector from being built; empty when nothing does. */
export function findProblems(collector: DefaultedCollector): readonly string[] {
  const problems = problemsOf(collector);
  // Only what is a configuration at all can be asked for its ports.
  return problems.length > 0 ? problems : findPortProblems(collector);
}

function findPortProblems({ spec: { config } }: DefaultedCollector): readonly string[] {
  const { problems } = findPorts(config, ["receivers", "exporters", "extensions"]);
  const metrics =
    findMetricsPort(config) === undefined
      ? ["spec.config.service.telemetry.metrics: couldn't determine metrics port from configuration"]
      : [];
  return [...problems.map((problem) => `the OpenTelemetry config is incorrect. ${problem}`), ...metrics];
}
