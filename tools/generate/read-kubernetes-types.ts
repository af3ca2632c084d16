import { RESOURCE_SCHEMAS } from "./files.ts";
import { type OpenApiSchemas, toKubernetesTypes } from "./kubernetes-types.ts";
import type { ControlPlane } from "../real-parts/control-plane.ts";

export const KUBERNETES_TYPES_PATH = "src/api/opentelemetry/schema/kubernetes-types.ts";

/** The groups whose types the resources embed. */
const DOCUMENTS = ["api/v1", "apis/apps/v1", "apis/autoscaling/v2", "apis/networking.k8s.io/v1"];

/** The text of the module of Kubernetes' types, as this API server has them. */
export async function readKubernetesTypes(plane: ControlPlane): Promise<string> {
  const texts = await Promise.all(DOCUMENTS.map((path) => plane.kubectl(["get", "--raw", `/openapi/v3/${path}`])));
  const schemas = texts.map(
    (text) => (JSON.parse(text) as { readonly components: { readonly schemas: OpenApiSchemas } }).components.schemas,
  );
  return toKubernetesTypes(
    RESOURCE_SCHEMAS,
    Object.assign({}, ...schemas) as OpenApiSchemas,
    "node tools/generate-kubernetes-types.ts",
  );
}
