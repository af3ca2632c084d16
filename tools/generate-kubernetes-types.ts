/**
 * Writes what the custom resources embed of Kubernetes' own types, from the OpenAPI documents of the real
 * kube-apiserver of `make real-parts`. Run when its version changes, then `make generate`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { KUBERNETES_TYPES_PATH, readKubernetesTypes } from "./generate/read-kubernetes-types.ts";
import { startControlPlane } from "./real-parts/control-plane.ts";

const plane = await startControlPlane({ say: console.log });
try {
  writeFileSync(join(import.meta.dirname, "..", KUBERNETES_TYPES_PATH), await readKubernetesTypes(plane));
} finally {
  await plane.stop();
}
