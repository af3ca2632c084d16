import { describe, expect, it } from "@jest/globals";

import type { TargetAllocatorResourceSpec } from "../../../src/api/opentelemetry/target-allocator.ts";
import type { FreeForm } from "../../../src/api/opentelemetry/v1beta1.ts";
import type { AllocatorInput } from "../../../src/controllers/target-allocator/allocator-input.ts";
import { toApiServerAccess } from "../../../src/controllers/target-allocator/api-server-access.ts";
import { buildAllocator } from "../../../src/controllers/target-allocator/build.ts";
import { openEgressNote } from "../../../src/controllers/target-allocator/build-network-policy.ts";
import { allocatorInput, allocatorObject, API_SERVER } from "../../support/allocator-inputs.ts";
import { SETTINGS } from "../../support/collectors.ts";

interface PolicySpec {
  readonly policyTypes: readonly string[];
  readonly ingress: readonly FreeForm[];
  readonly egress?: readonly FreeForm[];
}

function policyOf(input: AllocatorInput): PolicySpec {
  return allocatorObject(input, "NetworkPolicy", "web-targetallocator-networkpolicy")["spec"] as PolicySpec;
}

const DNS = {
  ports: [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
    { port: 5353, protocol: "UDP" },
    { port: 5353, protocol: "TCP" },
  ],
};

const TO_API_SERVER = {
  to: ["10.96.0.1/32", "192.168.1.2/32", "fd00::2/128"].map((cidr) => ({ ipBlock: { cidr } })),
  ports: [
    { port: 443, protocol: "TCP" },
    { port: 6443, protocol: "TCP" },
  ],
};

const tcp = (port: number): FreeForm => ({ ports: [{ port, protocol: "TCP" }] });
const address = (cidr: string, port: number): FreeForm => ({ to: [{ ipBlock: { cidr } }], ...tcp(port) });
const namespace = (name: string): FreeForm => ({
  to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } }],
});
const CLOUD_IDENTITY = { to: [{ ipBlock: { cidr: "169.254.0.0/16" } }, { ipBlock: { cidr: "fd00:ec2::/32" } }] };

/** What is opened besides DNS and the API server. */
function openedBy(
  scrapeConfigs: readonly unknown[],
  spec: TargetAllocatorResourceSpec = {},
): { readonly rules: readonly unknown[]; readonly note: string | undefined } {
  const input = allocatorInput(spec, { scrapeConfigs });
  const rules = (policyOf(input).egress ?? []).map((rule) => JSON.stringify(rule));
  const usual = new Set([DNS, TO_API_SERVER].map((rule) => JSON.stringify(rule)));
  return {
    rules: rules.filter((rule) => !usual.has(rule)).map((rule) => JSON.parse(rule) as unknown),
    note: openEgressNote(input),
  };
}

describe("the allocator's network policy", () => {
  it("lets anybody in to what is served, and the allocator out to DNS and the API server, by both families", () => {
    expect(policyOf(allocatorInput())).toEqual({
      podSelector: {
        matchLabels: expect.objectContaining({ "app.kubernetes.io/component": "opentelemetry-targetallocator" }),
      },
      policyTypes: ["Ingress", "Egress"],
      ingress: [tcp(8080)],
      egress: [DNS, TO_API_SERVER],
    });
  });

  it("opens every port that is served, for the protocol that is spoken there", () => {
    const { ingress } = policyOf(
      allocatorInput({
        mtls: { enabled: true },
        ports: [{ port: 9000, protocol: "UDP" }],
        additionalContainers: [{ name: "beside", image: "i", ports: [{ containerPort: 9 }, { containerPort: 8080 }] }],
      }),
    );
    expect(ingress).toEqual([
      {
        ports: [
          { port: 8080, protocol: "TCP" },
          { port: 9000, protocol: "UDP" },
          { port: 8443, protocol: "TCP" },
          { port: 9, protocol: "TCP" },
        ],
      },
    ]);
  });

  it("is not made when it is switched off", () => {
    const input = allocatorInput({ networkPolicy: { enabled: false } });
    expect(buildAllocator(input).map(({ kind }) => kind)).not.toContain("NetworkPolicy");
    expect(openEgressNote(input)).toBeUndefined();
  });

  it("takes ports for the API server where addresses of nodes mean nothing to policies", () => {
    const { egress } = policyOf(allocatorInput({}, { apiServer: { ...API_SERVER, byAddress: false } }));
    expect(egress).toContainEqual({ ports: TO_API_SERVER.ports });
  });
});

