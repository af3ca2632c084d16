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

/** 400 and 422: the object itself is refused. Another attempt with the same object cannot succeed. */
export class InvalidError extends KubeError {
  override readonly code = "KUBE_INVALID";
  override readonly name = "InvalidError";
}

/** 401 and 403. */
export class ForbiddenError extends KubeError {
  override readonly code = "KUBE_FORBIDDEN";
  override readonly name = "ForbiddenError";
}
