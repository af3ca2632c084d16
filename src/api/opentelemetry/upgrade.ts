import { isDeepStrictEqual } from "node:util";

import { componentType, isFreeForm, settingsOf } from "./components.ts";
import type { CollectorConfig, OpenTelemetryCollectorSpec } from "./v1beta1.ts";

/** A spec as a newer collector wants it. */
export interface Upgrade {
  readonly spec: OpenTelemetryCollectorSpec;
  /** What is different, a sentence each; empty when nothing is. */
  readonly changes: readonly string[];
}

/** What a version of the collector changed, by its own notes of release. */
interface Step {
  readonly version: string;
  readonly upgrade: (spec: OpenTelemetryCollectorSpec) => OpenTelemetryCollectorSpec;
}

/** Kept the expansion of variables as it was, for receivers whose own configuration has dollars. */
const OLD_EXPANSION = "-confmap.unifyEnvVarExpansion";
/** Kept receivers listening on all addresses. */
const ALL_ADDRESSES = "-component.UseLocalHostAsDefaultHost";

/**
 * In the order of the versions, as the Go operator takes them. Those before 0.104 are left out: they speak of
 * collectors of 2024 and before, in the v1alpha1 form. What 0.111 wrote 0.122 takes away again: where nothing is said of a
 * collector's own metrics, its defaults say it.
 */
const STEPS: readonly Step[] = [
  {
    version: "0.104.0",
    upgrade: (spec) => {
      const gates = hasPrometheus(spec.config) ? [OLD_EXPANSION, ALL_ADDRESSES] : [ALL_ADDRESSES];
      return withGates(spec, (known) => [...known, ...gates.filter((gate) => !known.includes(gate))]);
    },
  },
  {
    version: "0.105.0",
    upgrade: (spec) => (hasPrometheus(spec.config) ? withoutGate(spec, OLD_EXPANSION) : spec),
  },
  { version: "0.110.0", upgrade: (spec) => withoutGate(spec, ALL_ADDRESSES) },
  { version: "0.122.0", upgrade: (spec) => ({ ...spec, config: withReaderForAddress(spec.config) }) },
];

/**
 * What the configuration of an older collector becomes under a newer one. A second time nothing changes any more. A
 * version that is no number, or is not older, changes nothing: it is never taken back.
 */
export function upgradeSpec(spec: OpenTelemetryCollectorSpec, from: string, to: string): Upgrade {
  if (!isOlder(from, to) || !isFreeForm(spec.config)) return { spec, changes: [] };
  const due = STEPS.filter(({ version }) => isOlder(from, version) && !isOlder(to, version));
  const upgraded = due.reduce((former, { upgrade }) => upgrade(former), spec);
  return { spec: upgraded, changes: changesBetween(spec, upgraded) };
}

/** The version whose configuration a spec is: the newer one as soon as nothing is left to upgrade. */
export function versionAfter(spec: OpenTelemetryCollectorSpec, from: string | undefined, to: string): string {
  if (from === undefined || from === "") return to;
  const settled =
    spec.upgradeStrategy !== "none" && isOlder(from, to) && upgradeSpec(spec, from, to).changes.length === 0;
  return settled ? to : from;
}

function isOlder(one: string, other: string): boolean {
  const [left, right] = [numbersOf(one), numbersOf(other)];
  if (left === undefined || right === undefined) return false;
  const at = left.findIndex((part, index) => part !== right[index]);
  return at !== -1 && (left[at] ?? 0) < (right[at] ?? 0);
}

function numbersOf(version: string): readonly number[] | undefined {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1);
  return parts?.map(Number);
}

function hasPrometheus(config: CollectorConfig): boolean {
  return Object.keys(settingsOf(config.receivers)).some((id) => componentType(id) === "prometheus");
}

const GATES = "feature-gates";

function withGates(
  spec: OpenTelemetryCollectorSpec,
  change: (gates: readonly string[]) => readonly string[],
): OpenTelemetryCollectorSpec {
  const { [GATES]: text = "", ...others } = spec.args ?? {};
  const known = text.split(",").filter((gate) => gate !== "");
  const gates = change(known);
  if (isDeepStrictEqual(known, gates)) return spec;
  const args = gates.length === 0 ? others : { ...others, [GATES]: gates.join(",") };
  if (Object.keys(args).length > 0) return { ...spec, args };
  const { args: _empty, ...rest } = spec;
  return rest;
}

function withoutGate(spec: OpenTelemetryCollectorSpec, gate: string): OpenTelemetryCollectorSpec {
  return withGates(spec, (known) => known.filter((each) => each !== gate));
}

/** `service.telemetry.metrics.address` is no setting any more: a reader that is pulled from stands for it. */
function withReaderForAddress(config: CollectorConfig): CollectorConfig {
  const telemetry = settingsOf(settingsOf(config.service)["telemetry"]);
  const { address, ...metrics } = settingsOf(telemetry["metrics"]);
  const readers: readonly unknown[] = Array.isArray(metrics["readers"]) ? metrics["readers"] : [];
  const { host, port } = /^(?<host>.*):(?<port>\d+)$/s.exec(typeof address === "string" ? address : "")?.groups ?? {};
  // Where it holds a variable for the port, only its author knows what to write.
  if (host === undefined || port === undefined) return config;
  const reader = { pull: { exporter: { prometheus: { host: host === "" ? "0.0.0.0" : host, port: Number(port) } } } };
  const upgraded = { ...metrics, readers: readers.length === 0 ? [reader] : readers };
  return { ...config, service: { ...config.service, telemetry: { ...telemetry, metrics: upgraded } } };
}

function changesBetween(before: OpenTelemetryCollectorSpec, after: OpenTelemetryCollectorSpec): readonly string[] {
  const [was, is] = [before.args?.[GATES], after.args?.[GATES]];
  const gates = was === is ? [] : [`spec.args.${GATES}: ${shown(was)} became ${shown(is)}`];
  const moved = isDeepStrictEqual(before.config, after.config)
    ? []
    : ["spec.config.service.telemetry.metrics: address became a reader that is pulled from"];
  return [...gates, ...moved];
}

function shown(gates: string | undefined): string {
  return gates === undefined ? "none" : JSON.stringify(gates);
}
