import { describe, expect, it } from "@jest/globals";

import { withTargetAllocatorDefaults } from "../../../src/api/opentelemetry/default-target-allocator.ts";
import { withDefaults } from "../../../src/api/opentelemetry/default.ts";
import { allocatorKnowledge, collectorKnowledge } from "../../../src/commands/operator/webhook-knowledge.ts";
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

const HOLDING_NOTHING = { held: async () => false };
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

describe("what rbac.create asks for", () => {
  const rbac = { create: true };
  const prometheusCR = { enabled: true, serviceMonitorSelector: {} };
  const scrapeConfigs = [{ job_name: "a", kubernetes_sd_configs: [{ role: "node" }] }];
  const ofCollector = (targetAllocator: object) =>
    collectorKnowledge(OPTIONS, HOLDING_NOTHING, unasked).allocatorGrant(
      withDefaults(collector({ spec: { targetAllocator: { enabled: true, ...targetAllocator } }, scrapeConfigs })),
    );
  const ofAllocator = (spec: object) =>
    allocatorKnowledge(unasked).grant(
      withTargetAllocatorDefaults({
        apiVersion: "opentelemetry.io/v1alpha1",
        kind: "TargetAllocator",
        metadata: { name: "main", namespace: "shop" },
        spec: { scrapeConfigs, ...spec },
      }),
    );

  it("is all that its jobs and monitors need, the credentials of monitors and Events on them too", () => {
    const grant = ofCollector({ rbac, prometheusCR });
    expect(grant).toMatchObject({ namespace: "shop", name: "main-targetallocator" });
    expect(grant?.rules).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ resources: ["nodes"], verbs: ["list", "watch"] }),
        expect.objectContaining({ namespace: "shop", resources: ["configmaps", "secrets"] }),
        { namespace: undefined, group: "events.k8s.io", resources: ["events"], verbs: ["create", "patch"] },
      ]),
    );
    expect(ofAllocator({ rbac, prometheusCR })).toEqual(grant);
  });

  it("goes to the account that is named", () => {
    expect(ofAllocator({ rbac, serviceAccount: "mine" })).toMatchObject({ name: "mine" });
  });

  it("is nothing where no roles are asked for, or no allocator", () => {
    expect(ofCollector({ prometheusCR })).toBeUndefined();
    expect(ofCollector({ enabled: false, rbac })).toBeUndefined();
    expect(ofAllocator({ rbac: { create: false } })).toBeUndefined();
  });
});
