import type { ExplanationJson, RelabelStepJson, TargetExplanationJson } from "../../http/explanation-json.ts";

/** How wide the names of labels are at most, so that values stand below each other. */
const NAME_COLUMNS = 48;
/** Longer values, such as an annotation with a whole manifest in it, say no more to a reader. */
const MOST_CHARACTERS = 200;

type LabelRecord = Readonly<Record<string, string>>;

/** An explanation for people, to its last line break. */
export function toExplanationText(explanation: ExplanationJson): string {
  return [...head(explanation), ...explanation.targets.flatMap(targetLines)].map((line) => `${line}\n`).join("");
}

function head({ job, strategy, quarantined, discovery, problems, waitingFor, ...counts }: ExplanationJson): string[] {
  const found = discovery === undefined ? "" : `; discovery: ${discovery.state}`;
  const fallback = strategy.fallback === "" ? "" : `, fallback ${strategy.fallback}`;
  const meant = `${String(counts.matched)} of ${String(counts.searched)} targets meant`;
  const shown = counts.targets.length < counts.matched ? `, the first ${String(counts.targets.length)} explained` : "";
  return [
    quarantined
      ? `job ${job} is not served, because collectors would refuse it`
      : `job ${job}: ${meant}${shown}; strategy ${strategy.name}${fallback}${found}`,
    ...problems.map(({ reason, message }) => `  problem ${reason}: ${message}`),
    ...waitingFor.map((reason) => `  nothing is served yet: ${reason}`),
  ];
}

function targetLines(target: TargetExplanationJson): string[] {
  const { address, mechanism, group, node, zone = "", outcome, duplicates } = target;
  const runs = [...(node === "" ? [] : [`on node ${node}`]), ...(zone === "" ? [] : [`in zone ${zone}`])];
  const dropped = target.finalLabels === null;
  return [
    "",
    `target ${address === "" ? "without an address" : address}`,
    [`  found by ${mechanism} in ${group}`, ...runs].join(" "),
    "  discovered labels",
    ...labelLines(target.discoveredLabels),
    ...section("  added by the job", labelLines(target.seededLabels)),
    ...section("  relabel_configs", target.steps.flatMap(stepLines)),
    ...(dropped ? [] : ["  final labels", ...labelLines(target.finalLabels)]),
    `  ${outcome.reason}: ${outcome.message}`,
    ...duplicates.map((one) => `    stands for ${one.address} of group ${one.group} too`),
  ];
}

function section(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [heading, ...lines];
}

function labelLines(labels: LabelRecord): readonly string[] {
  const names = Object.keys(labels);
  const width = Math.min(NAME_COLUMNS, Math.max(0, ...names.map((name) => name.length)));
  return names.map((name) => `    ${name.padEnd(width)}  ${shortened(labels[name] ?? "")}`);
}

function stepLines({ rule, config, sourceValue, changes, dropped }: RelabelStepJson): readonly string[] {
  const { action, ...rest } = config;
  const settings = Object.entries(rest).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  const looked = "source_labels" in config ? `looked at ${quoted(sourceValue)}` : "";
  const outcome = dropped === undefined ? (changes.length === 0 ? "nothing changed" : "") : `dropped it (${dropped})`;
  const note = [looked, outcome].filter((part) => part !== "").join(": ");
  return [
    `    [${String(rule)}] ${String(action)} ${settings.join(" ")}`.trimEnd(),
    ...(note === "" ? [] : [`        ${note}`]),
    ...changes.map(({ name, before, after }) => `        ${name}: ${valueText(before)} → ${valueText(after)}`),
  ];
}

function valueText(value: string): string {
  return value === "" ? "none" : quoted(value);
}

function quoted(value: string): string {
  return JSON.stringify(shortened(value));
}

function shortened(value: string): string {
  return value.length <= MOST_CHARACTERS
    ? value
    : `${value.slice(0, MOST_CHARACTERS)}… (${String(value.length)} characters)`;
}
