import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "@jest/globals";

import { scaleway } from "../../../src/discovery/scaleway/scaleway.ts";
import { type Answer, json } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages, QueryRoute, routed } from "../../support/polled-mechanism-suite.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const INSTANCE = {
  id: "93c18a61",
  name: "web-1",
  hostname: "web",
  boot_type: "local",
  organization: "org-1",
  project: "project-1",
  state: "running",
  commercial_type: "DEV1-S",
  zone: "fr-par-1",
  tags: ["a", "b"],
  image: { arch: "x86_64", id: "image-1", name: "Ubuntu" },
  location: { cluster_id: "40", hypervisor_id: "1601", node_id: "29" },
  security_group: { id: "sg-1", name: "Default" },
  public_ips: [
    { address: "51.158.183.115", family: "inet" },
    { address: "2001:bc8::1", family: "inet6" },
    { address: "51.158.183.116", family: "inet" },
  ],
  public_ip: { address: "51.158.183.115", family: "inet" },
  private_ip: "10.70.60.57",
  ipv6: { address: "2001:bc8:1640:1568::1" },
};
const METAL = {
  id: "m1",
  name: "metal-1",
  project_id: "project-1",
  status: "ready",
  zone: "fr-par-2",
  offer_id: "offer-1",
  install: { os_id: "os-1" },
  tags: ["db"],
  ips: [
    { address: "2001:bc8::9", version: "IPv6" },
    { address: "51.159.0.9", version: "IPv4" },
    { address: "51.159.0.10", version: "IPv4" },
  ],
};
const ZONE = "/instance/v1/zones/fr-par-1";
const METAL_ZONE = "/baremetal/v1/zones/fr-par-1";
const ROUTES = {
  [`${ZONE}/servers`]: { servers: [INSTANCE] },
  [`${METAL_ZONE}/servers`]: { servers: [METAL], total_count: 1 },
  [`${METAL_ZONE}/offers`]: { offers: [{ id: "offer-1", name: "EM-A210R" }], total_count: 1 },
  [`${METAL_ZONE}/os`]: { os: [{ id: "os-1", name: "Ubuntu", version: "24.04" }], total_count: 1 },
};
const settings = (role: string) => (server: { url: string }) => ({
  api_url: server.url,
  zone: "fr-par-1",
  secret_key: "key",
  role,
});
const instances = { mechanism: scaleway, settings: settings("instance"), routes: ROUTES };
const metal = { ...instances, settings: settings("baremetal") };
const begin = polledStages(instances);
const makeDirectory = temporaryDirectories();

describePolledMechanism("scaleway_sd_configs in the role instance", instances);
describePolledMechanism("scaleway_sd_configs in the role baremetal", metal);

/** The only target of a server. */
async function targetOf(overrides: object): Promise<Readonly<Record<string, string>> | undefined> {
  const servers = [{ ...INSTANCE, ...overrides }];
  return (await begin(routed({ [`${ZONE}/servers`]: { servers } }))).groups[0]?.targets[0];
}

/** Two servers on the first page, and one on the second. */
const threeServers: Answer = (request, response) => {
  const page = Number(new URL(request.url, "http://server").searchParams.get("page"));
  response.setHeader("x-total-count", "3");
  const ids = page === 1 ? ["1", "2"] : ["3"];
  json({ servers: ids.map((id) => ({ id, private_ip: "10.0.0.1" })) })(request, response);
};

