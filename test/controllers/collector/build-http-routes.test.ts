import { describe, expect, it } from "@jest/globals";

import type { HttpRouteSpec, OpenTelemetryCollectorSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { receiving } from "../../support/collectors.ts";
import { desiredOf, OTLP } from "../../support/desired-objects.ts";

const KIND = "HTTPRoute";
const BOTH = {
  targetAllocator: { enabled: false },
  ...receiving({ otlp: { protocols: { grpc: {}, http: {} } }, statsd: {} }),
} satisfies Partial<OpenTelemetryCollectorSpec>;
const GATEWAY: HttpRouteSpec = { enabled: true, gateway: "front" };

describe("the HTTPRoutes of collectors", () => {
  it("lead to ports that speak HTTP, by path, without it on the way", () => {
    expect(desiredOf(KIND, { ...BOTH, httpRoute: { ...GATEWAY, hostnames: ["h.example.com"] } })).toEqual([
      expect.objectContaining({
        apiVersion: "gateway.networking.k8s.io/v1",
        metadata: expect.objectContaining({ name: "main-otlp-http-httproute" }),
        spec: {
          parentRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "front", namespace: "shop" }],
          hostnames: ["h.example.com"],
          rules: [
            {
              matches: [{ path: { type: "PathPrefix", value: "/otlp-http" } }],
              filters: [
                { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
              ],
              backendRefs: [{ name: "main-collector", port: 4318 }],
            },
          ],
        },
      }),
    ]);
  });

  it("hang on a Gateway of another namespace, if asked to", () => {
    const [made] = desiredOf(KIND, { ...BOTH, httpRoute: { ...GATEWAY, gatewayNamespace: "edge" } });
    expect(made?.spec["parentRefs"]).toEqual([expect.objectContaining({ namespace: "edge" })]);
    expect(made?.spec).not.toHaveProperty("hostnames");
  });

  it("have nothing of the resource's annotations", () => {
    const [made] = desiredOf(KIND, { ...BOTH, httpRoute: GATEWAY }, { annotations: { note: "x" } });
    expect(made?.metadata).not.toHaveProperty("annotations");
  });

  it.each<{ name: string; spec: Partial<OpenTelemetryCollectorSpec> }>([
    { name: "when they are switched off", spec: { ...BOTH, httpRoute: { ...GATEWAY, enabled: false } } },
    { name: "without a Gateway", spec: { ...BOTH, httpRoute: { ...GATEWAY, gateway: "" } } },
    { name: "for a sidecar", spec: { ...BOTH, mode: "sidecar", httpRoute: GATEWAY } },
    { name: "for gRPC alone", spec: { ...OTLP, httpRoute: GATEWAY } },
  ])("are not made $name", ({ spec }) => {
    expect(desiredOf(KIND, spec)).toEqual([]);
  });
});