describe("what the configuration names is let through", () => {
  it.each<{ name: string; job: FreeForm; want: readonly unknown[] }>([
    {
      name: "a name outside by its port",
      job: { http_sd_configs: [{ url: "https://sd.example.com/x" }] },
      want: [tcp(443)],
    },
    {
      name: "its port as written",
      job: { http_sd_configs: [{ url: "http://u:p@sd.example.com:81/" }] },
      want: [tcp(81)],
    },
    {
      name: "an IPv4 address",
      job: { http_sd_configs: [{ url: "http://10.1.2.3:8000" }] },
      want: [address("10.1.2.3/32", 8000)],
    },
    {
      name: "an IPv6 address as /128",
      job: { http_sd_configs: [{ url: "http://[fd00::9]/" }] },
      want: [address("fd00::9/128", 80)],
    },
    {
      name: "a Service by its namespace, because policies see the pods behind it",
      job: { http_sd_configs: [{ url: "http://sd.infra.svc.cluster.local" }] },
      want: [tcp(80), namespace("infra")],
    },
    {
      name: "a Service of its own namespace",
      job: { consul_sd_configs: [{ server: "consul" }] },
      want: [tcp(8500), namespace("shop")],
    },
    {
      name: "nothing on its own host",
      job: { consul_sd_configs: [{}], nomad_sd_configs: [{ server: "http://localhost:4646" }] },
      want: [],
    },
    { name: "no socket", job: { docker_sd_configs: [{ host: "unix:///var/run/docker.sock" }] }, want: [] },
    {
      name: "several hosts",
      job: { marathon_sd_configs: [{ servers: ["http://a.b.c:1", "http://a.b.c:2"] }] },
      want: [tcp(1), tcp(2)],
    },
    {
      name: "a port that is given by itself",
      job: { triton_sd_configs: [{ endpoint: "t.example.com" }] },
      want: [tcp(9163)],
    },
    {
      name: "clouds, and where they tell who asks",
      job: { ec2_sd_configs: [{ region: "x" }] },
      want: [tcp(443), CLOUD_IDENTITY],
    },
    {
      name: "proxies and servers of tokens",
      job: {
        http_sd_configs: [
          {
            url: "http://a.b.c",
            proxy_url: "http://proxy.example.com:3128",
            oauth2: { token_url: "https://login.example.com/t", proxy_url: "http://192.0.2.1:3129" },
          },
        ],
      },
      want: [tcp(3128), address("192.0.2.1/32", 3129), tcp(443), tcp(80)],
    },
    {
      name: "another cluster",
      job: { kubernetes_sd_configs: [{ role: "pod", api_server: "https://192.0.2.7:6443" }] },
      want: [address("192.0.2.7/32", 6443)],
    },
    {
      name: "nothing for static, DNS and files",
      job: { static_configs: [{}], dns_sd_configs: [{}], file_sd_configs: [{}] },
      want: [],
    },
  ])("$name", ({ job, want }) => {
    expect(openedBy([{ job_name: "a", ...job }])).toEqual({ rules: want, note: undefined });
  });

  it("variables of proxies and of telemetry", () => {
    const env = [
      { name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "http://otel.infra:4317" },
      { name: "OTHER", value: "http://other:1" },
    ];
    const proxies = { httpProxy: "http://192.0.2.1:3128", httpsProxy: "", noProxy: "10.0.0.0/8" };
    const input = allocatorInput({ env }, { settings: { ...SETTINGS, proxies } });
    expect(policyOf(input).egress).toEqual(
      expect.arrayContaining([tcp(4317), namespace("infra"), address("192.0.2.1/32", 3128)]),
    );
    expect(JSON.stringify(policyOf(input))).not.toContain('"port":1,');
  });
});

