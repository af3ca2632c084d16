import { RESOURCES } from "../../api/resource-type.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import { ALLOCATOR_CONFIG_FILE } from "../manifests/names.ts";
import { allocatorMeta, type AllocatorInput } from "./allocator-input.ts";
import { buildCertificates } from "./build-certificates.ts";
import { buildAllocatorFile } from "./build-config-text.ts";
import { buildDeployment } from "./build-deployment.ts";
import { buildDisruptionBudget } from "./build-disruption-budget.ts";
import { buildMonitor } from "./build-monitor.ts";
import { buildNetworkPolicy } from "./build-network-policy.ts";
import { buildService } from "./build-service.ts";

/** The desired objects of an allocator, in apply order. Same input, same output, byte for byte. */
export function buildAllocator(input: AllocatorInput): readonly Manifest[] {
  return [
    ...buildCertificates(input),
    buildConfigMap(input),
    buildDeployment(input),
    ...buildServiceAccount(input),
    buildService(input),
    ...buildDisruptionBudget(input),
    ...buildNetworkPolicy(input),
    ...buildMonitor(input),
  ];
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
