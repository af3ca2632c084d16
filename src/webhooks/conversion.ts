import type { KubeObject } from "../api/meta.ts";
import { isFreeForm } from "../api/opentelemetry/components.ts";
import { toV1alpha1, toV1beta1 } from "../api/opentelemetry/convert.ts";
import { BadReviewError } from "./bad-review-error.ts";
import { describeKind, readReview } from "./review.ts";

/**
 * Answers a ConversionReview of apiextensions.k8s.io/v1: each OpenTelemetryCollector in the version that is asked for. One
 * object that cannot be converted fails the review, as the API requires, with a message that names it. Throws
 * {@link BadReviewError} for what is no review.
 */
export function answerConversion(body: unknown): unknown {
  const { apiVersion, kind, request } = readReview(body, "ConversionReview", "apiextensions.k8s.io/v1");
  const { uid, desiredAPIVersion, objects } = request;
  if (typeof desiredAPIVersion !== "string" || !Array.isArray(objects)) {
    throw new BadReviewError("a ConversionReview needs request.desiredAPIVersion and the list request.objects");
  }
  return { apiVersion, kind, response: { uid, ...convertAll(objects, desiredAPIVersion) } };
}

function convertAll(objects: readonly unknown[], version: string): Readonly<Record<string, unknown>> {
  try {
    const convertedObjects = objects.map((object) => convert(object, version));
    return { result: { status: "Success" }, convertedObjects };
  } catch (error) {
    if (!(error instanceof BadReviewError)) throw error;
    return { result: { status: "Failure", message: error.message }, convertedObjects: [] };
  }
}

const V1ALPHA1 = "opentelemetry.io/v1alpha1";
const V1BETA1 = "opentelemetry.io/v1beta1";

function convert(given: unknown, version: string): KubeObject {
  if (!isCollector(given)) {
    throw new BadReviewError(`cannot convert ${describeKind(given)}: ${ONLY_COLLECTORS}`);
  }
  // Not every object of an API server has metadata: what a field manager owns may stand outside of it.
  const object = { ...given, metadata: isFreeForm(given["metadata"]) ? given.metadata : { name: "" } };
  if (given.apiVersion === version) return given;
  if (version === V1BETA1) return toV1beta1(object);
  if (version === V1ALPHA1) return toV1alpha1(object);
  const { namespace = "", name } = object.metadata;
  throw new BadReviewError(
    `cannot convert OpenTelemetryCollector ${namespace}/${name} to ${version}: the versions are ${V1ALPHA1} and ${V1BETA1}`,
  );
}

const ONLY_COLLECTORS = `only OpenTelemetryCollector of ${V1ALPHA1} and ${V1BETA1} is converted here`;

function isCollector(object: unknown): object is KubeObject {
  const { apiVersion, kind } = isFreeForm(object) ? object : {};
  return kind === "OpenTelemetryCollector" && (apiVersion === V1ALPHA1 || apiVersion === V1BETA1);
}
