import type { FreeForm, OpenTelemetryCollectorSpec, TargetAllocatorSpec } from "../../api/opentelemetry/v1beta1.ts";
import type { Labels } from "./labels.ts";
import { present, unlessEmpty } from "./manifest.ts";
import type { Proxies } from "./manifest-settings.ts";

/** What the pods of all workloads take from a custom resource as it is. */
type PodSettings = Partial<
  Pick<
    OpenTelemetryCollectorSpec,
    | "affinity"
    | "dnsPolicy"
    | "hostAliases"
    | "hostNetwork"
    | "hostPID"
    | "hostUsers"
    | "nodeSelector"
    | "podDnsConfig"
    | "podSecurityContext"
    | "priorityClassName"
    | "shareProcessNamespace"
    | "terminationGracePeriodSeconds"
    | "tolerations"
    | "topologySpreadConstraints"
  >
> &
  Pick<TargetAllocatorSpec, "affinity" | "nodeSelector" | "tolerations">;

export interface PodTemplateInput {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly serviceAccountName: string;
  readonly initContainers?: readonly FreeForm[] | undefined;
  readonly containers: readonly FreeForm[];
  readonly volumes: readonly FreeForm[];
  readonly settings: PodSettings;
}

/** The pod template of a Deployment, StatefulSet or DaemonSet. */
export function buildPodTemplate(input: PodTemplateInput): FreeForm {
  const { labels, annotations, settings } = input;
  return {
    metadata: present({ labels, annotations: Object.keys(annotations).length === 0 ? undefined : annotations }),
    spec: present({
      serviceAccountName: input.serviceAccountName,
      initContainers: unlessEmpty(input.initContainers),
      containers: input.containers,
      volumes: unlessEmpty(input.volumes),
      dnsPolicy: dnsPolicyOf(settings),
      dnsConfig: settings.podDnsConfig ?? {},
      hostNetwork: settings.hostNetwork,
      hostPID: settings.hostPID,
      hostUsers: settings.hostUsers,
      hostAliases: unlessEmpty(settings.hostAliases),
      shareProcessNamespace: settings.shareProcessNamespace ?? false,
      tolerations: unlessEmpty(settings.tolerations),
      nodeSelector: settings.nodeSelector,
      securityContext: settings.podSecurityContext,
      priorityClassName: settings.priorityClassName,
      affinity: settings.affinity,
      terminationGracePeriodSeconds: settings.terminationGracePeriodSeconds,
      topologySpreadConstraints: unlessEmpty(settings.topologySpreadConstraints),
    }),
  };
}

/** Name servers of one's own rule out the cluster's; pods on the host's network must ask for the cluster's. */
function dnsPolicyOf({ dnsPolicy, podDnsConfig, hostNetwork }: PodSettings): string {
  if (dnsPolicy !== undefined && dnsPolicy !== "") return dnsPolicy;
  if (podDnsConfig?.nameservers !== undefined) return "None";
  return hostNetwork === true ? "ClusterFirstWithHostNet" : "ClusterFirst";
}

/** A volume that holds one entry of a ConfigMap as a file of the same name. */
export function configMapVolume(volume: string, configMap: string, file: string): FreeForm {
  return { name: volume, configMap: { name: configMap, items: [{ key: file, path: file }] } };
}

/** Environment variables that tell a Go process its container's limits. */
export function limitVariables(containerName: string): readonly FreeForm[] {
  const fromLimit = (name: string, resource: string): FreeForm => ({
    name,
    valueFrom: { resourceFieldRef: { containerName, resource } },
  });
  return [fromLimit("GOMEMLIMIT", "limits.memory"), fromLimit("GOMAXPROCS", "limits.cpu")];
}

/** A variable that holds a field of the pod. */
export function fieldVariable(name: string, fieldPath: string): FreeForm {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

/** Environment variables that name these proxies, in both spellings: programs differ in which one they read. */
export function proxyVariables({ httpProxy, httpsProxy, noProxy }: Proxies = NO_PROXIES): readonly FreeForm[] {
  const given = { HTTP_PROXY: httpProxy, HTTPS_PROXY: httpsProxy, NO_PROXY: noProxy };
  return Object.entries(given)
    .filter(([, value]) => value !== "")
    .flatMap(([name, value]) => [
      { name, value },
      { name: name.toLowerCase(), value },
    ]);
}

const NO_PROXIES: Proxies = { httpProxy: "", httpsProxy: "", noProxy: "" };

/** The user's variables and, of ours, those that the user did not define. */
export function mergeVariables(given: readonly FreeForm[], ours: readonly FreeForm[]): readonly FreeForm[] {
  const names = new Set(given.map(({ name }) => name));
  return [...given, ...ours.filter(({ name }) => !names.has(name))];
}

/** Flags as `--key=value`, sorted. */
export function toFlags(args: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(args)
    .map(([key, value]) => `--${key}=${value}`)
    .toSorted();
}
