import { describe, expect, it } from "@jest/globals";

import { openStack } from "../../../src/discovery/openstack/openstack.ts";
import { type Lists, openStackServer, TOKEN } from "../../support/openstack-server.ts";
import { describePolledMechanism, polledStages } from "../../support/polled-mechanism-suite.ts";

const HYPERVISOR = {
  id: 1,
  hypervisor_hostname: "nc14.cloud.com",
  hypervisor_type: "QEMU",
  host_ip: "172.16.70.14",
  state: "up",
  status: "enabled",
};
const INSTANCE = {
  id: "ef079b0c",
  name: "derp",
  status: "ACTIVE",
  tenant_id: "fcad67a6",
  user_id: "9349aff8",
  flavor: { id: "1" },
  image: { id: "f90f6034" },
  metadata: { "env.name": "prod" },
  addresses: {
    private: [
      { addr: "10.0.0.32", version: 4, "OS-EXT-IPS:type": "fixed" },
      { addr: "10.10.10.2", version: 4, "OS-EXT-IPS:type": "floating" },
    ],
    v6: [{ addr: "2001:db8::1", version: 6, "OS-EXT-IPS:type": "fixed" }],
  },
};
const LISTS = {
  "/compute/v2.1/os-hypervisors/detail": [[HYPERVISOR]],
  "/compute/v2.1/servers/detail": [[INSTANCE]],
  "/network/v2.0/ports": [[{ id: "port-1", device_id: "ef079b0c" }]],
  "/network/v2.0/floatingips": [
    [
      { port_id: "port-1", fixed_ip_address: "10.0.0.32", floating_ip_address: "10.10.10.2" },
      { port_id: null, fixed_ip_address: null, floating_ip_address: "10.10.10.9" },
      { port_id: "unknown", fixed_ip_address: "2001:db8::1", floating_ip_address: "10.10.10.8" },
      { port_id: "vip-port", fixed_ip_address: "10.0.0.50", floating_ip_address: "192.168.1.2" },
    ],
  ],
};
const SIGN_IN = { username: "joe", password: "secret", domain_id: "12345", project_name: "shop" };
const kind = {
  mechanism: openStack,
  settings: ({ url }: { url: string }) => ({
    ...SIGN_IN,
    identity_endpoint: `${url}/identity`,
    role: "instance",
    region: "RegionOne",
    availability: "public",
  }),
  routes: {},
};
const begin = polledStages(kind);
const server = openStackServer(LISTS);

describePolledMechanism("openstack_sd_configs", {
  ...kind,
  nonsense: { text: "{", says: "the answer has no X-Subject-Token" },
  routes: Object.fromEntries(["/identity/v3/auth/tokens", ...Object.keys(LISTS)].map((path) => [path, server])),
});

/** The targets, and what a request for a token said. */
async function find(
  settings: Readonly<Record<string, string | boolean>>,
  lists: Lists = LISTS,
): Promise<{ readonly targets: readonly Readonly<Record<string, string>>[]; readonly urls: readonly string[] }> {
  const { groups, server: asked, stage } = await begin(openStackServer(lists), settings);
  expect(stage.sink.failing).toBeUndefined();
  expect(groups.map(({ source }) => source)).toEqual(["OS_RegionOne"]);
  return { targets: groups.flatMap(({ targets }) => targets), urls: asked.requests.map(({ url }) => url) };
}

