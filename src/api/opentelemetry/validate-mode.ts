import { type Check, quoted, unsupported } from "./check.ts";
import type { DefaultedCollector } from "./default.ts";
import { COLLECTOR_MODES } from "./schema/collector.ts";
import type { OpenTelemetryCollectorSpec } from "./v1beta1.ts";

/** What the mode of a collector goes with. */

/** What keeps one collector from becoming the other, if anything: pods of one kind are not moved to another. */
export function changeProblem(before: DefaultedCollector, after: DefaultedCollector): string | undefined {
  const { mode } = before.spec;
  return mode === after.spec.mode ? undefined : unsupported(mode, "modification");
}

export const hasKnownMode: Check = ({ spec: { mode } }) =>
  COLLECTOR_MODES.includes(mode) ? undefined : `spec.mode ${quoted(mode)} is none of ${COLLECTOR_MODES.join(", ")}`;

export const keepsClaimsToStatefulSets: Check = ({ spec }) => {
  if (spec.mode === "statefulset") return undefined;
  const given = (["volumeClaimTemplates", "persistentVolumeClaimRetentionPolicy"] as const).find(
    (name) => spec[name] !== undefined,
  );
  return given === undefined ? undefined : unsupported(spec.mode, `the attribute '${given}'`);
};

type Wishes = Readonly<Record<string, (spec: OpenTelemetryCollectorSpec) => boolean>>;

/** A sidecar has no pod of its own to which these could apply. The names are those of the messages. */
const OF_PODS: Wishes = {
  tolerations: ({ tolerations = [] }) => tolerations.length > 0,
  priorityClassName: ({ priorityClassName = "" }) => priorityClassName !== "",
  affinity: ({ affinity }) => affinity !== undefined,
  AdditionalContainers: ({ additionalContainers = [] }) => additionalContainers.length > 0,
};

export const asksNothingOfPodsInSidecars: Check = ({ spec }) => {
  if (spec.mode !== "sidecar") return undefined;
  const given = Object.entries(OF_PODS).find(([, isGiven]) => isGiven(spec))?.[0];
  return given === undefined ? undefined : unsupported(spec.mode, `the attribute '${given}'`);
};

export const replacesPodsAsItsModeDoes: Check = ({ spec }) => {
  const { mode, daemonSetUpdateStrategy = {}, deploymentUpdateStrategy = {} } = spec;
  if (mode !== "daemonset" && isSet(daemonSetUpdateStrategy))
    return unsupported(mode, "the attribute 'updateStrategy'");
  return mode !== "deployment" && isSet(deploymentUpdateStrategy)
    ? unsupported(mode, "the attribute 'deploymentUpdateStrategy'")
    : undefined;
};

function isSet({ type }: Readonly<Record<string, unknown>>): boolean {
  return typeof type === "string" && type !== "";
}
