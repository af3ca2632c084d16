import { createHash } from "node:crypto";
import type { KubeObject } from "../api/meta.ts";
import { apiVersionOf, type ResourceType } from "../api/resource-type.ts";
import { REVIEWS } from "../api/review-types.ts";
import type { KubeClient } from "./client.ts";
import type { Timers } from "./timers.ts";

/** Whether somebody may do something to a path. */
export type PathVerdict =
  | { readonly kind: "allowed" }
  /** The API server does not know whose token it is. */
  | { readonly kind: "unknown" }
  | { readonly kind: "denied"; readonly user: string };

interface TokenReview extends KubeObject {
  readonly spec: { readonly token: string };
  readonly status?: { readonly authenticated?: boolean; readonly user?: ReviewedUser };
}

interface ReviewedUser {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: unknown;
}

interface AccessReview extends KubeObject {
  readonly spec: unknown;
  readonly status?: { readonly allowed?: boolean };
}

/** Whoever scrapes every few seconds costs two questions a minute; a right that is taken away ends within that time. */
const REMEMBERED_MS = 60_000;
/** A right that is granted works soon. */
const REFUSAL_REMEMBERED_MS = 10_000;
const MOST_REMEMBERED = 256;

interface Remembered {
  readonly verdict: PathVerdict;
  /** On the monotonic clock. */
  readonly until: number;
}

/**
 * Lets the API server say who a bearer token belongs to, and whether that account may do something to a path: how
 * Kubernetes' own components protect their metrics. Tokens are not kept, only their hashes.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-whether-a-request-is-allowed-or-denied
 */
export class PathAccess {
  readonly #client: KubeClient;
  readonly #timers: Pick<Timers, "monotonic">;
  readonly #remembered = new Map<string, Remembered>();

  constructor(client: KubeClient, timers: Pick<Timers, "monotonic">) {
    this.#client = client;
    this.#timers = timers;
  }

  /** @param verb - In lower case, such as `get`. Rejects when the API server does not say. */
  async review(token: string, path: string, verb: string, signal: AbortSignal): Promise<PathVerdict> {
    const key = createHash("sha256")
      .update(JSON.stringify([token, path, verb]))
      .digest("base64");
    const known = this.#remembered.get(key);
    if (known !== undefined && this.#timers.monotonic() < known.until) return known.verdict;
    const verdict = await this.#ask(token, { path, verb }, signal);
    this.#remember(key, verdict);
    return verdict;
  }

  async #ask(
    token: string,
    nonResourceAttributes: { readonly path: string; readonly verb: string },
    signal: AbortSignal,
  ): Promise<PathVerdict> {
    const { status } = await this.#client.create<TokenReview>(
      REVIEWS.TokenReview,
      { ...identityOf(REVIEWS.TokenReview), spec: { token } },
      signal,
    );
    const { username = "", uid, groups, extra } = status?.user ?? {};
    if (status?.authenticated !== true) return { kind: "unknown" };
    const spec = { user: username, uid, groups, extra, nonResourceAttributes };
    const answer = await this.#client.create<AccessReview>(
      REVIEWS.SubjectAccessReview,
      { ...identityOf(REVIEWS.SubjectAccessReview), spec },
      signal,
    );
    return answer.status?.allowed === true ? { kind: "allowed" } : { kind: "denied", user: username };
  }

  #remember(key: string, verdict: PathVerdict): void {
    const forMs = verdict.kind === "allowed" ? REMEMBERED_MS : REFUSAL_REMEMBERED_MS;
    this.#remembered.delete(key);
    this.#remembered.set(key, { verdict, until: this.#timers.monotonic() + forMs });
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MOST_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
  }
}

/** A review has no name: it is answered, not kept. */
function identityOf(type: ResourceType): KubeObject {
  return { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { name: "" } };
}