describe("where it cannot be known what is needed, nothing is said of where the allocator may connect to", () => {
  it.each<{ name: string; input: AllocatorInput; why: string }>([
    {
      name: "ScrapeConfigs are selected",
      input: allocatorInput({ prometheusCR: { enabled: true, scrapeConfigSelector: {} } }),
      why: "ScrapeConfigs may name any host",
    },
    {
      name: "a mechanism whose servers are named by a server",
      input: allocatorInput({}, { scrapeConfigs: [{ openstack_sd_configs: [{ identity_endpoint: "http://a:1" }] }] }),
      why: "where openstack_sd_configs lead is not written in them",
    },
    {
      name: "a kubeconfig file",
      input: allocatorInput({}, { scrapeConfigs: [{ kubernetes_sd_configs: [{ kubeconfig_file: "/x" }] }] }),
      why: "the kubeconfig_file of kubernetes_sd_configs leads to a cluster that is not known",
    },
    {
      name: "a text that is no address",
      input: allocatorInput({}, { scrapeConfigs: [{ http_sd_configs: [{ url: "http://${HOST}/" }] }] }),
      why: "url of http_sd_configs names no host and port",
    },
    {
      name: "containers beside the allocator",
      input: allocatorInput({ initContainers: [{ name: "i", image: "i" }] }),
      why: "containers beside the allocator may connect to any host",
    },
    {
      name: "variables from elsewhere",
      input: allocatorInput({ env: [{ name: "HTTPS_PROXY", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] }),
      why: "the variable HTTPS_PROXY is read from elsewhere",
    },
    { name: "more of them", input: allocatorInput({ envFrom: [{}] }), why: "spec.envFrom may name proxies" },
  ])("$name", ({ input, why }) => {
    expect(policyOf(input)).toMatchObject({ policyTypes: ["Ingress"] });
    expect(policyOf(input).egress).toBeUndefined();
    expect(openEgressNote(input)).toBe(
      `the NetworkPolicy of the target allocator restricts no outgoing connections: ${why}`,
    );
  });
});

describe("where the operator does not see the API server", () => {
  it("nothing is said either, and nobody is warned who could do nothing about it", () => {
    const input = allocatorInput({}, { apiServer: undefined });
    expect(policyOf(input)).toMatchObject({ policyTypes: ["Ingress"] });
    expect(openEgressNote(input)).toBeUndefined();
  });
});

describe("toApiServerAccess", () => {
  const meta = { apiVersion: "v1", kind: "Service", metadata: { name: "kubernetes", namespace: "default" } };
  const service = {
    ...meta,
    spec: { clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1", "fd00::1"], ports: [{ port: 443 }] },
  };
  const slice = {
    ...meta,
    endpoints: [{ addresses: ["192.168.1.3"] }, { addresses: ["192.168.1.2"] }],
    ports: [{ port: 6443 }],
  };
  const other = { ...meta, endpoints: [{ addresses: ["fd00::2"] }], ports: [{ port: 6443 }] };

  it("joins the Service with the instances behind it, of both families", () => {
    expect(toApiServerAccess(service, [slice, other])).toEqual({
      addresses: ["10.96.0.1", "192.168.1.2", "192.168.1.3", "fd00::1", "fd00::2"],
      ports: [443, 6443],
    });
  });

  it.each([
    { name: "the Service is unknown", service: undefined, slices: [slice] },
    { name: "no instance is known", service, slices: [{ ...slice, endpoints: null }] },
  ])("says nothing while $name", ({ service: given, slices }) => {
    expect(toApiServerAccess(given, slices)).toBeUndefined();
  });
});
