import { describe, expect, it } from "@jest/globals";

import { linode } from "../../../src/discovery/linode/linode.ts";
import { json, type SeenRequest } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages, QueryRoute, routed } from "../../support/polled-mechanism-suite.ts";

const INSTANCE = {
  id: 26838044,
  label: "web-1",
  image: "linode/arch",
  ipv4: ["45.33.82.151", "96.126.108.16", "192.168.170.51"],
  ipv6: "2600:3c03::f03c:92ff:fe1a:1382/128",
  region: "us-east",
  type: "g6-standard-2",
  status: "running",
  group: "",
  hypervisor: "kvm",
  tags: ["monitoring", "web"],
  backups: { enabled: false },
  specs: { disk: 81920, memory: 4096, vcpus: 2, transfer: 4000, gpus: 0 },
};
const ADDRESSES = [
  { address: "192.168.170.51", public: false, rdns: null },
  { address: "45.33.82.151", public: true, rdns: "li1028-151.members.linode.com" },
  { address: "96.126.108.16", public: true, rdns: "other" },
  { address: "2600:3c03::f03c:92ff:fe1a:1382", public: true, rdns: "null" },
];
const RANGES = [
  { range: "2600:3c03:e000:123::", prefix: 64, route_target: "2600:3c03::f03c:92ff:fe1a:1382" },
  { range: "2600:3c04::", prefix: 64, route_target: "somebody else" },
];
const page = (data: readonly unknown[]): object => ({ data, page: 1, pages: 1, results: data.length });
const ROUTES = {
  "/linode/instances": page([INSTANCE]),
  "/networking/ips": page(ADDRESSES),
  "/networking/ipv6/ranges": page(RANGES),
  "/account/events": page([{ id: 1 }]),
};
const kind = {
  mechanism: ({ url }: { url: string }) => linode(url),
  settings: () => ({ tag_separator: "," }),
  routes: ROUTES,
};
const begin = polledStages(kind);

/** The paths that were asked for since a request. */
function pathsOf(requests: readonly SeenRequest[], from = 0): readonly (string | undefined)[] {
  return requests.slice(from).map(({ url }) => url.split("?")[0]);
}

describePolledMechanism("linode_sd_configs", kind);

describe("linode_sd_configs", () => {
  it("finds instances with their labels", async () => {
    const { groups } = await begin(routed(ROUTES));
    expect(groups).toEqual([
      {
        source: "Linode",
        labels: {},
        targets: [
          {
            __address__: "45.33.82.151:80",
            __meta_linode_instance_id: "26838044",
            __meta_linode_instance_label: "web-1",
            __meta_linode_image: "linode/arch",
            __meta_linode_private_ipv4: "192.168.170.51",
            __meta_linode_private_ipv4_rdns: "",
            __meta_linode_public_ipv4: "45.33.82.151",
            __meta_linode_public_ipv4_rdns: "li1028-151.members.linode.com",
            __meta_linode_public_ipv6: "2600:3c03::f03c:92ff:fe1a:1382",
            __meta_linode_public_ipv6_rdns: "",
            __meta_linode_region: "us-east",
            __meta_linode_type: "g6-standard-2",
            __meta_linode_status: "running",
            __meta_linode_group: "",
            __meta_linode_gpus: "0",
            __meta_linode_hypervisor: "kvm",
            __meta_linode_backups: "disabled",
            __meta_linode_specs_disk_bytes: "85899345920",
            __meta_linode_specs_memory_bytes: "4294967296",
            __meta_linode_specs_vcpus: "2",
            __meta_linode_specs_transfer_bytes: "4194304000",
            __meta_linode_tags: ",monitoring,web,",
            __meta_linode_extra_ips: ",96.126.108.16,",
            __meta_linode_ipv6_ranges: ",2600:3c03:e000:123::/64,",
          },
        ],
      },
    ]);
  });

  it("leaves out instances without an IPv4 address, and labels that have no items", async () => {
    const bare = { ...INSTANCE, ipv4: ["1.1.1.1"], ipv6: null, tags: [], backups: { enabled: true } };
    const { groups } = await begin(routed({ ...ROUTES, "/linode/instances": page([bare, { id: 1, ipv4: [] }]) }));
    const targets = groups.flatMap(({ targets: found }) => found);
    expect(targets).toHaveLength(1);
    expect(targets[0]).toMatchObject({
      __address__: ":80",
      __meta_linode_public_ipv6: "",
      __meta_linode_backups: "enabled",
    });
    for (const name of ["tags", "extra_ips", "ipv6_ranges"]) {
      expect(targets[0]).not.toHaveProperty(`__meta_linode_${name}`);
    }
  });

  it("reads all pages, of one region if one is set", async () => {
    const instances = new QueryRoute((url) => ({
      data: [{ ...INSTANCE, id: Number(url.searchParams.get("page")) }],
      pages: 2,
    }));
    const { groups, server } = await begin(routed({ ...ROUTES, "/linode/instances": instances }), {
      region: "us-east",
    });
    expect(groups[0]?.targets.map((target) => target["__meta_linode_instance_id"])).toEqual(["1", "2"]);
    expect(server.requests.map(({ url }) => url)).toEqual([
      "/linode/instances?page=1&page_size=500",
      "/linode/instances?page=2&page_size=500",
      "/networking/ips?page=1&page_size=500",
      "/networking/ipv6/ranges?page=1&page_size=500",
    ]);
    expect(new Set(server.requests.map(({ headers }) => headers["x-filter"]))).toEqual(
      new Set(['{"region":"us-east"}']),
    );
  });

  it("asks for events only while there are none, and for everything each tenth time", async () => {
    const { server, stage } = await begin(routed({ ...ROUTES, "/account/events": page([]) }));
    for (let look = 2; look <= 11; look += 1) {
      await stage.clock.advance(60_000);
      await stage.looked(look);
    }
    const everything = ["/linode/instances", "/networking/ips", "/networking/ipv6/ranges"];
    const events = Array.from({ length: 10 }, () => "/account/events");
    expect(pathsOf(server.requests)).toEqual([...everything, ...events, ...everything]);
    expect(server.requests[4]?.headers["x-filter"]).toBe('{"created":{"+gte":"2026-01-01T00:01:00"}}');
    expect(stage.sink.failing).toBeUndefined();
  });

  it("asks for everything after an event", async () => {
    const { server, stage } = await begin(routed(ROUTES));
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect(pathsOf(server.requests, 3)).toEqual([
      "/account/events",
      "/linode/instances",
      "/networking/ips",
      "/networking/ipv6/ranges",
    ]);
  });

  it("asks for everything each time with a token that may not read events", async () => {
    const denied = await begin((request, response) => {
      if (request.url.startsWith("/account/events")) json({}, 401)(request, response);
      else routed(ROUTES)(request, response);
    });
    for (const look of [2, 3]) {
      await denied.stage.clock.advance(60_000);
      await denied.stage.looked(look);
    }
    const events = pathsOf(denied.server.requests).filter((path) => path === "/account/events");
    expect([events.length, denied.server.requests.length]).toEqual([1, 10]);
    expect(denied.stage.sink.failing).toBeUndefined();
  });
});
