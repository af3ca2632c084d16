import { describe, expect, it } from "@jest/globals";

import type { OpenTelemetryCollectorSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { desiredOf, OTLP } from "../../support/desired-objects.ts";

const KIND = "PodDisruptionBudget";

describe("the disruption budget of collectors", () => {
  it.each<{ name: string; given: OpenTelemetryCollectorSpec["podDisruptionBudget"]; want: object }>([
    { name: "lets one be away, if nothing is said", given: undefined, want: { maxUnavailable: 1 } },
    { name: "lets one be away, if nothing is in it", given: {}, want: { maxUnavailable: 1 } },
    { name: "keeps as many as asked for", given: { minAvailable: "50%" }, want: { minAvailable: "50%" } },
    { name: "lets none be away, if asked to", given: { maxUnavailable: 0 }, want: { maxUnavailable: 0 } },
  ])("$name", ({ given, want }) => {
    const spec = given === undefined ? OTLP : { ...OTLP, podDisruptionBudget: given };
    const matchLabels = expect.objectContaining({ "app.kubernetes.io/component": "opentelemetry-collector" });
    expect(desiredOf(KIND, spec)).toEqual([
      expect.objectContaining({
        metadata: expect.objectContaining({ name: "main-collector" }),
        spec: { ...want, selector: { matchLabels } },
      }),
    ]);
  });

  it.each(["daemonset", "sidecar"] as const)("is not made for a %s", (mode) => {
    expect(desiredOf(KIND, { ...OTLP, mode })).toEqual([]);
  });
});
