import { RESOURCES } from "../../api/resource-type.ts";
import { allocatorSelectorLabels } from "../manifests/labels.ts";
import { type Manifest, manifest, present, unlessEmpty } from "../manifests/manifest.ts";
import { allocatorMeta, type AllocatorInput } from "./allocator-input.ts";
import { certificateSource } from "./mutual-tls.ts";

/** The name of the port on which collectors ask for their targets, in the Service. */
export const ALLOCATION_PORT = "targetallocation";

/** The Service at which collectors ask for their targets. Plain HTTP stays beside mutual TLS: probes and metrics use it. */
export function buildService(input: AllocatorInput): Manifest {
  const { spec, owner } = input;
  const secure = certificateSource(spec.mtls) !== undefined;
  const ports = [
    { name: ALLOCATION_PORT, port: 80, targetPort: "http" },
    ...(secure ? [{ name: `${ALLOCATION_PORT}-https`, port: 443, targetPort: "https" }] : []),
  ];
  return manifest(RESOURCES.Service, allocatorMeta(input), {
    spec: {
      ports,
      selector: allocatorSelectorLabels(owner.metadata),
      ...present({
        ipFamilies: unlessEmpty(spec.ipFamilies),
        ipFamilyPolicy: spec.ipFamilyPolicy,
        trafficDistribution: spec.trafficDistribution,
      }),
    },
  });
}
