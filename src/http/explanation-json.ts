import {
  discoveredAddress,
  type DropReason,
  type FoundTarget,
  type OwnerReason,
  type RelabelConfig,
  type RelabelStep,
  type StrategyNames,
  type TargetExplanation,
  type TargetOutcome,
  toRecord,
} from "../allocator/index.ts";
import type { ServedExplanation } from "./served-allocation.ts";
import { withoutPasswords } from "./without-passwords.ts";

type LabelRecord = Readonly<Record<string, string>>;

/** One discovered target, as far as it takes to find it again. */
export interface FoundTargetJson {
  readonly address: string;
  /** As in the configuration, without `_sd_configs`. */
  readonly mechanism: string;
  /** The target group. */
  readonly group: string;
}

/** One rule and what it did. */
export interface RelabelStepJson {
  /** The place of the rule in `relabel_configs`, from 0. */
  readonly rule: number;
  readonly action: string;
  /** The rule as it could stand in the configuration, without what is the default. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The values of the source labels, joined. */
  readonly sourceValue: string;
  /** "" stands for no label. */
  readonly changes: readonly { readonly name: string; readonly before: string; readonly after: string }[];
  /** Present in the step that dropped the target: NoMatch, Match, NotEqual or Equal. */
  readonly dropped?: string;
}

/** What became of a target. */
export interface OutcomeJson {
  /** One word that programs can match on. */
  readonly reason: string;
  readonly message: string;
  /** Who scrapes it; only with the reason Assigned. */
  readonly collector?: string;
  /** Why that collector: SameNode, Hash, Load, Zone or Strategy. */
  readonly ownerReason?: OwnerReason;
  /** Where that collector runs, "" when that is not known; only where the strategy goes by zones. */
  readonly collectorZone?: string;
  /** What is scraped in its place; only with the reason Duplicate. */
  readonly survivor?: FoundTargetJson;
}

/** Everything about one discovered target. */
export interface TargetExplanationJson extends FoundTargetJson {
  /** "" when discovery does not say. */
  readonly node: string;
  /** "" when discovery does not say; only where the strategy goes by zones. */
  readonly zone?: string;
  readonly discoveredLabels: LabelRecord;
  /** What the job gave the target before the first rule. */
  readonly seededLabels: LabelRecord;
  readonly steps: readonly RelabelStepJson[];
  /** What the target is told from others by; null when it was dropped. */
  readonly finalLabels: LabelRecord | null;
  readonly outcome: OutcomeJson;
  /** Others with the same final labels, when it is the one that is scraped. */
  readonly duplicates: readonly FoundTargetJson[];
}

/** The body of `/api/v1/explain`. */
export interface ExplanationJson extends Omit<ServedExplanation, "targets" | "rules"> {
  readonly targets: readonly TargetExplanationJson[];
}

/** More of them would say nothing new. */
const MOST_DUPLICATES = 20;

/** The body of `/api/v1/explain`, without any password that a URL among the labels may have. */
export function toExplanationJson({ rules, targets, ...about }: ServedExplanation): ExplanationJson {
  return withoutPasswords({ ...about, targets: targets.map((target) => toTargetJson(target, rules, about.strategy)) });
}

/** One element of it, with what passwords it has. */
export function toTargetJson(
  explained: TargetExplanation,
  rules: readonly RelabelConfig[],
  strategy: StrategyNames,
): TargetExplanationJson {
  const { target, trace, node, zone, duplicates } = explained;
  return {
    ...toFound(target),
    node,
    ...(zone === undefined ? {} : { zone }),
    discoveredLabels: toRecord(trace.discovered),
    seededLabels: toRecord(trace.seeded),
    steps: trace.steps.map((step) => ({ ...step, config: toWrittenRule(rules[step.rule]) })),
    finalLabels: trace.final === undefined ? null : toRecord(trace.final),
    outcome: toOutcome(explained, rules, strategy),
    duplicates: duplicates.slice(0, MOST_DUPLICATES).map(toFound),
  };
}

function toFound(found: FoundTarget): FoundTargetJson {
  const { provider, source } = found;
  return { address: discoveredAddress(found), mechanism: provider.split("/")[0] ?? "", group: source };
}

function toWrittenRule(rule: RelabelConfig | undefined): RelabelStepJson["config"] {
  if (rule === undefined) return {};
  const { sourceLabels, separator, regex, defaultRegex, modulus, targetLabel, replacement, action } = rule;
  return {
    ...(sourceLabels.length === 0 ? {} : { source_labels: sourceLabels }),
    ...(separator === ";" ? {} : { separator }),
    ...(defaultRegex ? {} : { regex }),
    ...(modulus === 0n ? {} : { modulus: Number(modulus) }),
    ...(targetLabel === "" ? {} : { target_label: targetLabel }),
    ...(replacement === "$1" ? {} : { replacement }),
    action,
  };
}

