import { type NamespacedName, keyOf } from "../api/meta.ts";
import type { ResourceType } from "../api/resource-type.ts";

/**
 * What a call to the API server can end in, one class per reaction. Adapters translate; nobody above looks at a
 * status code. Every message says what was tried on what, as in `applying Service shop/web: …`.
 */
export class KubeError extends Error {
  readonly code: string = "KUBE";
  override readonly name: string = "KubeError";
  /** HTTP status, or 0 when no answer came (connection refused, reset, time-out). */
  readonly status: number;
  /** The `reason` of the Status body, such as `Invalid`; "" without one. */
  readonly reason: string;
  /** What the server asked for by Retry-After. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: KubeErrorDetails, options?: ErrorOptions) {
    super(message, options);
    this.status = details.status;
    this.reason = details.reason;
    this.retryAfterMs = details.retryAfterMs;
  }
}

export interface KubeErrorDetails {
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs?: number | undefined;
}

/** 404 on a write or on the kind itself. A get of an absent object is `undefined`, not this. */
export class NotFoundError extends KubeError {
  override readonly code = "KUBE_NOT_FOUND";
  override readonly name = "NotFoundError";
}

/** 409: somebody else changed or created it meanwhile, or owns the field. Read again and retry. */
export class ConflictError extends KubeError {
  override readonly code = "KUBE_CONFLICT";
  override readonly name = "ConflictError";
}

/** 410: the resource version of a watch or page is no longer known. List again. */
export class ExpiredError extends KubeError {
  override readonly code = "KUBE_EXPIRED";
  override readonly name = "ExpiredError";
}

/** 400, 413, 415 and 422: the object itself is refused. Another attempt with the same object cannot succeed. */
export class InvalidError extends KubeError {
  override readonly code = "KUBE_INVALID";
  override readonly name = "InvalidError";
}

/** 401 and 403. */
export class ForbiddenError extends KubeError {
  override readonly code = "KUBE_FORBIDDEN";
  override readonly name = "ForbiddenError";
}

/**
 * The kubeconfig file, or the service account of the pod, does not tell how to reach an API server. The message says
 * which file, what is wrong in it and what to do.
 */
export class KubeConfigError extends Error {
  readonly code = "KUBECONFIG_INVALID";
  override readonly name = "KubeConfigError";
}

/** What was tried on what, as error messages begin: `applying Service shop/web`. */
export function attemptOn(verb: string, type: ResourceType, key: NamespacedName): string {
  return `${verb} ${type.kind} ${keyOf(key)}`;
}

/** For a call that names a namespaced object without its namespace. */
export function namespaceMissing(attempt: string, { kind }: ResourceType): KubeError {
  return toKubeError(`${attempt}: a ${kind} needs metadata.namespace`, { status: 400, reason: "BadRequest" });
}

/** The error of the class that fits the HTTP status. */
export function toKubeError(message: string, details: KubeErrorDetails, options?: ErrorOptions): KubeError {
  switch (details.status) {
    case 401:
    case 403:
      return new ForbiddenError(message, details, options);
    case 404:
      return new NotFoundError(message, details, options);
    case 409:
      return new ConflictError(message, details, options);
    case 410:
      return new ExpiredError(message, details, options);
    case 400:
    case 413:
    case 415:
    case 422:
      return new InvalidError(message, details, options);
    default:
      return new KubeError(message, details, options);
  }
}
