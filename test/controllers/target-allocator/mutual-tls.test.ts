import { describe, expect, it } from "@jest/globals";

import type { FreeForm, MtlsSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { buildAllocator } from "../../../src/controllers/target-allocator/build.ts";
import { readTargetAllocatorFile } from "../../../src/options/target-allocator-file.ts";
import { allocatorInput, allocatorObject } from "../../support/allocator-inputs.ts";
import { desiredOf } from "../../support/desired-objects.ts";

const USER: MtlsSpec = {
  enabled: true,
  useCertManager: false,
  tls: {
    certificateAuthorityCertificate: { configMap: { name: "trust" } },
    serverCertificate: { certificateSecret: { name: "server" }, keySecret: { name: "server-key", key: "private" } },
    clientCertificate: { certificateSecret: { name: "client" }, keySecret: { name: "client" } },
  },
};

const SOURCES: readonly { readonly name: string; readonly mtls: MtlsSpec; readonly volume: FreeForm }[] = [
  { name: "cert-manager", mtls: { enabled: true }, volume: { secret: { secretName: "web-ta-server-cert" } } },
  {
    name: "the operator",
    mtls: { enabled: true, useCertManager: false },
    volume: { secret: { secretName: "web-ta-server-cert" } },
  },
  {
    name: "the user",
    mtls: USER,
    volume: {
      projected: {
        sources: [
          { configMap: { name: "trust", items: [{ key: "ca.crt", path: "ca.crt" }] } },
          { secret: { name: "server", items: [{ key: "tls.crt", path: "tls.crt" }] } },
          { secret: { name: "server-key", items: [{ key: "private", path: "tls.key" }] } },
        ],
      },
    },
  },
];

describe("mutual TLS", () => {
  it.each(SOURCES)(
    "with certificates of $name is served from a directory that is mounted whole",
    ({ mtls, volume }) => {
      const input = allocatorInput({ mtls });
      const deployment = allocatorObject(input, "Deployment");
      expect(deployment).toMatchObject({
        spec: {
          template: {
            spec: {
              containers: [
                {
                  ports: [{ name: "http" }, { name: "https", containerPort: 8443, protocol: "TCP" }],
                  volumeMounts: [{ name: "ta-internal" }, { name: "web-ta-server-cert", mountPath: "/tls" }],
                },
              ],
              volumes: [{ name: "ta-internal" }, { name: "web-ta-server-cert", ...volume }],
            },
          },
        },
      });
      expect(JSON.stringify(deployment)).not.toContain("subPath");
      const { data } = allocatorObject(input, "ConfigMap") as { data: Readonly<Record<string, string>> };
      expect(readTargetAllocatorFile(data["targetallocator.yaml"] ?? "").https).toEqual({
        enabled: true,
        listen: expect.objectContaining({ port: 8443 }),
        caFilePath: "/tls/ca.crt",
        tlsCertFilePath: "/tls/tls.crt",
        tlsKeyFilePath: "/tls/tls.key",
      });
      expect(allocatorObject(input, "Service")).toMatchObject({
        spec: { ports: [{ port: 80 }, { name: "targetallocation-https", port: 443, targetPort: "https" }] },
      });
    },
  );

  it("asks cert-manager for an authority that outlives what it signs", () => {
    const made = buildAllocator(allocatorInput({ mtls: { enabled: true } })).filter(
      ({ apiVersion }) => apiVersion === "cert-manager.io/v1",
    );
    const hosts = ["web-targetallocator", "web-targetallocator.shop.svc", "web-targetallocator.shop.svc.cluster.local"];
    expect(made.map(({ kind, metadata, spec }) => [kind, metadata.name, spec])).toEqual([
      ["Issuer", "web-self-signed-issuer", { selfSigned: {} }],
      [
        "Certificate",
        "web-ca-cert",
        expect.objectContaining({ isCA: true, commonName: "web-ca-cert", duration: "17280h", renewBefore: "4344h" }),
      ],
      ["Issuer", "web-ca-issuer", { ca: { secretName: "web-ca-cert" } }],
      ...["web-ta-server-cert", "web-ta-client-cert"].map((name) => [
        "Certificate",
        name,
        expect.objectContaining({ secretName: name, dnsNames: hosts, duration: "2160h" }),
      ]),
    ]);
  });

  it.each(SOURCES.slice(1))("asks cert-manager for nothing when certificates come from $name", ({ mtls }) => {
    const kinds = buildAllocator(allocatorInput({ mtls })).map(({ kind }) => kind);
    expect(kinds).not.toContain("Certificate");
  });
});

describe("collectors with mutual TLS", () => {
  const allocator = { enabled: true, mtls: USER };

  it("mount what they show, named after the allocator, and ask by HTTPS", () => {
    const [workload] = desiredOf("StatefulSet", { targetAllocator: allocator });
    expect(workload).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [
              { volumeMounts: [{ name: "otc-internal" }, { name: "main-ta-client-cert", mountPath: "/tls" }] },
            ],
            volumes: [{ name: "otc-internal" }, { name: "main-ta-client-cert" }],
          },
        },
      },
    });
    const [configMap] = desiredOf("ConfigMap", { targetAllocator: allocator }) as unknown as readonly {
      readonly data: Readonly<Record<string, string>>;
    }[];
    expect(configMap?.data["collector.yaml"]).toContain(
      [
        "        target_allocator:",
        "            collector_id: ${POD_NAME}",
        "            endpoint: https://main-targetallocator:443",
        "            interval: 30s",
        "            tls:",
        "                ca_file: /tls/ca.crt",
        "                cert_file: /tls/tls.crt",
        "                key_file: /tls/tls.key",
        "                reload_interval: 5m",
      ].join("\n"),
    );
  });

  it("mount nothing without it", () => {
    const [workload] = desiredOf("StatefulSet", {
      targetAllocator: { enabled: true, mtls: { ...USER, enabled: false } },
    });
    expect(JSON.stringify(workload)).not.toContain("client-cert");
  });
});
