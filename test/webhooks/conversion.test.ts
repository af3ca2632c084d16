import { describe, expect, it } from "@jest/globals";

import { toV1alpha1 } from "../../src/api/opentelemetry/convert.ts";
import { answerConversion } from "../../src/webhooks/conversion.ts";
import { collector } from "../support/collectors.ts";

const V1ALPHA1 = "opentelemetry.io/v1alpha1";
const V1BETA1 = "opentelemetry.io/v1beta1";

const review = (desiredAPIVersion: unknown, objects: unknown): unknown => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "ConversionReview",
  request: { uid: "u-1", desiredAPIVersion, objects },
});

const answered = (response: unknown): unknown => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "ConversionReview",
  response: { uid: "u-1", ...(response as object) },
});

const SUCCESS = { status: "Success" };

describe("answerConversion", () => {
  const beta = { ...collector(), apiVersion: V1BETA1 };
  const alpha = toV1alpha1(beta);

  it("converts each object to the version that is asked for, in order", () => {
    const toAlpha = answerConversion(review(V1ALPHA1, [beta, alpha, beta]));
    expect(toAlpha).toEqual(answered({ result: SUCCESS, convertedObjects: [alpha, alpha, alpha] }));
    const toBeta = answerConversion(review(V1BETA1, [alpha, beta]));
    expect(toBeta).toEqual(answered({ result: SUCCESS, convertedObjects: [beta, beta] }));
  });

  it("converts what has neither name nor spec, as API servers send it to compare owners of fields", () => {
    const bare = { apiVersion: V1ALPHA1, kind: "OpenTelemetryCollector" };
    expect(answerConversion(review(V1BETA1, [bare]))).toMatchObject({
      response: { result: SUCCESS, convertedObjects: [{ apiVersion: V1BETA1, kind: "OpenTelemetryCollector" }] },
    });
  });

  it.each([
    {
      name: "an unknown version",
      version: "opentelemetry.io/v9",
      object: beta,
      want: /to opentelemetry.io\/v9: the vers/,
    },
    {
      name: "another kind",
      version: V1BETA1,
      object: { apiVersion: "v1", kind: "Pod" },
      want: /^cannot convert Pod of v1: /,
    },
    { name: "no object", version: V1BETA1, object: 7, want: /^cannot convert no kind of no version: / },
  ])("fails the review for $name, and says which", ({ version, object, want }) => {
    const { response } = answerConversion(review(version, [beta, object])) as {
      readonly response: { readonly result: { readonly status: string; readonly message: string } };
    };
    expect(response).toMatchObject({ uid: "u-1", result: { status: "Failure" }, convertedObjects: [] });
    expect(response.result.message).toMatch(want);
  });

  it.each([
    { name: "another review", body: { apiVersion: "v1", kind: "Pod" }, want: "got Pod of v1" },
    { name: "nothing", body: null, want: "got no kind of no version" },
    {
      name: "an old version",
      body: { apiVersion: "apiextensions.k8s.io/v1beta1", kind: "ConversionReview" },
      want: "v1beta1",
    },
    {
      name: "no request",
      body: { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview" },
      want: "with a uid",
    },
    { name: "no list", body: review(V1BETA1, {}), want: "the list request.objects" },
    { name: "no version", body: review(undefined, []), want: "request.desiredAPIVersion" },
  ])("refuses $name", ({ body, want }) => expect(() => answerConversion(body)).toThrow(want));
});
