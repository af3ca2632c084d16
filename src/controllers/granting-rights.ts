import type { KubeObject } from "../api/meta.ts";
import { apiVersionOf, RESOURCES, type ResourceType } from "../api/resource-type.ts";
import { REVIEWS } from "../api/review-types.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Clock } from "../observability/clock.ts";

interface AccessReview extends KubeObject {
  readonly spec: unknown;
  readonly status?: { readonly allowed?: boolean };
}

/** What it takes to make cluster roles, to find them by their labels and to take them away. */
export const GRANTING_TYPES = [RESOURCES.ClusterRole, RESOURCES.ClusterRoleBinding] as const;
/** The same, where roles of namespaces are made too. */
export const ALL_GRANTING_TYPES: readonly ResourceType[] = [...GRANTING_TYPES, RESOURCES.Role, RESOURCES.RoleBinding];
export const GRANTING_VERBS = ["create", "delete", "get", "list", "patch"] as const;

/** How long a refusal is believed: nobody tells when rights are given. */
const REFUSAL_HOLDS_MS = 60_000;

/**
 * Whether this process may look after cluster roles. The API server is asked once; again when something was refused all
 * the same, and, while the answer is no, when somebody wants to know after a minute.
 */
export class GrantingRights {
  readonly #client: KubeClient;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #types: readonly ResourceType[];
  #known: { readonly allowed: boolean; readonly since: number } | undefined;

  /** @param types - What is to be looked after. */
  constructor(client: KubeClient, clock: Pick<Clock, "monotonic">, types: readonly ResourceType[] = GRANTING_TYPES) {
    this.#client = client;
    this.#clock = clock;
    this.#types = types;
  }

  /** Of the types that are looked after. */
  get types(): readonly ResourceType[] {
    return this.#types;
  }

  /** Rejects when the API server does not say. */
  async held(signal: AbortSignal): Promise<boolean> {
    const known = this.#known;
    if (known !== undefined && (known.allowed || this.#clock.monotonic() - known.since < REFUSAL_HOLDS_MS)) {
      return known.allowed;
    }
    const allowed = await this.#ask(signal);
    this.#known = { allowed, since: this.#clock.monotonic() };
    return allowed;
  }

  /** What was known does not hold any more. */
  forget(): void {
    this.#known = undefined;
  }

  async #ask(signal: AbortSignal): Promise<boolean> {
    for (const { group, plural: resource } of this.#types) {
      for (const verb of GRANTING_VERBS) {
        const review = await this.#client.create<AccessReview>(
          REVIEWS.SelfSubjectAccessReview,
          {
            apiVersion: apiVersionOf(REVIEWS.SelfSubjectAccessReview),
            kind: REVIEWS.SelfSubjectAccessReview.kind,
            metadata: { name: "" },
            spec: { resourceAttributes: { group, resource, verb } },
          },
          signal,
        );
        if (review.status?.allowed !== true) return false;
      }
    }
    return true;
  }
}
