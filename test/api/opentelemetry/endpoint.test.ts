import { describe, expect, it } from "@jest/globals";

import { portOf } from "../../../src/api/opentelemetry/components.ts";
import { parseEndpoint } from "../../../src/api/opentelemetry/endpoint.ts";

describe("parseEndpoint", () => {
  it.each<{ text: string; want: unknown }>([
    { text: "0.0.0.0:4317", want: { host: "0.0.0.0", port: 4317 } },
    { text: ":4317", want: { port: 4317 } },
    { text: "4317", want: { port: 4317 } },
    { text: "localhost", want: { host: "localhost" } },
    { text: "otel.example.com:80", want: { host: "otel.example.com", port: 80 } },
    { text: "[::1]:4317", want: { host: "[::1]", port: 4317 } },
    { text: "[::]", want: { host: "[::]" } },
    { text: "::1", want: { host: "[::1]" } },
    { text: "fe80::1234:5678", want: { host: "[fe80::1234:5678]" } },
    { text: "${env:POD_IP}:4317", want: { host: "${env:POD_IP}", port: 4317 } },
    { text: "${env:POD_IP}", want: { host: "${env:POD_IP}" } },
    { text: "[${env:POD_IP}]:4317", want: { host: "[${env:POD_IP}]", port: 4317 } },
    { text: "${env:POD_IP:-0.0.0.0}:4317", want: { host: "${env:POD_IP:-0.0.0.0}", port: 4317 } },
    { text: "http://host:80/path", want: { host: "host", port: 80 } },
    { text: "tcp://0.0.0.0:514", want: { host: "0.0.0.0", port: 514 } },
    { text: "0.0.0.0:0", want: { host: "0.0.0.0" } },
    { text: ":0", want: {} },
    { text: "0.0.0.0:${env:PORT}", want: undefined },
    { text: "/var/run/otel.sock", want: undefined },
    { text: "unix:///var/run/otel.sock", want: undefined },
    { text: "", want: undefined },
    { text: `${"${a}".repeat(40)} `, want: { host: "${a}".repeat(40) } },
    { text: `${"${a}".repeat(40)} x`, want: undefined },
  ])("$text", ({ text, want }) => {
    expect(parseEndpoint(text)).toEqual(want);
  });

  it("finds no port in what is no text", () => {
    expect([undefined, null, 4317, {}].map(portOf)).toEqual([undefined, undefined, undefined, undefined]);
  });
});
