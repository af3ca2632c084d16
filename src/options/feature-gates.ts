import { type Flag, parsedFlag } from "./flags.ts";
import { nearNames } from "./near-names.ts";

/** What the gates of `--feature-gates` switch. */
export interface FeatureGates {
  /** Resources that say nothing about network policies get some. Gate `operand.networkpolicy`. */
  readonly networkPolicies: boolean;
  /** Targets that per-node leaves over go by consistent hashing. Gate `operator.targetallocator.fallbackstrategy`. */
  readonly fallbackStrategy: boolean;
  /** Gates that were given and mean nothing, each in a sentence. */
  readonly notes: readonly string[];
}

const DEFAULTS: FeatureGates = Object.freeze({ networkPolicies: true, fallbackStrategy: false, notes: [] });

/** The gates with an effect, and what they switch. */
const EFFECTS = new Map<string, "networkPolicies" | "fallbackStrategy">([
  ["operand.networkpolicy", "networkPolicies"],
  ["operator.targetallocator.fallbackstrategy", "fallbackStrategy"],
]);

const ALWAYS_ON = "what it switches on is always on here";
/** Gates of the Go operator, now or once, that have no effect. */
const WITHOUT_EFFECT = new Map<string, string>([
  ["operator.networkpolicy", "this operator's own network policy is a matter of its installation"],
  ["operator.clusterobservability", "this operator has no ClusterObservability resources"],
  ["operator.golang.flags", ALWAYS_ON],
  ["operator.collector.usedefaulttelemetryshape", ALWAYS_ON],
  ["operator.collector.default.config", ALWAYS_ON],
  ["operator.collector.rewritetargetallocator", ALWAYS_ON],
  ["operator.collector.targetallocatorcr", ALWAYS_ON],
  ["operator.observability.prometheus", ALWAYS_ON],
  ["operator.targetallocator.mtls", "spec.targetAllocator.mtls of a resource decides"],
  ["operator.sidecarcontainers.native", "this operator puts nothing into pods of others"],
]);

/** Every gate that is understood. */
export const FEATURE_GATES: readonly string[] = [...EFFECTS.keys(), ...WITHOUT_EFFECT.keys()];

/** Gates as the Go operator writes them: `gate` or `+gate` switches one on, `-gate` off; repeatable, and split at commas. */
export function featureGatesFlag(): Flag<FeatureGates> {
  const described = {
    help: `Features to switch on, or off with a - in front: ${[...EFFECTS.keys()].join(", ")}`,
    fallback: DEFAULTS,
    shown: "operand.networkpolicy",
    env: "FEATURE_GATES",
    placeholder: "gates",
  };
  const flag = parsedFlag<FeatureGates>("feature-gates", (text) => switchGates(text, DEFAULTS), described);
  return { ...flag, read: (text, before = DEFAULTS) => switchGates(text, before) };
}

function switchGates(text: string, before: FeatureGates): FeatureGates {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .reduce(switchGate, before);
}

function switchGate(gates: FeatureGates, written: string): FeatureGates {
  const name = written.replace(/^[+-]/, "");
  const effect = EFFECTS.get(name);
  if (effect !== undefined) return { ...gates, [effect]: !written.startsWith("-") };
  const why = WITHOUT_EFFECT.get(name);
  if (why !== undefined) return { ...gates, notes: [...gates.notes, `feature gate ${name} has no effect: ${why}`] };
  const near = nearNames(name, FEATURE_GATES)[0];
  const meant = near === undefined ? `known: ${FEATURE_GATES.join(", ")}` : `did you mean ${near}?`;
  throw new Error(`has an unknown feature gate ${JSON.stringify(name)}; ${meant}`);
}
