import type { KubeObject } from "../../api/meta.ts";
import type { ResourceType } from "../../api/resource-type.ts";
import { attemptOn } from "../errors.ts";
import type { KubeConnection } from "./connection.ts";
import { resourcePath } from "./resource-path.ts";

/**
 * What the server would store if the object were applied as the operator applies it; nothing is stored. Rejects as
 * KubeClient does.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
 */
export async function applyDry<T extends KubeObject>(
  { transport, fieldManager }: Pick<KubeConnection, "transport" | "fieldManager">,
  type: ResourceType,
  object: T,
  signal: AbortSignal,
): Promise<T> {
  const { name, namespace = "" } = object.metadata;
  const call = {
    attempt: attemptOn("applying (dry run)", type, { namespace, name }),
    method: "PATCH",
    path: resourcePath(type, { namespace, name }),
    query: { fieldManager, force: true, dryRun: "All" },
    contentType: "application/apply-patch+yaml",
    body: object,
  } as const;
  return transport.send<T>(call, signal);
}
