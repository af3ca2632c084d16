import { describe, expect, it } from "@jest/globals";

import { hetzner } from "../../../src/discovery/hetzner/hetzner.ts";
import { describePolledMechanism, polledStages, QueryRoute, routed } from "../../support/polled-mechanism-suite.ts";

const LOCATION = { name: "fsn1", network_zone: "eu-central" };
const SERVER = {
  id: 42,
  name: "web-1",
  status: "running",
  public_net: { ipv4: { ip: "1.2.3.4" }, ipv6: { ip: "2001:db8::/64" } },
  private_net: [
    { network: 4711, ip: "10.0.0.2" },
    { network: 1, ip: "10.9.0.2" },
  ],
  server_type: { name: "cx11", cores: 1, cpu_type: "shared", memory: 1.9, disk: 25 },
  location: LOCATION,
  image: { name: "ubuntu-24.04", description: "Ubuntu 24.04", os_version: "24.04", os_flavor: "ubuntu" },
  labels: { "my-key": "my-value", empty: "" },
};
const DEDICATED = {
  server_ip: "123.123.123.123",
  server_number: 321,
  server_name: "server1",
  product: "DS 3000",
  dc: "NBG1-DC1",
  status: "ready",
  cancelled: false,
  subnet: [
    { ip: "123.0.0.0", mask: "29" },
    { ip: "2a01:4f8:111:4221::", mask: "64" },
  ],
};
const ROUTES = {
  "/servers": { servers: [SERVER], meta: { pagination: { page: 1, next_page: null } } },
  "/networks": { networks: [{ id: 4711, name: "my-net" }], meta: { pagination: { next_page: null } } },
  "/server": [{ server: DEDICATED }],
};
const mechanism = ({ url }: { url: string }): ReturnType<typeof hetzner> => hetzner({ cloud: url, robot: url });
const cloud = { mechanism, settings: () => ({ role: "hcloud" }), routes: ROUTES };
const robot = { ...cloud, settings: () => ({ role: "robot" }) };
const begin = polledStages(cloud);

describePolledMechanism("hetzner_sd_configs in the role hcloud", cloud);
describePolledMechanism("hetzner_sd_configs in the role robot", robot);

describe("the role hcloud", () => {
  it("finds servers with their labels", async () => {
    const { groups } = await begin(routed(ROUTES));
    expect(groups).toEqual([
      {
        source: "hetzner",
        labels: {},
        targets: [
          {
            __address__: "1.2.3.4:80",
            __meta_hetzner_role: "hcloud",
            __meta_hetzner_server_id: "42",
            __meta_hetzner_server_name: "web-1",
            __meta_hetzner_server_status: "running",
            __meta_hetzner_public_ipv4: "1.2.3.4",
            __meta_hetzner_public_ipv6_network: "2001:db8::/64",
            __meta_hetzner_hcloud_location: "fsn1",
            __meta_hetzner_hcloud_location_network_zone: "eu-central",
            __meta_hetzner_hcloud_datacenter_location: "fsn1",
            __meta_hetzner_hcloud_datacenter_location_network_zone: "eu-central",
            __meta_hetzner_hcloud_server_type: "cx11",
            __meta_hetzner_hcloud_cpu_cores: "1",
            __meta_hetzner_hcloud_cpu_type: "shared",
            __meta_hetzner_hcloud_memory_size_gb: "1",
            __meta_hetzner_hcloud_disk_size_gb: "25",
            __meta_hetzner_hcloud_image_name: "ubuntu-24.04",
            __meta_hetzner_hcloud_image_description: "Ubuntu 24.04",
            __meta_hetzner_hcloud_image_os_version: "24.04",
            __meta_hetzner_hcloud_image_os_flavor: "ubuntu",
            __meta_hetzner_hcloud_private_ipv4_my_net: "10.0.0.2",
            __meta_hetzner_hcloud_label_my_key: "my-value",
            __meta_hetzner_hcloud_label_empty: "",
            __meta_hetzner_hcloud_labelpresent_my_key: "true",
            __meta_hetzner_hcloud_labelpresent_empty: "true",
          },
        ],
      },
    ]);
  });

  it("takes the location from the datacenter where it still is, and leaves out an image that there is not", async () => {
    const old = { ...SERVER, location: undefined, image: null, datacenter: { name: "fsn1-dc8", location: LOCATION } };
    const { groups } = await begin(routed({ ...ROUTES, "/servers": { servers: [old] } }));
    const target = groups[0]?.targets[0];
    expect(target).toMatchObject({
      __meta_hetzner_datacenter: "fsn1-dc8",
      __meta_hetzner_hcloud_location: "fsn1",
    });
    expect(target).not.toHaveProperty("__meta_hetzner_hcloud_image_name");
  });

  it("reads all pages of what the selector lets through", async () => {
    const servers = new QueryRoute((url) => {
      const page = Number(url.searchParams.get("page"));
      return { servers: [{ ...SERVER, id: page }], meta: { pagination: { next_page: page < 3 ? page + 1 : null } } };
    });
    const { groups, server } = await begin(routed({ ...ROUTES, "/servers": servers }), { label_selector: "a=b" });
    expect(groups[0]?.targets.map((target) => target["__meta_hetzner_server_id"])).toEqual(["1", "2", "3"]);
    expect(server.requests.map(({ url }) => url)).toEqual([
      ...[1, 2, 3].map((page) => `/servers?label_selector=a%3Db&page=${String(page)}&per_page=50`),
      "/networks?page=1&per_page=50",
    ]);
  });

  it("does not follow pages round in circles", async () => {
    const endless = { servers: [SERVER], meta: { pagination: { next_page: 1 } } };
    const { stage, server } = await begin(routed({ ...ROUTES, "/servers": endless }));
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toBe(`${server.url}/servers: page 1 comes a second time`);
  });
});

describe("the role robot", () => {
  it("finds dedicated servers with their labels", async () => {
    const { groups } = await begin(routed(ROUTES), { role: "robot" });
    expect(groups[0]?.targets).toEqual([
      {
        __address__: "123.123.123.123:80",
        __meta_hetzner_role: "robot",
        __meta_hetzner_server_id: "321",
        __meta_hetzner_server_name: "server1",
        __meta_hetzner_server_status: "ready",
        __meta_hetzner_datacenter: "nbg1-dc1",
        __meta_hetzner_public_ipv4: "123.123.123.123",
        __meta_hetzner_public_ipv6_network: "2a01:4f8:111:4221::/64",
        __meta_hetzner_robot_datacenter: "nbg1-dc1",
        __meta_hetzner_robot_product: "DS 3000",
        __meta_hetzner_robot_cancelled: "false",
      },
    ]);
  });

  it("knows no IPv6 network where there is none", async () => {
    const plain = { ...DEDICATED, subnet: null };
    const { groups } = await begin(routed({ "/server": [{ server: plain }] }), { role: "robot" });
    expect(groups[0]?.targets[0]).not.toHaveProperty("__meta_hetzner_public_ipv6_network");
  });
});
