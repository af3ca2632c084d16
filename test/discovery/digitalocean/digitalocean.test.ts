import { describe, expect, it } from "@jest/globals";

import { digitalOcean } from "../../../src/discovery/digitalocean/digitalocean.ts";
import { describePolledMechanism, polledStages, QueryRoute, routed } from "../../support/polled-mechanism-suite.ts";

const DROPLET = {
  id: 3164444,
  name: "web-1",
  image: { slug: "ubuntu-24-04", name: "24.04 x64" },
  region: { slug: "nyc3" },
  size_slug: "s-1vcpu",
  status: "active",
  vpc_uuid: "vpc-1",
  features: ["backups", "ipv6"],
  tags: ["web", "env:prod"],
  networks: {
    v4: [
      { ip_address: "10.128.0.2", type: "private" },
      { ip_address: "104.236.32.182", type: "public" },
    ],
    v6: [{ ip_address: "2604:a880::1", type: "public" }],
  },
};
const DATABASE = {
  id: "db-1",
  name: "orders",
  engine: "pg",
  version: "17",
  status: "online",
  region: "nyc3",
  size: "db-s-2vcpu",
  num_nodes: 2,
  connection: { host: "public.db", port: 25060 },
  private_connection: { host: "private.db", port: 25060 },
  tags: ["env-prod"],
};
const ROUTES = { "/v2/droplets": { droplets: [DROPLET], links: {} }, "/v2/databases": { databases: [DATABASE] } };
const kind = {
  mechanism: ({ url }: { url: string }) => digitalOcean(url),
  settings: () => ({ role: "droplets", authorization: { type: "Bearer", credentials: "t" } }),
  routes: ROUTES,
};
const begin = polledStages(kind);

describePolledMechanism("digitalocean_sd_configs", kind);

describe("the role droplets", () => {
  it("finds droplets with their labels, and says who asks", async () => {
    const { groups, server } = await begin(routed(ROUTES), { port: 9100 });
    expect(groups).toEqual([
      {
        source: "DigitalOcean",
        labels: {},
        targets: [
          {
            __address__: "104.236.32.182:9100",
            __meta_digitalocean_droplet_id: "3164444",
            __meta_digitalocean_droplet_name: "web-1",
            __meta_digitalocean_image: "ubuntu-24-04",
            __meta_digitalocean_image_name: "24.04 x64",
            __meta_digitalocean_private_ipv4: "10.128.0.2",
            __meta_digitalocean_public_ipv4: "104.236.32.182",
            __meta_digitalocean_public_ipv6: "2604:a880::1",
            __meta_digitalocean_region: "nyc3",
            __meta_digitalocean_size: "s-1vcpu",
            __meta_digitalocean_status: "active",
            __meta_digitalocean_vpc: "vpc-1",
            __meta_digitalocean_features: ",backups,ipv6,",
            __meta_digitalocean_tags: ",web,env:prod,",
          },
        ],
      },
    ]);
    expect(server.requests[0]?.headers.authorization).toBe("Bearer t");
  });

  it("leaves out what has no network, and labels that have no items", async () => {
    const bare = { id: 2, networks: { v4: [{ ip_address: "10.0.0.1", type: "private" }] }, image: { slug: null } };
    const droplets = [{ id: 1 }, { id: 3, networks: { v4: [] } }, bare];
    const { groups } = await begin(routed({ "/v2/droplets": { droplets } }));
    const [target, ...others] = groups.flatMap(({ targets }) => targets);
    expect(others).toEqual([]);
    expect(target).toMatchObject({ __address__: ":80", __meta_digitalocean_droplet_id: "2" });
    expect(target).not.toHaveProperty("__meta_digitalocean_tags");
    expect(target).not.toHaveProperty("__meta_digitalocean_features");
  });

  it("reads all pages", async () => {
    const page = new QueryRoute((url) => {
      const number = Number(url.searchParams.get("page"));
      const pages = number < 3 ? { next: `https://api/v2/droplets?page=${String(number + 1)}` } : {};
      return { droplets: [{ ...DROPLET, id: number }], links: { pages } };
    });
    const { groups } = await begin(routed({ "/v2/droplets": page }));
    const ids = groups.flatMap(({ targets }) => targets.map((target) => target["__meta_digitalocean_droplet_id"]));
    expect(ids).toEqual(["1", "2", "3"]);
  });
});

describe("the role databases", () => {
  const targetOf = async (database: object): Promise<unknown> => {
    const { groups } = await begin(routed({ "/v2/databases": { databases: [database] } }), { role: "databases" });
    expect(groups.map(({ source }) => source)).toEqual(["DigitalOcean Databases"]);
    return groups[0]?.targets[0];
  };

  it("finds clusters at their private host", async () => {
    expect(await targetOf(DATABASE)).toEqual({
      __address__: "private.db:80",
      __meta_digitalocean_db_id: "db-1",
      __meta_digitalocean_db_name: "orders",
      __meta_digitalocean_db_engine: "pg",
      __meta_digitalocean_db_version: "17",
      __meta_digitalocean_db_status: "online",
      __meta_digitalocean_db_region: "nyc3",
      __meta_digitalocean_db_size: "db-s-2vcpu",
      __meta_digitalocean_db_num_nodes: "2",
      __meta_digitalocean_db_host: "public.db",
      __meta_digitalocean_db_private_host: "private.db",
      "__meta_digitalocean_db_tag_env-prod": "true",
    });
  });

  it("takes the public host of a cluster without a private one, and no address where there is none", async () => {
    expect(await targetOf({ ...DATABASE, private_connection: null })).toMatchObject({ __address__: "public.db:80" });
    const none = await targetOf({ id: "db-2" });
    expect(none).not.toHaveProperty("__address__");
    expect(none).not.toHaveProperty("__meta_digitalocean_db_host");
  });
});
