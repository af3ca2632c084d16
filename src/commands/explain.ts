import type { ExplanationJson } from "../http/explanation-json.ts";
import { refuseArguments } from "../options/command-line.ts";
import {
  EXPLAIN_FLAGS,
  type ExplainOptions,
  resolveExplainMonitorOptions,
  resolveExplainOptions,
} from "../options/explain-options.ts";
import { readSettings } from "../options/sources.ts";
import { type Command, type CommandContext, EXIT } from "./command.ts";
import { commandHelp } from "./command-help.ts";
import { explainDiscovered } from "./explain/discovered-targets.ts";
import { toExplanationText } from "./explain/explanation-text.ts";
import { explainMonitor, toMonitorText } from "./explain/explain-monitor.ts";
import { explainGiven } from "./explain/given-targets.ts";

const HELP = commandHelp({
  usage: "explain (--job NAME (--config-file FILE | --from URL) | monitor NAMESPACE/NAME --from URL) [FLAGS]",
  about: `Says why a target of a job is, or is not, scraped: its discovered labels, what each relabelling rule did, which rule
dropped it, which other target stands for it, and which collector has it and why. With --from about the targets that a
running target allocator has discovered; with --config-file about targets that are given by --labels or --targets-file, or
else about the static targets of the job, offline.

With "monitor", says what became of a ServiceMonitor, PodMonitor, Probe or ScrapeConfig: whether and by what it is selected,
why it is refused, its jobs, and which rules drop how many of their targets.

  otel-allocator explain --from http://localhost:8080 --job web --target web-0
  otel-allocator explain --from http://localhost:8080 monitor shop/web
  otel-allocator explain --from http://operator:8080/namespaces/shop/opentelemetrycollectors/main --job web
  otel-allocator explain --config-file a.yaml --job web --labels '__address__=10.0.0.1:80,__meta_kubernetes_pod_name=web-0'`,
  flags: EXPLAIN_FLAGS,
});

/** `otel-allocator explain`: exit code 1 when there is no such job, or no target that is meant. */
export const explain: Command = async (argv, context) => {
  const settings = readSettings(EXPLAIN_FLAGS, argv, context.env);
  if (settings.help) {
    context.out(HELP);
    return EXIT.ok;
  }
  const monitor = resolveExplainMonitorOptions(settings);
  if (monitor !== undefined) {
    const monitors = await explainMonitor(monitor, context.signal);
    context.out(monitor.output === "json" ? `${JSON.stringify(monitors, undefined, 2)}\n` : toMonitorText(monitors));
    return EXIT.ok;
  }
  refuseArguments(settings.positionals);
  const options = resolveExplainOptions(settings);
  const explanation = await explanationOf(options, context);
  context.out(
    options.output === "json" ? `${JSON.stringify(explanation, undefined, 2)}\n` : toExplanationText(explanation),
  );
  if (explanation.matched > 0 || explanation.quarantined) return EXIT.ok;
  context.err(`${nothingFound(options, explanation)}\n`);
  return EXIT.failure;
};

async function explanationOf(options: ExplainOptions, { input, signal }: CommandContext): Promise<ExplanationJson> {
  const { targets, ...about } = options;
  return targets.kind === "given"
    ? explainGiven({ ...about, ...targets }, input, signal)
    : explainDiscovered({ ...about, ...targets }, signal);
}

/** Says what was searched. */
function nothingFound({ targets }: ExplainOptions, { job, searched, discovery }: ExplanationJson): string {
  const name = JSON.stringify(job);
  if (targets.kind === "given") {
    return `job ${name} has no static targets; give targets with --labels or --targets-file, or take those of --from`;
  }
  const { address, text } = targets;
  const meant = [
    ...(address === undefined ? [] : [`has the address ${JSON.stringify(address)}`]),
    ...(text === undefined ? [] : [`has ${JSON.stringify(text)} in its address or as the value of a discovered label`]),
  ];
  const state = discovery === undefined ? "unknown" : [discovery.state, discovery.error ?? []].flat().join(": ");
  const which = meant.length === 0 ? "" : ` that ${meant.join(" and ")}`;
  return `job ${name} has no target${which}: all ${String(searched)} targets that are discovered were searched (discovery: ${state})`;
}
