import type { ResourceType } from "./resource-type.ts";

const review = (group: string, kind: string): ResourceType =>
  Object.freeze({ group, version: "v1", kind, plural: `${kind.toLowerCase()}s`, namespaced: false });

/** Questions that are put to an API server by creating an object that is stored nowhere. */
export const REVIEWS = {
  /** Whose a bearer token is. */
  TokenReview: review("authentication.k8s.io", "TokenReview"),
  /** Who is asking. */
  SelfSubjectReview: review("authentication.k8s.io", "SelfSubjectReview"),
  /** Whether whoever is asking may do something. */
  SelfSubjectAccessReview: review("authorization.k8s.io", "SelfSubjectAccessReview"),
  /** Whether somebody may do something. */
  SubjectAccessReview: review("authorization.k8s.io", "SubjectAccessReview"),
} as const;
