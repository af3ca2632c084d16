import { RESOURCES } from "../../api/resource-type.ts";
import type { FreeForm } from "../../api/opentelemetry/v1beta1.ts";
import { sha256 } from "../manifests/canonical-json.ts";
import { allocatorSelectorLabels } from "../manifests/labels.ts";
import { type Manifest, manifest, present } from "../manifests/manifest.ts";
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
} from "../manifests/pod-template.ts";
import { allocatorMeta, type AllocatorInput, inheritedAnnotations } from "./allocator-input.ts";
import { buildAllocatorFile } from "./build-config-text.ts";

/** Where the allocator serves its routes, in its container. */
const ALLOCATOR_PORT = 8080;
const CONFIG_HASH_ANNOTATION = "opentelemetry-targetallocator-config/hash";

/** The Deployment that runs the allocator. Its pods are replaced when the configuration changes. */
export function buildDeployment(input: AllocatorInput): Manifest {
  const { spec, owner } = input;
  const meta = allocatorMeta(input);
  const name = allocatorName(owner.metadata.name);
  const template = buildPodTemplate({
    labels: meta.labels ?? {},
    annotations: {
      ...spec.podAnnotations,
      ...inheritedAnnotations(input),
      [CONFIG_HASH_ANNOTATION]: sha256(buildAllocatorFile(input)),
    },
    serviceAccountName: spec.serviceAccount === undefined || spec.serviceAccount === "" ? name : spec.serviceAccount,
    containers: [buildContainer(input)],
    volumes: [configMapVolume(ALLOCATOR_CONFIG_VOLUME, name, ALLOCATOR_CONFIG_FILE)],
    settings: spec,
  });
  const selector = { matchLabels: allocatorSelectorLabels(owner.metadata) };
  return manifest(RESOURCES.Deployment, meta, { spec: present({ replicas: spec.replicas, selector, template }) });
}

function buildContainer({ spec, settings }: AllocatorInput): FreeForm {
  return present({
    name: ALLOCATOR_CONTAINER,
    image: spec.image === undefined || spec.image === "" ? settings.allocatorImage : spec.image,
    // One image holds operator and allocator; the argument says which of them runs.
    args: ["target-allocator"],
    env: mergeVariables(spec.env ?? [], [
      fieldVariable("OTELCOL_NAMESPACE", "metadata.namespace"),
      ...limitVariables(ALLOCATOR_CONTAINER),
      ...proxyVariables(settings.proxies),
    ]),
    ports: [{ name: "http", containerPort: ALLOCATOR_PORT, protocol: "TCP" }],
    resources: spec.resources,
    securityContext: spec.securityContext,
    livenessProbe: { httpGet: { path: "/livez", port: ALLOCATOR_PORT } },
    readinessProbe: { httpGet: { path: "/readyz", port: ALLOCATOR_PORT } },
    volumeMounts: [{ name: ALLOCATOR_CONFIG_VOLUME, mountPath: "/conf" }],
  });
}
