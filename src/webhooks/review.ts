import { isFreeForm } from "../api/opentelemetry/components.ts";
import type { FreeForm } from "../api/opentelemetry/v1beta1.ts";
import { BadReviewError } from "./bad-review-error.ts";

/** What API servers send to webhooks: a kind, a version, and a request that wants an answer with the same uid. */
export interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: FreeForm & { readonly uid: string };
}

/** Throws {@link BadReviewError}, with what was expected, for anything but a review of this kind and version. */
export function readReview(body: unknown, kind: string, apiVersion: string): Review {
  const given: FreeForm = isFreeForm(body) ? body : {};
  if (given["kind"] !== kind || given["apiVersion"] !== apiVersion) {
    throw new BadReviewError(`expected a ${kind} of ${apiVersion}, got ${describeKind(body)}`);
  }
  const request = given["request"];
  if (!isFreeForm(request) || typeof request["uid"] !== "string") {
    throw new BadReviewError(`a ${kind} needs a request with a uid`);
  }
  return { apiVersion, kind, request: { ...request, uid: request["uid"] } };
}

/** `KIND of VERSION`, of whatever was sent. */
export function describeKind(object: unknown): string {
  const { kind, apiVersion } = isFreeForm(object) ? object : {};
  return `${typeof kind === "string" ? kind : "no kind"} of ${typeof apiVersion === "string" ? apiVersion : "no version"}`;
}
