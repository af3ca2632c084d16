import { describe, expect, it } from "@jest/globals";

import { vultr } from "../../../src/discovery/vultr/vultr.ts";
import { describePolledMechanism, polledStages, QueryRoute, routed } from "../../support/polled-mechanism-suite.ts";

const INSTANCE = {
  id: "dbdbd38c",
  os: "CentOS 9",
  ram: 1024,
  disk: 25,
  main_ip: "149.28.234.27",
  vcpu_count: 1,
  region: "ewr",
  plan: "vc2-1c-1gb",
  allowed_bandwidth: 1000,
  v6_main_ip: "2001:db8::1",
  label: "web",
  internal_ip: "10.1.96.3",
  hostname: "web-1",
  server_status: "ok",
  os_id: 381,
  features: ["ipv6", "ddos"],
  tags: ["a"],
};
const ROUTES = { "/v2/instances": { instances: [INSTANCE], meta: { total: 1, links: { next: "", prev: "" } } } };
const kind = { mechanism: ({ url }: { url: string }) => vultr(url), settings: () => ({}), routes: ROUTES };
const begin = polledStages(kind);

describePolledMechanism("vultr_sd_configs", kind);

describe("vultr_sd_configs", () => {
  it("finds instances with their labels", async () => {
    const { groups } = await begin(routed(ROUTES));
    expect(groups).toEqual([
      {
        source: "Vultr",
        labels: {},
        targets: [
          {
            __address__: "149.28.234.27:80",
            __meta_vultr_instance_id: "dbdbd38c",
            __meta_vultr_instance_label: "web",
            __meta_vultr_instance_os: "CentOS 9",
            __meta_vultr_instance_os_id: "381",
            __meta_vultr_instance_region: "ewr",
            __meta_vultr_instance_plan: "vc2-1c-1gb",
            __meta_vultr_instance_main_ip: "149.28.234.27",
            __meta_vultr_instance_main_ipv6: "2001:db8::1",
            __meta_vultr_instance_internal_ip: "10.1.96.3",
            __meta_vultr_instance_hostname: "web-1",
            __meta_vultr_instance_server_status: "ok",
            __meta_vultr_instance_vcpu_count: "1",
            __meta_vultr_instance_ram_mb: "1024",
            __meta_vultr_instance_allowed_bandwidth_gb: "1000",
            __meta_vultr_instance_disk_gb: "25",
            __meta_vultr_instance_features: ",ipv6,ddos,",
            __meta_vultr_instance_tags: ",a,",
          },
        ],
      },
    ]);
  });

  it("reads all pages, and leaves out labels that have no items", async () => {
    const next: Readonly<Record<string, string>> = { "": "b", b: "c=" };
    const instances = new QueryRoute((url) => {
      const cursor = url.searchParams.get("cursor") ?? "";
      return { instances: [{ id: `after ${cursor}` }], meta: { links: { next: next[cursor] ?? "" } } };
    });
    const { groups, server } = await begin(routed({ "/v2/instances": instances }));
    const targets = groups.flatMap(({ targets: found }) => found);
    expect(targets.map((target) => target["__meta_vultr_instance_id"])).toEqual(["after ", "after b", "after c="]);
    expect(targets[0]).not.toHaveProperty("__meta_vultr_instance_tags");
    expect(server.requests.map(({ url }) => url)).toEqual(
      ["", "&cursor=b", "&cursor=c%3D"].map((cursor) => `/v2/instances?per_page=100${cursor}`),
    );
  });
});
