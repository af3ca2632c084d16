import { describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../../src/allocator/index.ts";
import { createConsulDiscoverer } from "../../../src/discovery/consul/consul-discoverer.ts";
import { readConsulSettings } from "../../../src/discovery/consul/settings.ts";
import { ConsulServer } from "../../support/consul-server.ts";
import { type DiscoveryStage, discoveryStages } from "../../support/discovery-stage.ts";
import { TestServers } from "../../support/http-servers.ts";
import { discovered, toPlain } from "../../support/label-groups.ts";

const servers = new TestServers();
const start = discoveryStages();

const DEFAULTS = { scheme: "http", tag_separator: ",", allow_stale: true, refresh_interval: "30s" };

function consul({ server }: ConsulServer, settings: DataObject = {}): DiscoveryStage {
  const raw = { ...DEFAULTS, server: `127.0.0.1:${String(server.port)}`, ...settings };
  return start((surroundings) => createConsulDiscoverer(raw, surroundings));
}

/** An instance as the health API lists it. */
function instance(name: string, overrides: { readonly [part: string]: object } = {}): object {
  return {
    Node: { Node: `node-of-${name}`, Address: "10.0.0.1", ...overrides["Node"] },
    Service: { ID: name, Service: "web", Tags: [], Address: "", Port: 8080, ...overrides["Service"] },
    Checks: overrides["Checks"] ?? [{ CheckID: "serfHealth", Status: "passing" }],
  };
}

/** Queries of a path, without the path. */
function queries({ server }: ConsulServer, path: string): readonly string[] {
  return server.requests.filter(({ url }) => url.split("?")[0] === path).map(({ url }) => url.slice(path.length));
}

describe("consul_sd_configs", () => {
  it("finds the instances of all services with their labels", async () => {
    const server = await ConsulServer.start(servers);
    server.set("/v1/catalog/services", { web: ["a"], consul: [] });
    server.set("/v1/health/service/consul", []);
    server.set("/v1/health/service/web", [
      instance("web-1", {
        Node: {
          Meta: { "rack-id": "r1" },
          TaggedAddresses: { lan: "10.0.0.1", wan_ipv4: "1.2.3.4" },
        },
        Service: { Tags: ["a", "b"], Meta: { "version.x": "2" }, Namespace: "ns", Partition: "p" },
      }),
      instance("web-2", { Service: { Address: "fd00::2", Port: 9090, Tags: null } }),
    ]);
    const stage = consul(server);
    await stage.until(() => stage.sink.updates.length > 0, "targets");
    expect(stage.sink.updates.map((groups) => groups.map(toPlain).filter(({ source }) => source === "web"))).toEqual([
      [
        {
          source: "web",
          labels: { __meta_consul_service: "web", __meta_consul_dc: "dc1" },
          targets: [
            {
              __address__: "10.0.0.1:8080",
              __meta_consul_address: "10.0.0.1",
              __meta_consul_node: "node-of-web-1",
              __meta_consul_namespace: "ns",
              __meta_consul_partition: "p",
              __meta_consul_tags: ",a,b,",
              __meta_consul_service_address: "",
              __meta_consul_service_port: "8080",
              __meta_consul_service_id: "web-1",
              __meta_consul_health: "passing",
              __meta_consul_metadata_rack_id: "r1",
              __meta_consul_service_metadata_version_x: "2",
              __meta_consul_tagged_address_lan: "10.0.0.1",
              __meta_consul_tagged_address_wan_ipv4: "1.2.3.4",
            },
            {
              __address__: "[fd00::2]:9090",
              __meta_consul_address: "10.0.0.1",
              __meta_consul_node: "node-of-web-2",
              __meta_consul_namespace: "",
              __meta_consul_partition: "",
              __meta_consul_tags: ",,",
              __meta_consul_service_address: "fd00::2",
              __meta_consul_service_port: "9090",
              __meta_consul_service_id: "web-2",
              __meta_consul_health: "passing",
            },
          ],
        },
      ],
    ]);
  });

  it.each<{ name: string; checks: readonly object[]; health: string }>([
    { name: "no checks", checks: [], health: "passing" },
    { name: "a warning", checks: [{ Status: "passing" }, { Status: "warning" }], health: "warning" },
    { name: "the worst of all", checks: [{ Status: "critical" }, { Status: "warning" }], health: "critical" },
    {
      name: "a node in maintenance",
      checks: [{ CheckID: "_node_maintenance", Status: "critical" }],
      health: "maintenance",
    },
    {
      name: "a service in maintenance",
      checks: [{ CheckID: "_service_maintenance:web", Status: "critical" }, { Status: "warning" }],
      health: "maintenance",
    },
    { name: "an unknown state", checks: [{ Status: "odd" }, { Status: "critical" }], health: "" },
  ])("takes the health of $name as $health", async ({ checks, health }) => {
    const server = await ConsulServer.start(servers);
    server.set("/v1/health/service/web", [instance("web-1", { Checks: checks })]);
    const stage = consul(server, { services: ["web"] });
    await stage.until(() => stage.sink.updates.length > 0, "targets");
    expect([...stage.sink.groups.values()].flatMap(discovered)).toMatchObject([{ __meta_consul_health: health }]);
  });

  it("asks for what the settings say, and sends the token", async () => {
    const server = await ConsulServer.start(servers, "/consul");
    server.set("/v1/catalog/services", { web: ["a", "b"], other: ["a"] });
    server.set("/v1/health/service/web", [instance("web-1")]);
    const stage = consul(server, {
      path_prefix: "/consul/",
      token: "secret",
      datacenter: "dc2",
      namespace: "ns",
      partition: "p",
      allow_stale: false,
      tags: ["a", "b"],
      node_meta: { rack: "1" },
      filter: 'ServiceName != "x"',
      health_filter: "Checks.Status == passing",
    });
    await stage.until(() => stage.sink.updates.length > 0, "targets");
    expect(stage.sink.sources).toEqual([["web"]]);
    const common = "?dc=dc2&ns=ns&partition=p";
    expect(server.server.requests.map(({ url }) => url)).toEqual([
      `/consul/v1/catalog/services${common}&wait=120000ms&filter=ServiceName+%21%3D+%22x%22&node-meta=rack%3A1`,
      `/consul/v1/health/service/web${common}&tag=a&tag=b&wait=120000ms&filter=Checks.Status+%3D%3D+passing&node-meta=rack%3A1`,
    ]);
    expect(server.server.requests.map(({ headers }) => headers["x-consul-token"])).toEqual(["secret", "secret"]);
  });

  it("asks for named services without the catalog", async () => {
    const server = await ConsulServer.start(servers);
    server.set("/v1/health/service/web", [instance("web-1")]);
    server.set("/v1/health/service/a%2Fb", []);
    const stage = consul(server, { services: ["web", "a/b"] });
    await stage.until(() => stage.sink.updates.length > 0, "targets");
    expect(stage.sink.sources).toEqual([["web", "a/b"]]);
    expect(queries(server, "/v1/catalog/services")).toEqual([]);
  });

  it("waits for changes at the server, and asks at most once in each interval", async () => {
    const server = await ConsulServer.start(servers);
    server.set("/v1/health/service/web", [instance("web-1")]);
    const stage = consul(server, { services: ["web"], datacenter: "dc1" });
    await stage.looked(1);
    expect(stage.clock.nextIn).toBe(30_000);
    await stage.clock.advance(30_000);
    await stage.until(() => server.held.length === 1, "a held query");
    server.release();
    await stage.looked(2);
    expect(stage.sink.updates).toHaveLength(1);
    await stage.clock.advance(30_000);
    await stage.until(() => server.held.length === 1, "a held query");
    server.set("/v1/health/service/web", [instance("web-1"), instance("web-2")]);
    await stage.looked(3);
    expect(stage.sink.updates.map(([group]) => group?.targets.length)).toEqual([1, 2]);
    const asked = queries(server, "/v1/health/service/web");
    expect(asked).toEqual(["", "&index=1", "&index=1"].map((index) => `?dc=dc1&stale=${index}&wait=120000ms`));
  });

  it("follows services that come and go", async () => {
    const server = await ConsulServer.start(servers);
    server.set("/v1/catalog/services", { web: [] });
    server.set("/v1/health/service/web", [instance("web-1")]);
    server.set("/v1/health/service/api", [instance("api-1")]);
    const stage = consul(server, { datacenter: "dc1" });
    await stage.until(() => stage.sink.groups.has("web"), "web");
    await stage.clock.advance(30_000);
    await stage.until(() => server.held.length === 2, "held queries");
    server.set("/v1/catalog/services", { api: [] });
    await stage.until(() => stage.sink.groups.has("api"), "api");
    expect([...stage.sink.groups.keys()]).toEqual(["api"]);
    await stage.until(() => server.held.length === 0, "the end of the query for what is gone");
  });

  it("knows that there is nothing when the catalog is empty", async () => {
    const server = await ConsulServer.start(servers);
    server.set("/v1/catalog/services", {});
    const stage = consul(server);
    await stage.until(() => stage.sink.updates.length > 0, "targets");
    expect(stage.sink.updates).toEqual([[]]);
  });

  it("keeps what it knows when a query fails, says so, and asks again after 15 s at least", async () => {
    const server = await ConsulServer.start(servers);
    server.set("/v1/health/service/web", [instance("web-1")]);
    const stage = consul(server, { services: ["web"], datacenter: "dc1", refresh_interval: "1s" });
    await stage.looked(1);
    server.set("/v1/health/service/web", "ACL not found", 403);
    await stage.clock.advance(1_000);
    await stage.looked(2);
    expect(stage.sink.failing).toContain(`GET ${server.server.url}/v1/health/service/web?…: HTTP 403 Forbidden`);
    expect([...stage.sink.groups.keys()]).toEqual(["web"]);
    expect(stage.clock.nextIn).toBe(15_000);
    server.set("/v1/health/service/web", [instance("web-1")]);
    await stage.clock.advance(15_000);
    await stage.looked(3);
    expect(stage.sink.failing).toBeUndefined();
  });

  it("shows the other services when one cannot be asked", async () => {
    const server = await ConsulServer.start(servers);
    server.set("/v1/health/service/web", [instance("web-1")]);
    const stage = consul(server, { services: ["web", "denied"], datacenter: "dc1" });
    await stage.looked(2);
    expect([...stage.sink.groups.keys()]).toEqual(["web"]);
    expect(stage.sink.failing).toContain("/v1/health/service/denied?…: HTTP 404 Not Found");
  });

  it("never says that there is nothing while nothing could be asked", async () => {
    const server = await ConsulServer.start(servers);
    server.set("/v1/agent/self", "down", 500);
    const stage = consul(server);
    await stage.looked(1);
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toContain(`GET ${server.server.url}/v1/agent/self: HTTP 500`);
    server.set("/v1/agent/self", { Config: { Datacenter: "dc1" } });
    await stage.clock.advance(15_000);
    await stage.looked(3);
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toContain("/v1/catalog/services?…: HTTP 404");
  });

  it("says where an answer is not what Consul answers", async () => {
    const server = await ConsulServer.start(servers);
    server.set("/v1/health/service/web", [{ Node: {}, Service: { Port: "80" } }]);
    const stage = consul(server, { services: ["web"] });
    await stage.until(() => stage.sink.failing !== undefined, "a failure");
    expect(stage.sink.failing).toContain('/v1/health/service/web?…: [0].Service.Port must be a number, not "80"');
  });

  it("ends held queries when it is stopped, and leaves no timer", async () => {
    const server = await ConsulServer.start(servers);
    server.set("/v1/catalog/services", { web: [] });
    server.set("/v1/health/service/web", []);
    const stage = consul(server, { datacenter: "dc1" });
    await stage.looked(2);
    await stage.clock.advance(30_000);
    await stage.until(() => server.held.length === 2, "held queries");
    await stage.stop();
    expect(stage.clock.pending).toBe(0);
  });
});

describe("server", () => {
  it.each<{ settings: DataObject; baseUrl: string }>([
    { settings: { server: "c:8500" }, baseUrl: "http://c:8500" },
    { settings: { server: "c", scheme: "https", path_prefix: "p" }, baseUrl: "https://c/p" },
    { settings: { server: "https://c:1/q/", path_prefix: "p" }, baseUrl: "https://c:1/q" },
  ])("$settings is asked at $baseUrl", ({ settings, baseUrl }) => {
    expect(readConsulSettings({ ...DEFAULTS, ...settings }).baseUrl).toBe(baseUrl);
  });

  it("must be reachable over HTTP", () => {
    expect(() => readConsulSettings({ ...DEFAULTS, server: "unix:///run/consul.sock" })).toThrow(
      "consul_sd_configs: server unix:///run/consul.sock must be host:port, or an http or https URL",
    );
  });
});