describe("the role instance", () => {
  it("finds one target for each fixed address, with its labels", async () => {
    const common = {
      __meta_openstack_instance_flavor: "1",
      __meta_openstack_instance_id: "ef079b0c",
      __meta_openstack_instance_image: "f90f6034",
      __meta_openstack_instance_name: "derp",
      __meta_openstack_instance_status: "ACTIVE",
      __meta_openstack_project_id: "fcad67a6",
      __meta_openstack_user_id: "9349aff8",
      __meta_openstack_tag_env_name: "prod",
    };
    expect((await find({})).targets).toEqual([
      {
        ...common,
        __address__: "10.0.0.32:80",
        __meta_openstack_address_pool: "private",
        __meta_openstack_private_ip: "10.0.0.32",
        __meta_openstack_public_ip: "10.10.10.2",
      },
      {
        ...common,
        __address__: "[2001:db8::1]:80",
        __meta_openstack_address_pool: "v6",
        __meta_openstack_private_ip: "2001:db8::1",
      },
    ]);
  });

  it("reads all pages, of all projects when it is told to", async () => {
    const pages = ["a", "b", "c"].map((id) => [{ ...INSTANCE, id, addresses: { net: [{ addr: `10.0.0.${id}` }] } }]);
    const { targets, urls } = await find({ all_tenants: true }, { ...LISTS, "/compute/v2.1/servers/detail": pages });
    expect(targets.map((target) => target["__meta_openstack_instance_id"])).toEqual(["a", "b", "c"]);
    const asked = urls.filter((url) => url.includes("/servers/"));
    expect(asked).toHaveLength(3);
    expect(asked.filter((url) => !url.includes("all_tenants=true"))).toEqual([]);
  });

  it("knows flavors by name, instances without an image, and leaves out those without flavor or address", async () => {
    const instances = [
      { ...INSTANCE, id: "named", flavor: { original_name: "m1.small" }, image: "", addresses: { n: [{ addr: "1" }] } },
      { ...INSTANCE, id: "none", flavor: {} },
      { ...INSTANCE, id: "unreachable", addresses: {} },
    ];
    const { targets } = await find({}, { ...LISTS, "/compute/v2.1/servers/detail": [instances] });
    expect(targets).toHaveLength(1);
    expect(targets[0]).toMatchObject({ __meta_openstack_instance_flavor: "m1.small" });
    expect(targets[0]).not.toHaveProperty("__meta_openstack_instance_image");
  });
});

describe("the role hypervisor", () => {
  it("finds hypervisors with their labels", async () => {
    const named = { ...HYPERVISOR, id: "c48f6247-abe4-4a24-824e-ea39e108874f" };
    const { targets } = await find(
      { role: "hypervisor" },
      { "/compute/v2.1/os-hypervisors/detail": [[HYPERVISOR, named]] },
    );
    expect(targets).toEqual(
      ["1", "c48f6247-abe4-4a24-824e-ea39e108874f"].map((id) => ({
        __address__: "172.16.70.14:80",
        __meta_openstack_hypervisor_id: id,
        __meta_openstack_hypervisor_hostname: "nc14.cloud.com",
        __meta_openstack_hypervisor_host_ip: "172.16.70.14",
        __meta_openstack_hypervisor_status: "enabled",
        __meta_openstack_hypervisor_state: "up",
        __meta_openstack_hypervisor_type: "QEMU",
      })),
    );
  });
});

const listener = (protocol: string, port: number, ...ids: readonly string[]): unknown => ({
  protocol,
  protocol_port: port,
  loadbalancers: ids.map((id) => ({ id })),
});

describe("the role loadbalancer", () => {
  const balancer = {
    id: "lb-1",
    name: "lb",
    operating_status: "ONLINE",
    provisioning_status: "ACTIVE",
    availability_zone: "az1",
    vip_address: "10.0.0.50",
    vip_port_id: "vip-port",
    provider: "amphora",
    project_id: "fcad67a6",
    tags: ["web", "prod"],
  };

  it("finds those that serve metrics, at the first such port", async () => {
    const bare = { id: "lb-2", vip_address: "10.0.0.51", availability_zone: null };
    const { targets } = await find(
      { role: "loadbalancer" },
      {
        ...LISTS,
        "/load-balancer/v2.0/lbaas/loadbalancers": [[balancer, bare], [{ ...balancer, id: "lb-3" }]],
        "/load-balancer/v2.0/lbaas/listeners": [
          [listener("HTTP", 80, "lb-1", "lb-3"), listener("PROMETHEUS", 9273, "lb-1", "lb-2")],
          [listener("PROMETHEUS", 9999, "lb-1")],
        ],
      },
    );
    const prefix = "__meta_openstack_loadbalancer_";
    const states = { [`${prefix}operating_status`]: "", [`${prefix}provisioning_status`]: "" };
    expect(targets).toEqual([
      {
        __address__: "10.0.0.50:9273",
        __meta_openstack_project_id: "fcad67a6",
        [`${prefix}id`]: "lb-1",
        [`${prefix}name`]: "lb",
        [`${prefix}operating_status`]: "ONLINE",
        [`${prefix}provisioning_status`]: "ACTIVE",
        [`${prefix}availability_zone`]: "az1",
        [`${prefix}floating_ip`]: "192.168.1.2",
        [`${prefix}vip`]: "10.0.0.50",
        [`${prefix}provider`]: "amphora",
        [`${prefix}tags`]: "web,prod",
      },
      {
        ...states,
        __address__: "10.0.0.51:9273",
        __meta_openstack_project_id: "",
        [`${prefix}id`]: "lb-2",
        [`${prefix}name`]: "",
        [`${prefix}availability_zone`]: "",
        [`${prefix}vip`]: "10.0.0.51",
        [`${prefix}provider`]: "",
      },
    ]);
  });
});

