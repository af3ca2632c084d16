import type { KubeObject } from "../api/meta.ts";
import { isFreeForm } from "../api/opentelemetry/components.ts";
import { BadReviewError } from "./bad-review-error.ts";
import type { PatchOperation } from "./json-patch.ts";
import { describeKind, readReview } from "./review.ts";

/** Who asks, as the API server has authenticated them. */
export interface Requester {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A change of an object that wants to be admitted. */
export interface Change<R extends KubeObject> {
  readonly object: R;
  /** What there is; undefined for a creation. */
  readonly before: R | undefined;
  readonly requester: Requester;
  /** Nothing is stored, so nothing may happen because of it. */
  readonly dryRun: boolean;
  /** Aborted when the API server has stopped waiting. */
  readonly signal: AbortSignal;
}

/** What becomes of a change. */
export interface Verdict {
  /** Why it is refused; absent: it is admitted. */
  readonly problem?: string;
  /** For whoever asks, one line each. @default none */
  readonly warnings?: readonly string[];
  /** What is changed about it. @default nothing */
  readonly patch?: readonly PatchOperation[];
}

/** Decides on changes of one kind. */
export type Admission<R extends KubeObject> = (change: Change<R>) => Verdict | Promise<Verdict>;

/** Kind and version that an admission is for. */
export interface AdmittedKind {
  readonly apiVersion: string;
  readonly kind: string;
}

const ADMITTED: Verdict = {};

/**
 * Answers an AdmissionReview of admission.k8s.io/v1. Deletions are admitted whatever the object is like: a broken
 * resource must be removable. So is what concerns a subresource. Throws {@link BadReviewError} for what is no review of
 * the kind.
 */
export async function answerAdmission<R extends KubeObject>(
  body: unknown,
  kind: AdmittedKind,
  { admit, signal }: { readonly admit: Admission<R>; readonly signal: AbortSignal },
): Promise<unknown> {
  const review = readReview(body, "AdmissionReview", "admission.k8s.io/v1");
  const { uid, operation, subResource = "", object, oldObject, userInfo, dryRun } = review.request;
  if (typeof operation !== "string") throw new BadReviewError("an AdmissionReview needs request.operation");
  const isChange = (operation === "CREATE" || operation === "UPDATE") && subResource === "";
  const verdict = isChange
    ? await admit({
        object: readObject(object, kind, "request.object") as R,
        before: operation === "UPDATE" ? (readObject(oldObject, kind, "request.oldObject") as R) : undefined,
        requester: readRequester(userInfo),
        dryRun: dryRun === true,
        signal,
      })
    : ADMITTED;
  return { apiVersion: review.apiVersion, kind: review.kind, response: toResponse(uid, verdict) };
}

function readObject(object: unknown, { apiVersion, kind }: AdmittedKind, path: string): KubeObject {
  const given = isFreeForm(object) ? object : {};
  if (given["kind"] !== kind || given["apiVersion"] !== apiVersion || !isFreeForm(given["metadata"])) {
    throw new BadReviewError(`${path} must be a ${kind} of ${apiVersion} with metadata; it is ${describeKind(object)}`);
  }
  return given as unknown as KubeObject;
}

function readRequester(userInfo: unknown): Requester {
  const { username = "", groups = [], uid, extra } = (isFreeForm(userInfo) ? userInfo : {}) as Partial<Requester>;
  return { username, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
}

function toResponse(uid: string, { problem, warnings = [], patch = [] }: Verdict): Readonly<Record<string, unknown>> {
  return {
    uid,
    allowed: problem === undefined,
    ...(problem === undefined ? {} : { status: { code: 403, reason: "Forbidden", message: problem } }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(patch.length === 0 ? {} : { patchType: "JSONPatch", patch: toBase64(patch) }),
  };
}

function toBase64(patch: readonly PatchOperation[]): string {
  return Buffer.from(JSON.stringify(patch)).toString("base64");
}