function toOutcome(
  { trace, outcome, node, zone = "" }: TargetExplanation,
  rules: readonly RelabelConfig[],
  strategy: StrategyNames,
): OutcomeJson {
  const { reason } = outcome;
  if (reason === "Assigned") {
    const { collector, ownerReason, collectorZone } = outcome;
    const message = `collector ${collector} scrapes it: ${ownerText(outcome, { node, zone }, strategy)}`;
    return { reason, message, collector, ownerReason, ...(collectorZone === undefined ? {} : { collectorZone }) };
  }
  if (reason === "Duplicate") {
    const survivor = toFound(outcome.survivor);
    const message = `its final labels are those of ${survivor.address} of group ${survivor.group}, which is scraped`;
    return { reason, message, survivor };
  }
  if (reason === "DroppedByRule") return { reason, message: dropText(trace.steps.at(-1), rules) };
  if (reason === "RelabellingFailed") {
    const why = trace.failure?.message ?? "no reason given";
    return { reason, message: `relabelling broke off, which drops it: ${why}; please report this` };
  }
  return { reason, message: UNOWNED_TEXTS[reason](node, strategy) };
}

type Unowned = Exclude<TargetOutcome["reason"], "Assigned" | "Duplicate" | "DroppedByRule" | "RelabellingFailed">;

/** Why a target that relabelling keeps has no collector. */
const UNOWNED_TEXTS: Readonly<Record<Unowned, (node: string, strategy: StrategyNames) => string>> = {
  NoCollectors: () => "nobody scrapes it: there are no collectors",
  NoCollectorOnNode: (node) => `nobody scrapes it: no collector runs on its node ${node}`,
  NodeUnknown: () =>
    "nobody scrapes it: discovery does not say on which node it runs, and there is no allocation_fallback_strategy",
  NotPlaced: (_node, { name }) => `nobody scrapes it: the strategy ${name} places it nowhere`,
  NotAllocatedYet: () => "it is not part of the served result yet",
  Kept: () => "relabelling keeps it; which collector scrapes it, only a running target allocator knows",
};

function ownerText(
  { ownerReason, strategy: deciding, collectorZone = "" }: Extract<TargetOutcome, { reason: "Assigned" }>,
  { node, zone }: { readonly node: string; readonly zone: string },
  { name }: StrategyNames,
): string {
  const texts: Readonly<Record<OwnerReason, string>> = {
    SameNode: `it runs on the target's node ${node}`,
    Hash: `the target's hash leads to it (${deciding})`,
    Load: `it had the least load when the target came (${deciding})`,
    Zone: `${zoneText(zone, collectorZone)} (${deciding})`,
    Strategy: `the strategy ${deciding} places it there`,
  };
  const why = deciding === name ? "" : "; by the fallback strategy, because the target's node is not known";
  return texts[ownerReason] + why;
}

/** Why a collector of this zone has a target of that zone. */
function zoneText(target: string, collector: string): string {
  const where = collector === "" ? "whose own zone is not known" : `of zone ${collector}`;
  if (target === "") return `the target's zone is not known, and this one, ${where}, had the least load`;
  return target === collector
    ? `it runs in the target's zone ${target}`
    : `no collector of the target's zone ${target} had room when it came, and this one, ${where}, had the least load`;
}

const DROP_TEXTS: Readonly<Record<DropReason, string>> = {
  NoMatch: "does not match",
  Match: "matches",
  NotEqual: "is not the value of",
  Equal: "is the value of",
};

function dropText(step: RelabelStep | undefined, rules: readonly RelabelConfig[]): string {
  const rule = rules[step?.rule ?? -1];
  if (step?.dropped === undefined || rule === undefined) return "a rule dropped it";
  const { dropped, sourceValue, action } = step;
  const against = dropped === "Match" || dropped === "NoMatch" ? JSON.stringify(rule.regex) : rule.targetLabel;
  const labels = rule.sourceLabels.join(", ");
  return (
    `relabel_configs[${String(step.rule)}] (${action}) dropped it: the value ${JSON.stringify(sourceValue)} ` +
    `of ${labels === "" ? "no source label" : labels} ${DROP_TEXTS[dropped]} ${against}`
  );
}