describe("signing in", () => {
  const user = { name: "joe", domain: { id: "12345" }, password: "secret" };
  const none = { username: "", password: "", domain_id: "", project_name: "" };

  it.each<{ how: string; settings: Readonly<Record<string, string>>; auth: unknown }>([
    {
      how: "with a password, for a project by name",
      settings: {},
      auth: {
        identity: { methods: ["password"], password: { user } },
        scope: { project: { name: "shop", domain: { id: "12345" } } },
      },
    },
    {
      how: "with a password, for a project by id",
      settings: { project_name: "", project_id: "p1" },
      auth: { identity: { methods: ["password"], password: { user } }, scope: { project: { id: "p1" } } },
    },
    {
      how: "by the user's id, for no project",
      settings: { ...none, userid: "u1", password: "secret" },
      auth: { identity: { methods: ["password"], password: { user: { id: "u1", password: "secret" } } } },
    },
    {
      how: "with an application credential by id",
      settings: { ...none, application_credential_id: "c1", application_credential_secret: "s" },
      auth: {
        identity: { methods: ["application_credential"], application_credential: { id: "c1", secret: "s" } },
      },
    },
    {
      how: "with an application credential by name",
      settings: {
        ...none,
        username: "joe",
        domain_name: "default",
        application_credential_name: "c",
        application_credential_secret: "s",
      },
      auth: {
        identity: {
          methods: ["application_credential"],
          application_credential: { name: "c", secret: "s", user: { name: "joe", domain: { name: "default" } } },
        },
      },
    },
  ])("says who asks $how", async ({ settings, auth }) => {
    const { server: asked, stage } = await begin(server, settings);
    expect(stage.sink.failing).toBeUndefined();
    const [signIn, ...others] = asked.requests;
    expect(JSON.parse(signIn?.body ?? "")).toEqual({ auth });
    expect(new Set(others.map(({ headers }) => headers["x-auth-token"]))).toEqual(new Set([TOKEN]));
  });

  it("takes an identity endpoint with its version too", async () => {
    const { server: asked, stage } = await begin(server, {});
    const { url } = asked;
    const again = await begin(server, { identity_endpoint: `${url}/identity/v3/` });
    expect([stage.sink.failing, again.stage.sink.failing]).toEqual([undefined, undefined]);
  });

  it.each<{ what: string; settings: Readonly<Record<string, string>>; says: string }>([
    { what: "no endpoint", settings: { identity_endpoint: "" }, says: "identity_endpoint is missing" },
    {
      what: "an endpoint of version 2",
      settings: { identity_endpoint: "http://a/v2.0/" },
      says: "must be one of version 3 of the identity API, not of v2.0",
    },
    { what: "nobody", settings: none, says: "nobody can sign in" },
    { what: "a user in no domain", settings: { domain_id: "" }, says: "exactly one of domain_name and domain_id" },
    { what: "two users", settings: { userid: "u" }, says: "exactly one of username and userid must be set" },
    {
      what: "a credential without its secret",
      settings: { ...none, application_credential_id: "c" },
      says: "application_credential_secret is missing",
    },
    { what: "no role", settings: { role: "x" }, says: 'role "x" is none of hypervisor, instance, loadbalancer' },
  ])("refuses settings with $what", async ({ settings, says }) => {
    await expect(begin(server, settings)).rejects.toThrow(says);
  });

  it("says which endpoint the catalog does not have", async () => {
    const { stage } = await begin(server, { availability: "admin" });
    expect(stage.sink.failing).toBe(
      'openstack_sd_configs: the catalog has no admin endpoint of the service network in region "RegionOne"; ' +
        "check region and availability",
    );
  });
});
