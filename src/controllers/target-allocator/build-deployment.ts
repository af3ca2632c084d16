import { RESOURCES } from "../../api/resource-type.ts";
import type { FreeForm } from "../../api/opentelemetry/v1beta1.ts";
import { sha256 } from "../manifests/canonical-json.ts";
import { allocatorSelectorLabels } from "../manifests/labels.ts";
import { type Manifest, manifest, present, unlessEmpty } from "../manifests/manifest.ts";
import {
  ALLOCATOR_CONFIG_FILE,
  ALLOCATOR_CONFIG_VOLUME,
  ALLOCATOR_CONTAINER,
  allocatorName,
} from "../manifests/names.ts";
import {
  buildPodTemplate,
  configMapVolume,
  fieldVariable,
  limitVariables,
  mergeVariables,
  proxyVariables,
  toFlags,
} from "../manifests/pod-template.ts";
import { allocatorMeta, type AllocatorInput, inheritedAnnotations, serviceAccountOf } from "./allocator-input.ts";
import { buildAllocatorFile } from "./build-config-text.ts";
import { ALLOCATOR_PORT, containerPorts } from "./container-ports.ts";
import { serverCertificateFiles } from "./mutual-tls.ts";

const CONFIG_HASH_ANNOTATION = "opentelemetry-targetallocator-config/hash";

/** The Deployment that runs the allocator. Its pods are replaced when the configuration changes. */
export function buildDeployment(input: AllocatorInput): Manifest {
  const { spec, owner } = input;
  const meta = allocatorMeta(input);
  const { hostPID: _unused, dnsPolicy: _derived, ...settings } = spec;
  const template = buildPodTemplate({
    labels: meta.labels ?? {},
    annotations: {
      ...spec.podAnnotations,
      ...inheritedAnnotations(input),
      [CONFIG_HASH_ANNOTATION]: sha256(buildAllocatorFile(input)),
    },
    serviceAccountName: serviceAccountOf(input),
    initContainers: spec.initContainers,
    containers: [...(spec.additionalContainers ?? []), buildContainer(input)],
    volumes: [
      configMapVolume(ALLOCATOR_CONFIG_VOLUME, allocatorName(owner.metadata.name), ALLOCATOR_CONFIG_FILE),
      ...serverCertificateFiles(owner.metadata.name, spec.mtls).volumes,
      ...(spec.volumes ?? []),
    ],
    settings,
  });
  const selector = { matchLabels: allocatorSelectorLabels(owner.metadata) };
  return manifest(RESOURCES.Deployment, meta, { spec: present({ replicas: spec.replicas, selector, template }) });
}

function buildContainer(input: AllocatorInput): FreeForm {
  const { spec, settings, owner } = input;
  return present({
    name: ALLOCATOR_CONTAINER,
    image: spec.image === undefined || spec.image === "" ? settings.allocatorImage : spec.image,
    imagePullPolicy: spec.imagePullPolicy,
    // One image holds operator and allocator; the argument says which of them runs.
    args: ["target-allocator", ...toFlags(spec.args ?? {})],
    env: mergeVariables(spec.env ?? [], [
      fieldVariable("OTELCOL_NAMESPACE", "metadata.namespace"),
      ...limitVariables(ALLOCATOR_CONTAINER),
      ...proxyVariables(settings.proxies),
    ]),
    envFrom: unlessEmpty(spec.envFrom),
    ports: containerPorts(input),
    resources: spec.resources,
    securityContext: spec.securityContext,
    lifecycle: spec.lifecycle,
    livenessProbe: spec.livenessProbe ?? { httpGet: { path: "/livez", port: ALLOCATOR_PORT } },
    readinessProbe: spec.readinessProbe ?? { httpGet: { path: "/readyz", port: ALLOCATOR_PORT } },
    volumeMounts: [
      { name: ALLOCATOR_CONFIG_VOLUME, mountPath: "/conf" },
      ...(spec.volumeMounts ?? []),
      ...serverCertificateFiles(owner.metadata.name, spec.mtls).mounts,
    ],
  });
}
