import { describe, expect, it } from "@jest/globals";

import type { IngressSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { desiredOf, OTLP } from "../../support/desired-objects.ts";

const KIND = "Route";
const TERMINATIONS: readonly NonNullable<NonNullable<IngressSpec["route"]>["termination"]>[] = [
  "edge",
  "passthrough",
  "reencrypt",
];

describe("the Routes of collectors", () => {
  it("lead to each port by a host of its own", () => {
    const ingress = { type: "route", hostname: "example.com", annotations: { mine: "1" } } as const;
    const carried = { labels: { team: "x" }, annotations: { others: "1" } };
    expect(desiredOf(KIND, { ...OTLP, ingress }, carried)).toEqual([
      expect.objectContaining({
        apiVersion: "route.openshift.io/v1",
        metadata: expect.objectContaining({
          name: "otlp-grpc-main-route",
          annotations: { mine: "1" },
          labels: {
            "app.kubernetes.io/component": "opentelemetry-collector",
            "app.kubernetes.io/instance": "shop.main",
            "app.kubernetes.io/managed-by": "opentelemetry-operator",
            "app.kubernetes.io/name": "otlp-grpc-main-route",
          },
        }),
        spec: {
          host: "otlp-grpc.example.com",
          to: { kind: "Service", name: "main-collector" },
          port: { targetPort: "otlp-grpc" },
          wildcardPolicy: "None",
          tls: { termination: "edge" },
        },
      }),
    ]);
  });

  it("leave the host to the router, if none is named", () => {
    expect(desiredOf(KIND, { ...OTLP, ingress: { type: "route" } })[0]?.spec).not.toHaveProperty("host");
  });

  it.each(TERMINATIONS)("end TLS by %s, if asked to", (termination) => {
    const [made] = desiredOf(KIND, { ...OTLP, ingress: { type: "route", route: { termination } } });
    expect(made?.spec["tls"]).toEqual({ termination });
  });

  it("go without TLS, if asked to", () => {
    const [made] = desiredOf(KIND, { ...OTLP, ingress: { type: "route", route: { termination: "insecure" } } });
    expect(made?.spec).not.toHaveProperty("tls");
  });

  it("are not made for an Ingress, nor for a sidecar", () => {
    expect(desiredOf(KIND, { ...OTLP, ingress: { type: "ingress" } })).toEqual([]);
    expect(desiredOf(KIND, { ...OTLP, mode: "sidecar", ingress: { type: "route" } })).toEqual([]);
  });
});
