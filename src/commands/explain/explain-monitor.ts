import type { MonitorJobJson, MonitorJson } from "../../http/monitor-json.ts";
import { MONITORS_PATH } from "../../http/routes/monitors.ts";
import type { ExplainMonitorOptions } from "../../options/explain-options.ts";
import { askAllocator } from "./ask-allocator.ts";

/** Asks a running target allocator, or operator, about the monitors of a name. Throws when it knows none, with why. */
export async function explainMonitor(
  { base, tls, namespace, name }: Omit<ExplainMonitorOptions, "output">,
  signal: AbortSignal,
): Promise<readonly MonitorJson[]> {
  const path = `${MONITORS_PATH}/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  const { status, answer } = await askAllocator(path, { base, tls }, signal);
  const { monitors } = (answer ?? {}) as { readonly monitors?: readonly MonitorJson[] };
  if (status === 200 && Array.isArray(monitors)) return monitors;
  if (typeof answer === "string") throw new Error(`${base}: ${answer}`);
  throw new Error(
    `${base} does not explain monitors: ${path} is answered with status ${String(status)}; give the URL of a target ` +
      "allocator of this program, or of a resource in its operator " +
      "(http://…/namespaces/NAMESPACE/opentelemetrycollectors/NAME)",
  );
}

/** Monitors for people, to the last line break. */
export function toMonitorText(monitors: readonly MonitorJson[]): string {
  return monitors
    .map((monitor) =>
      monitorLines(monitor)
        .map((line) => `${line}\n`)
        .join(""),
    )
    .join("\n");
}

function monitorLines({ kind, namespace, name, outcome, selection, problems, jobs }: MonitorJson): readonly string[] {
  return [
    `${kind} ${namespace}/${name}: ${outcome}`,
    `  ${selection}`,
    ...problems.map((problem) => `  refused: ${problem}`),
    ...jobs.flatMap(jobLines),
  ];
}

function jobLines({ name, counts, problems, drops }: MonitorJobJson): readonly string[] {
  const numbers =
    counts === undefined
      ? "not served"
      : `${String(counts.discovered)} targets discovered, ${String(counts.assigned + counts.unassigned)} kept, ` +
        `${String(counts.dropped)} dropped, ${String(counts.duplicates)} duplicates`;
  const rules = drops?.rules ?? [];
  const looked = drops !== undefined && counts !== undefined && drops.lookedAt < counts.discovered;
  return [
    `  job ${name}: ${numbers}`,
    ...problems.map((problem) => `    problem: ${problem}`),
    ...(looked ? [`    of the first ${String(drops.lookedAt)} targets:`] : []),
    ...rules.map(
      ({ rule, config, targets }) =>
        `    relabel_configs[${String(rule)}] dropped ${String(targets)}: ${ruleText(config)}`,
    ),
  ];
}

function ruleText({ action, ...rest }: Readonly<Record<string, unknown>>): string {
  const settings = Object.entries(rest).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return [String(action), ...settings].join(" ");
}
