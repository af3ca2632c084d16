import { describe, expect, it } from "@jest/globals";

import { withDefaults } from "../../../src/api/opentelemetry/default.ts";
import { collectorKnowledge } from "../../../src/commands/operator/webhook-knowledge.ts";
import { collector, SETTINGS } from "../../support/collectors.ts";

const { signal } = new AbortController();
const OPTIONS = {
  ...SETTINGS,
  operatorUrl: undefined,
  labelsFilter: [],
  annotationsFilter: [],
  networkPolicies: true,
  fallbackStrategy: false,
};

const unasked = async (): Promise<never> => Promise.reject(new Error("cert-manager was asked for"));

describe("what a collector's configuration makes its account need", () => {
  const config = {
    receivers: { k8s_events: {} },
    exporters: { debug: {} },
    service: { pipelines: { logs: { receivers: ["k8s_events"], exporters: ["debug"] } } },
  };
  const needing = withDefaults(collector({ spec: { config } }));
  const rules = [{ group: "", resources: ["events"], verbs: ["get", "list", "watch"] }];
  it.each([true, false])("is told, with whether the operator grants it: %j", async (held) => {
    expect(await collectorKnowledge(OPTIONS, { held: async () => held }, unasked).needs(needing, signal)).toEqual({
      account: "main-collector",
      rules,
      granted: held,
    });
  });

  it("is nothing for most, and then the API server is not asked", async () => {
    const asked = collectorKnowledge(OPTIONS, { held: async () => Promise.reject(new Error("asked")) }, unasked);
    const named = withDefaults(collector({ spec: { serviceAccount: "mine" } }));
    expect(await asked.needs(named, signal)).toEqual({ account: "mine", rules: [], granted: false });
  });
});
