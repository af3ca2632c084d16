import { RESOURCES } from "../../api/resource-type.ts";
import { allocatorSelectorLabels } from "../manifests/labels.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import { ALLOCATOR_CONFIG_FILE } from "../manifests/names.ts";
import { allocatorMeta, type AllocatorInput } from "./allocator-input.ts";
import { buildAllocatorFile } from "./build-config-text.ts";
import { buildDeployment } from "./build-deployment.ts";

/** The desired objects of an allocator, in apply order. */
export function buildAllocator(input: AllocatorInput): readonly Manifest[] {
  return [buildConfigMap(input), buildDeployment(input), ...buildServiceAccount(input), buildService(input)];
}

function buildConfigMap(input: AllocatorInput): Manifest {
  return manifest(RESOURCES.ConfigMap, allocatorMeta(input), {
    data: { [ALLOCATOR_CONFIG_FILE]: buildAllocatorFile(input) },
  });
}

/** None when the resource names an existing one. */
function buildServiceAccount(input: AllocatorInput): readonly Manifest[] {
  const { serviceAccount } = input.spec;
  if (serviceAccount !== undefined && serviceAccount !== "") return [];
  return [manifest(RESOURCES.ServiceAccount, allocatorMeta(input), {})];
}

function buildService(input: AllocatorInput): Manifest {
  const ports = [{ name: "targetallocation", port: 80, targetPort: "http" }];
  return manifest(RESOURCES.Service, allocatorMeta(input), {
    spec: { ports, selector: allocatorSelectorLabels(input.owner.metadata) },
  });
}
