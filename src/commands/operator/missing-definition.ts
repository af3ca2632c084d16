import type { ResourceType } from "../../api/resource-type.ts";
import type { KubeClient } from "../../kube/client.ts";
import { NotFoundError } from "../../kube/errors.ts";
import { type Clock, delay } from "../../observability/clock.ts";
import type { Actor } from "../run-group.ts";

export interface RequiredDefinitionOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly type: ResourceType;
  /** Where objects of the kind may be listed. */
  readonly namespace: string;
}

/** The API server does not know the kind that the operator is for. */
class MissingDefinitionError extends Error {
  readonly code = "DEFINITION_MISSING";
  override readonly name = "MissingDefinitionError";
}

/** A server that has just got a definition serves the kind a moment later. */
const LOOKS = 3;
const BETWEEN_LOOKS_MS = 2_000;

/**
 * Ends the process when the API server says that it has no such kind. Whatever else it says, or that it says nothing, is
 * not for this actor to judge.
 */
export function requireDefinition({ client, clock, type, namespace }: RequiredDefinitionOptions): Actor {
  return async (stop) => {
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    stop.addEventListener("abort", () => resolve(), { once: true });
    for (let look = 1; await isMissing(client, type, namespace, stop); look += 1) {
      if (look === LOOKS) {
        throw new MissingDefinitionError(
          `the API server does not know ${type.kind}: install the CustomResourceDefinition ` +
            `${type.plural}.${type.group} (config/crd), or wait for it with --ignore-missing-collector-crds`,
        );
      }
      await delay(clock, BETWEEN_LOOKS_MS, stop);
    }
    if (!stop.aborted) await stopped;
  };
}

async function isMissing(
  client: KubeClient,
  type: ResourceType,
  namespace: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.list(type, { namespace }, signal);
    return false;
  } catch (error) {
    return error instanceof NotFoundError;
  }
}
