import { componentType, portOf, settingsOf } from "../../api/opentelemetry/components.ts";
import { DEFAULT_METRICS_PORT, usedComponents } from "../../api/opentelemetry/default.ts";
import type { FreeForm, ProbeTuning } from "../../api/opentelemetry/v1beta1.ts";
import { present, unlessEmpty } from "../manifests/manifest.ts";
import {
  COLLECTOR_CONFIG_FILE,
  COLLECTOR_CONFIG_VOLUME,
  COLLECTOR_CONTAINER,
  extraConfigMapVolumeName,
} from "../manifests/names.ts";
import { fieldVariable, limitVariables, mergeVariables, proxyVariables, toFlags } from "../manifests/pod-template.ts";
import { certificateFiles, type CollectorInput, hasAllocator } from "./collector-input.ts";
import { findMetricsPort } from "./config/metrics-port.ts";
import { findPorts } from "./config/ports.ts";
import { type ContainerPort, mergeContainerPorts } from "./merge-ports.ts";

/** The container that runs the collector. */
export function buildCollectorContainer(input: CollectorInput): FreeForm {
  const { spec } = input.collector;
  const { config: _ours, ...args } = spec.args ?? {};
  const probe = healthProbe(input);
  return {
    ...present({
      name: COLLECTOR_CONTAINER,
      image: imageOf(input),
      imagePullPolicy: spec.imagePullPolicy,
      command: unlessEmpty(spec.command),
      args: [`--config=/conf/${COLLECTOR_CONFIG_FILE}`, ...toFlags(args)],
      env: mergeVariables(spec.env ?? [], ownVariables(input)),
      envFrom: unlessEmpty(spec.envFrom),
      ports: containerPorts(input),
      resources: spec.resources,
      securityContext: spec.securityContext,
      lifecycle: spec.lifecycle,
      volumeMounts: volumeMounts(input),
      livenessProbe: tuned(probe, spec.livenessProbe),
      readinessProbe: tuned(probe, spec.readinessProbe),
      startupProbe: tuned(probe, spec.startupProbe),
    }),
  };
}

/** The image that the collector runs. */
function imageOf({ collector, settings }: CollectorInput): string {
  const { image } = collector.spec;
  return image === undefined || image === "" ? settings.collectorImage : image;
}

function ownVariables(input: CollectorInput): readonly FreeForm[] {
  return [
    fieldVariable("POD_NAME", "metadata.name"),
    ...(namesShard(input) ? [{ name: "SHARD", value: "0" }] : []),
    ...limitVariables(COLLECTOR_CONTAINER),
    ...(readsKubelet(input) ? [fieldVariable("K8S_NODE_NAME", "spec.nodeName")] : []),
    ...proxyVariables(input.settings.proxies),
  ];
}

/**
 * Configurations made for sharding by hashmod name the variable, which the Go operator set up to 0.98; with an allocator
 * every collector is shard 0. What the allocator serves needs none: a receiver takes an absent one for 0.
 */
function namesShard(input: CollectorInput): boolean {
  return hasAllocator(input) && /\bSHARD\b/.test(JSON.stringify(input.collector.spec.config));
}

const KUBELET_RECEIVERS: ReadonlySet<string> = new Set(["kubelet_stats", "kubeletstats"]);

function readsKubelet({ collector }: CollectorInput): boolean {
  const used = [...usedComponents(collector.spec.config).receivers];
  return used.some((id) => KUBELET_RECEIVERS.has(componentType(id)));
}

/** What the collector's container listens on: the ports of the spec, those of its components, and its own metrics. */
export function containerPorts({ collector: { spec } }: CollectorInput): readonly ContainerPort[] {
  const found = findPorts(spec.config, ["receivers", "exporters", "extensions"]).ports.map(
    ({ name, port, protocol }): ContainerPort =>
      protocol === undefined ? { name, containerPort: port } : { name, containerPort: port, protocol },
  );
  const metrics = {
    name: "metrics",
    containerPort: findMetricsPort(spec.config) ?? DEFAULT_METRICS_PORT,
    protocol: "TCP",
  };
  return mergeContainerPorts(spec.ports ?? [], [...found, metrics]);
}

function volumeMounts(input: CollectorInput): readonly FreeForm[] {
  const { spec } = input.collector;
  const extra = (spec.configmaps ?? []).map(({ name, mountpath }) => ({
    name: extraConfigMapVolumeName(name),
    mountPath: joinPath("/var/conf", mountpath, extraConfigMapVolumeName(name)),
  }));
  return [
    { name: COLLECTOR_CONFIG_VOLUME, mountPath: "/conf" },
    ...certificateFiles(input).mounts,
    ...(spec.volumeMounts ?? []),
    ...extra,
  ];
}

function joinPath(...parts: readonly string[]): string {
  return parts.join("/").replaceAll(/\/+/g, "/");
}

/** A request to the health_check extension, if it is in use. */
function healthProbe({ collector: { spec } }: CollectorInput): FreeForm | undefined {
  const id = [...usedComponents(spec.config).extensions].find((used) => componentType(used) === "health_check");
  if (id === undefined || spec.config.extensions === undefined) return undefined;
  const settings = settingsOf(spec.config.extensions[id]);
  const path = typeof settings["path"] === "string" && settings["path"] !== "" ? settings["path"] : "/";
  return { httpGet: { path, port: portOf(settings["endpoint"]) ?? 13133 } };
}

function tuned(probe: FreeForm | undefined, tuning: ProbeTuning | undefined): FreeForm | undefined {
  return probe === undefined ? undefined : { ...probe, ...tuning };
}
