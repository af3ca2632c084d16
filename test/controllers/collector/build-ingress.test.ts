import { describe, expect, it } from "@jest/globals";

import type { IngressSpec, OpenTelemetryCollectorSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { receiving } from "../../support/collectors.ts";
import { desiredOf, OTLP } from "../../support/desired-objects.ts";

const KIND = "Ingress";
const RECEIVERS = {
  targetAllocator: { enabled: false },
  ...receiving({ otlp: { protocols: { grpc: {} } }, statsd: {}, jaeger: { protocols: { thrift_http: {} } } }),
} satisfies Partial<OpenTelemetryCollectorSpec>;

function specOf(ingress: IngressSpec, spec: Partial<OpenTelemetryCollectorSpec> = RECEIVERS): unknown {
  return desiredOf(KIND, { ...spec, ingress: { type: "ingress", ...ingress } })[0]?.spec;
}

const to = (name: string, path: string): object => ({
  path,
  pathType: "Prefix",
  backend: { service: { name: "main-collector", port: { name } } },
});

describe("the Ingress of collectors", () => {
  it("leads to receivers by path, but to none on UDP", () => {
    const paths = [to("port-14268", "/port-14268"), to("otlp-grpc", "/otlp-grpc")];
    const rules = [{ host: "h.example.com", http: { paths: expect.arrayContaining(paths) } }];
    expect(specOf({ hostname: "h.example.com" })).toEqual({ rules });
    expect(JSON.stringify(specOf({ hostname: "h.example.com" }))).not.toContain("statsd");
  });

  it("takes every host, if none is named", () => {
    expect(specOf({}, OTLP)).toEqual({ rules: [{ http: { paths: [to("otlp-grpc", "/otlp-grpc")] } }] });
  });

  it("leads to receivers by host", () => {
    expect(specOf({ ruleType: "subdomain", hostname: "example.com" }, OTLP)).toEqual({
      rules: [{ host: "otlp-grpc.example.com", http: { paths: [to("otlp-grpc", "/")] } }],
    });
  });

  it("leads to the ports of the spec first", () => {
    const made = specOf({}, { ...OTLP, ports: [{ name: "more", port: 9000 }] });
    expect(made).toEqual({ rules: [{ http: { paths: [to("more", "/more"), to("otlp-grpc", "/otlp-grpc")] } }] });
  });

  it("has the class and the TLS that are asked for", () => {
    const tls = [{ hosts: ["h.example.com"], secretName: "cert" }];
    expect(specOf({ ingressClassName: "nginx", tls }, OTLP)).toMatchObject({ ingressClassName: "nginx", tls });
  });

  it("has annotations of its own only", () => {
    const ingress = { type: "ingress", annotations: { mine: "1" } } as const;
    const [made] = desiredOf(KIND, { ...OTLP, ingress }, { annotations: { others: "1" } });
    expect(made?.metadata).toMatchObject({ name: "main-ingress", annotations: { mine: "1" } });
    expect(made?.metadata.annotations).not.toHaveProperty("others");
  });

  it.each<{ name: string; spec: Partial<OpenTelemetryCollectorSpec> }>([
    { name: "without a type", spec: { ...OTLP, ingress: { hostname: "h" } } },
    { name: "for a sidecar", spec: { ...OTLP, mode: "sidecar", ingress: { type: "ingress" } } },
    { name: "without receivers that listen", spec: { ingress: { type: "ingress" } } },
  ])("is not made $name", ({ spec }) => {
    expect(desiredOf(KIND, spec)).toEqual([]);
  });
});
