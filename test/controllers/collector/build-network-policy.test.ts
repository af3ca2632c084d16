import { describe, expect, it } from "@jest/globals";

import { receiving } from "../../support/collectors.ts";
import { desiredOf, OTLP } from "../../support/desired-objects.ts";

const KIND = "NetworkPolicy";
const METRICS = { port: 8888, protocol: "TCP" };

describe("the network policy of collectors", () => {
  it("lets anybody in, by whatever family, to what the collector listens on", () => {
    expect(desiredOf(KIND, OTLP)).toEqual([
      expect.objectContaining({
        metadata: expect.objectContaining({ name: "main-collector-networkpolicy" }),
        spec: {
          podSelector: {
            matchLabels: expect.objectContaining({ "app.kubernetes.io/component": "opentelemetry-collector" }),
          },
          policyTypes: ["Ingress"],
          ingress: [{ ports: [METRICS, { port: 4317, protocol: "TCP" }] }],
        },
      }),
    ]);
  });

  it("opens a port for the protocol that is spoken there", () => {
    const [made] = desiredOf(KIND, { ...OTLP, ...receiving({ statsd: {} }) });
    expect(made?.spec["ingress"]).toEqual([{ ports: [METRICS, { port: 8125, protocol: "UDP" }] }]);
  });

  it("opens the ports of the spec and of containers beside the collector, each once", () => {
    const [made] = desiredOf(KIND, {
      ...OTLP,
      ports: [{ name: "more", port: 9000, protocol: "SCTP" }],
      initContainers: [{ name: "first", image: "i", ports: [{ containerPort: 7000 }] }],
      additionalContainers: [{ name: "beside", image: "i", ports: [{ containerPort: 9 }, { containerPort: 4317 }] }],
    });
    const ports = [METRICS, { port: 9000, protocol: "SCTP" }, { port: 4317, protocol: "TCP" }].concat(
      { port: 9, protocol: "TCP" },
      { port: 7000, protocol: "TCP" },
    );
    expect(made?.spec["ingress"]).toEqual([{ ports }]);
  });

  it("is not made when it is switched off, nor for a sidecar", () => {
    expect(desiredOf(KIND, { ...OTLP, networkPolicy: { enabled: false } })).toEqual([]);
    expect(desiredOf(KIND, { ...OTLP, mode: "sidecar" })).toEqual([]);
  });
});