describe("the role instance", () => {
  it("finds servers with their labels, and says who asks", async () => {
    const { groups, server } = await begin(routed(ROUTES));
    const prefix = "__meta_scaleway_instance_";
    expect(groups).toEqual([
      {
        source: "scaleway",
        labels: {},
        targets: [
          {
            __address__: "10.70.60.57:80",
            [`${prefix}boot_type`]: "local",
            [`${prefix}hostname`]: "web",
            [`${prefix}id`]: "93c18a61",
            [`${prefix}image_arch`]: "x86_64",
            [`${prefix}image_id`]: "image-1",
            [`${prefix}image_name`]: "Ubuntu",
            [`${prefix}location_cluster_id`]: "40",
            [`${prefix}location_hypervisor_id`]: "1601",
            [`${prefix}location_node_id`]: "29",
            [`${prefix}name`]: "web-1",
            [`${prefix}organization_id`]: "org-1",
            [`${prefix}private_ipv4`]: "10.70.60.57",
            [`${prefix}project_id`]: "project-1",
            [`${prefix}public_ipv4`]: "51.158.183.115",
            [`${prefix}public_ipv6`]: "2001:bc8:1640:1568::1",
            [`${prefix}public_ipv4_addresses`]: ",51.158.183.115,51.158.183.116,",
            [`${prefix}public_ipv6_addresses`]: ",2001:bc8::1,",
            [`${prefix}region`]: "fr-par",
            [`${prefix}security_group_id`]: "sg-1",
            [`${prefix}security_group_name`]: "Default",
            [`${prefix}status`]: "running",
            [`${prefix}tags`]: ",a,b,",
            [`${prefix}type`]: "DEV1-S",
            [`${prefix}zone`]: "fr-par-1",
          },
        ],
      },
    ]);
    expect(server.requests.map(({ url, headers }) => [url, headers["x-auth-token"]])).toEqual([
      [`${ZONE}/servers?page=1`, "key"],
    ]);
  });

  it.each<{ name: string; server: object; address: string | undefined }>([
    { name: "the public address without a private one", server: { private_ip: null }, address: "51.158.183.115:80" },
    {
      name: "the IPv6 address without others",
      server: { private_ip: null, public_ip: null },
      address: "[2001:bc8:1640:1568::1]:80",
    },
    {
      name: "a public address that is an IPv6 one",
      server: { private_ip: null, public_ip: { address: "2001:bc8::1", family: "inet6" } },
      address: "[2001:bc8::1]:80",
    },
    { name: "nothing without any", server: { private_ip: null, public_ip: null, ipv6: null }, address: undefined },
  ])("takes $name", async ({ server, address }) => {
    expect((await targetOf(server))?.["__address__"]).toBe(address);
  });

  it("leaves out what a server has not", async () => {
    const none = { image: null, location: null, security_group: null, public_ips: [], tags: [], ipv6: null };
    const names = Object.keys((await targetOf(none)) ?? {}).join();
    expect(names).not.toMatch(/image|location|security_group|addresses|tags|ipv6/);
  });

  it("reads all pages of what the filters let through, with the key from a file", async () => {
    const file = join(makeDirectory(), "key");
    writeFileSync(file, "from file\n");
    const { groups, server } = await begin(routed({ [`${ZONE}/servers`]: new QueryRoute(() => threeServers) }), {
      name_filter: "web",
      tags_filter: ["a", "b"],
      secret_key: "",
      secret_key_file: file,
    });
    expect(groups[0]?.targets).toHaveLength(3);
    expect(server.requests.map(({ url, headers }) => [url, headers["x-auth-token"]])).toEqual(
      ["1", "2"].map((page) => [`${ZONE}/servers?page=${page}&name=web&tags=a%2Cb`, "from file"]),
    );
  });
});

describe("the role baremetal", () => {
  it("finds servers with their labels", async () => {
    const { groups, server } = await begin(routed(ROUTES), { role: "baremetal", tags_filter: ["a", "b"] });
    expect(groups[0]?.targets).toEqual([
      {
        __address__: "51.159.0.9:80",
        __meta_scaleway_baremetal_id: "m1",
        __meta_scaleway_baremetal_name: "metal-1",
        __meta_scaleway_baremetal_os_name: "Ubuntu",
        __meta_scaleway_baremetal_os_version: "24.04",
        __meta_scaleway_baremetal_project_id: "project-1",
        __meta_scaleway_baremetal_public_ipv4: "51.159.0.9",
        __meta_scaleway_baremetal_public_ipv6: "2001:bc8::9",
        __meta_scaleway_baremetal_status: "ready",
        __meta_scaleway_baremetal_tags: ",db,",
        __meta_scaleway_baremetal_type: "EM-A210R",
        __meta_scaleway_baremetal_zone: "fr-par-2",
      },
    ]);
    expect(server.requests[0]?.url).toBe(`${METAL_ZONE}/servers?page=1&tags=a&tags=b`);
  });

  it("has a target without an address for a server that has none", async () => {
    const bare = { ...METAL, ips: [], install: null, offer_id: "gone", tags: [] };
    const routes = { ...ROUTES, [`${METAL_ZONE}/servers`]: { servers: [bare], total_count: 1 } };
    const { groups } = await begin(routed(routes), { role: "baremetal" });
    expect(Object.keys(groups[0]?.targets[0] ?? {}).map((name) => name.replace(/^.*metal_/, ""))).toEqual([
      "id",
      "name",
      "project_id",
      "status",
      "zone",
    ]);
  });
});
