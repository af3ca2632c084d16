import { describe, expect, it } from "@jest/globals";

import { ionos } from "../../../src/discovery/ionos/ionos.ts";
import { describePolledMechanism, polledStages, QueryRoute, routed } from "../../support/polled-mechanism-suite.ts";

const nic = (name: string | null, ips: readonly string[]): object => ({ properties: { name, ips } });
const SERVER = {
  id: "s1",
  metadata: { state: "AVAILABLE" },
  properties: {
    name: "web-1",
    vmState: "RUNNING",
    type: "ENTERPRISE",
    cpuFamily: "INTEL_XEON",
    availabilityZone: "ZONE_1",
    bootVolume: { id: "v1" },
    bootCdrom: null,
  },
  entities: {
    nics: { items: [nic("metrics-dc.1", ["85.0.0.1", "fd00::1"])] },
    volumes: { items: [{ properties: { image: "image-1" } }] },
  },
};
const PATH = "/datacenters/dc%2F1/servers";
const ROUTES = { [PATH]: { id: "dc-1/servers", items: [SERVER] } };
const kind = {
  mechanism: ({ url }: { url: string }) => ionos(url),
  settings: () => ({ datacenter_id: "dc/1" }),
  routes: ROUTES,
};
const begin = polledStages(kind);

async function targetsOf(...servers: readonly object[]): Promise<readonly Readonly<Record<string, string>>[]> {
  const { groups } = await begin(routed({ [PATH]: { id: "dc-1/servers", items: servers } }));
  return groups.flatMap(({ targets }) => targets);
}

describePolledMechanism("ionos_sd_configs", kind);

describe("ionos_sd_configs", () => {
  it("finds servers with their labels", async () => {
    const { groups, server } = await begin(routed(ROUTES));
    expect(groups).toEqual([
      {
        source: "ionos",
        labels: {},
        targets: [
          {
            __address__: "85.0.0.1:80",
            __meta_ionos_server_availability_zone: "ZONE_1",
            __meta_ionos_server_boot_image_id: "image-1",
            __meta_ionos_server_boot_volume_id: "v1",
            __meta_ionos_server_cpu_family: "INTEL_XEON",
            __meta_ionos_server_id: "s1",
            __meta_ionos_server_ip: ",85.0.0.1,fd00::1,",
            __meta_ionos_server_lifecycle: "AVAILABLE",
            __meta_ionos_server_name: "web-1",
            __meta_ionos_server_nic_ip_metrics_dc_1: ",85.0.0.1,fd00::1,",
            __meta_ionos_server_servers_id: "dc-1/servers",
            __meta_ionos_server_state: "RUNNING",
            __meta_ionos_server_type: "ENTERPRISE",
          },
        ],
      },
    ]);
    expect(server.requests.map(({ url }) => url)).toEqual([`${PATH}?depth=3&limit=1000&offset=0`]);
  });

  it("takes the last NIC first, and joins those without a name", async () => {
    const nics = { items: [nic(null, ["10.0.0.1"]), nic("b", ["10.0.0.2"]), nic(null, ["10.0.0.3"])] };
    const [target] = await targetsOf({ ...SERVER, entities: { nics } });
    expect(target).toMatchObject({
      __address__: "10.0.0.3:80",
      __meta_ionos_server_ip: ",10.0.0.3,10.0.0.2,10.0.0.1,",
      __meta_ionos_server_nic_ip_unnamed: ",10.0.0.3,10.0.0.1,",
      __meta_ionos_server_nic_ip_b: ",10.0.0.2,",
    });
    expect(target).not.toHaveProperty("__meta_ionos_server_boot_image_id");
  });

  it("leaves out servers without an address", async () => {
    const none = { ...SERVER, entities: { nics: { items: [nic("a", [])] } } };
    expect(await targetsOf(none, { ...SERVER, entities: null })).toEqual([]);
  });

  it("says what a server was booted from", async () => {
    const [target] = await targetsOf({ ...SERVER, properties: { bootCdrom: { id: "cd1" } } });
    expect(target).toMatchObject({ __meta_ionos_server_boot_cdrom_id: "cd1", __meta_ionos_server_name: "" });
    expect(target).not.toHaveProperty("__meta_ionos_server_boot_volume_id");
  });

  it("reads all pages", async () => {
    const servers = new QueryRoute((url) => {
      const offset = Number(url.searchParams.get("offset"));
      const length = offset === 0 ? 1_000 : 1;
      return { id: "l", items: Array.from({ length }, (_, i) => ({ ...SERVER, id: String(offset + i) })) };
    });
    const { groups } = await begin(routed({ [PATH]: servers }));
    expect(groups[0]?.targets).toHaveLength(1_001);
    expect(groups[0]?.targets.at(-1)).toMatchObject({ __meta_ionos_server_id: "1000" });
  });
});
