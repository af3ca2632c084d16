import { RESOURCES } from "../../api/resource-type.ts";
import type { FreeForm } from "../../api/opentelemetry/v1beta1.ts";
import { selectorLabels, withoutFiltered } from "../manifests/labels.ts";
import { type Manifest, manifest, present, unlessEmpty } from "../manifests/manifest.ts";
import {
  COLLECTOR_CONFIG_FILE,
  COLLECTOR_CONFIG_VOLUME,
  collectorConfigMapName,
  collectorName,
  extraConfigMapVolumeName,
  headlessServiceName,
} from "../manifests/names.ts";
import { buildPodTemplate, configMapVolume } from "../manifests/pod-template.ts";
import { buildCollectorContainer } from "./build-container.ts";
import {
  certificateFiles,
  collectorConfigHash,
  type CollectorInput,
  collectorMeta,
  inheritedAnnotations,
} from "./collector-input.ts";

const CONFIG_HASH_ANNOTATION = "opentelemetry-operator-config/sha256";

/** The Deployment, StatefulSet or DaemonSet that runs the collectors; nothing for a sidecar. */
export function buildWorkload(input: CollectorInput): readonly Manifest[] {
  const { spec, metadata } = input.collector;
  const meta = collectorMeta(input, { name: collectorName(metadata.name), filtered: true });
  const selector = { matchLabels: selectorLabels(metadata, "opentelemetry-collector") };
  const template = buildTemplate(input);
  switch (spec.mode) {
    case "deployment":
      return [
        manifest(RESOURCES.Deployment, meta, {
          spec: present({ replicas: replicasOf(input), selector, template, strategy: spec.deploymentUpdateStrategy }),
        }),
      ];
    case "daemonset":
      return [
        manifest(RESOURCES.DaemonSet, meta, {
          spec: present({ selector, template, updateStrategy: spec.daemonSetUpdateStrategy }),
        }),
      ];
    case "statefulset":
      return [manifest(RESOURCES.StatefulSet, meta, { spec: statefulSetSpec(input, { selector, template }) })];
    case "sidecar":
      return [];
  }
}

function statefulSetSpec(input: CollectorInput, parts: FreeForm): FreeForm {
  const { spec, metadata } = input.collector;
  const { serviceName, podManagementPolicy } = spec;
  return present({
    ...parts,
    replicas: replicasOf(input),
    serviceName: serviceName === undefined || serviceName === "" ? headlessServiceName(metadata.name) : serviceName,
    // Collectors do not depend on each other: one that cannot start must not keep the others from starting.
    podManagementPolicy: podManagementPolicy ?? "Parallel",
    volumeClaimTemplates: unlessEmpty(spec.volumeClaimTemplates),
    persistentVolumeClaimRetentionPolicy: spec.persistentVolumeClaimRetentionPolicy,
  });
}

/** An autoscaler works on the custom resource; its lower bound holds before it has acted. */
function replicasOf({ collector: { spec } }: CollectorInput): number | undefined {
  const atLeast = spec.autoscaler?.minReplicas;
  return atLeast === undefined ? spec.replicas : Math.max(atLeast, spec.replicas ?? 0);
}

function buildTemplate(input: CollectorInput): FreeForm {
  const { spec, metadata } = input.collector;
  const meta = collectorMeta(input, { name: collectorName(metadata.name), filtered: true });
  const { topologySpreadConstraints, ...settings } = spec;
  return buildPodTemplate({
    labels: meta.labels ?? {},
    annotations: podAnnotations(input),
    serviceAccountName: spec.serviceAccount || collectorName(metadata.name),
    initContainers: spec.initContainers,
    containers: [buildCollectorContainer(input), ...(spec.additionalContainers ?? [])],
    volumes: volumes(input),
    // A DaemonSet has its pods where the nodes are.
    settings: { ...settings, ...(spec.mode === "daemonset" ? {} : present({ topologySpreadConstraints })) },
  });
}

function podAnnotations(input: CollectorInput): Readonly<Record<string, string>> {
  const { spec } = input.collector;
  const given = {
    ...inheritedAnnotations(input),
    ...withoutFiltered(spec.podAnnotations ?? {}, input.settings.annotationsFilter),
  };
  const shown = spec.observability?.metrics?.disablePrometheusAnnotations === true ? {} : scrapeAnnotations(given);
  return { ...shown, ...given, [CONFIG_HASH_ANNOTATION]: collectorConfigHash(input) };
}

/** What lets a Prometheus find the collector's own metrics, and a mark that it was added here. */
function scrapeAnnotations(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const wanted = { "prometheus.io/scrape": "true", "prometheus.io/port": "8888", "prometheus.io/path": "/metrics" };
  if (Object.keys(wanted).every((key) => key in given)) return {};
  return { ...wanted, "operator.opentelemetry.io/prometheus-annotations-added": "true" };
}

function volumes(input: CollectorInput): readonly FreeForm[] {
  const { spec, metadata } = input.collector;
  const configMap = collectorConfigMapName(metadata.name, collectorConfigHash(input));
  const extra = (spec.configmaps ?? []).map(({ name }) => ({
    name: extraConfigMapVolumeName(name),
    configMap: { name },
  }));
  return [
    configMapVolume(COLLECTOR_CONFIG_VOLUME, configMap, COLLECTOR_CONFIG_FILE),
    ...certificateFiles(input).volumes,
    ...(spec.volumes ?? []),
    ...extra,
  ];
}
