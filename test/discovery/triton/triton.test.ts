import { describe, expect, it } from "@jest/globals";

import { triton } from "../../../src/discovery/triton/triton.ts";
import { createCertificateAuthority } from "../../support/certificates.ts";
import { describePolledMechanism, polledStages, routed } from "../../support/polled-mechanism-suite.ts";

const AUTHORITY = createCertificateAuthority();
const ROUTES = {
  "/v1/discover": {
    containers: [
      {
        groups: ["foo", "bar"],
        server_uuid: "44454c4c-5000-104d-8037-b7c04f5a5131",
        vm_alias: "server01",
        vm_brand: "lx",
        vm_image_uuid: "7b27a514-89d7-11e6-bee6-3f96f367bee7",
        vm_uuid: "ad466fbf-46a2-4027-9b64-8d3cdb7e9072",
      },
      { server_uuid: "s", vm_alias: "a", vm_brand: "joyent", vm_image_uuid: "i", vm_uuid: "bare" },
    ],
  },
  "/v1/gz/discover": { cns: [{ server_hostname: "host01", server_uuid: "44454c4c" }] },
};
const kind = {
  mechanism: triton,
  settings: ({ port }: { port: number }) => ({
    account: "testAccount",
    role: "container",
    dns_suffix: "cmon.example.com",
    endpoint: "127.0.0.1",
    port,
    version: 1,
    tls_config: { ca: AUTHORITY.cert },
  }),
  routes: ROUTES,
  tls: AUTHORITY.issue("IP:127.0.0.1"),
};
const begin = polledStages(kind);

describePolledMechanism("triton_sd_configs", kind);

describe("triton_sd_configs", () => {
  it("finds containers with their labels", async () => {
    const { groups, server } = await begin(routed(ROUTES));
    const at = (id: string): string => `${id}.cmon.example.com:${String(server.port)}`;
    expect(groups).toEqual([
      {
        source: `${server.url}/v1/discover`,
        labels: {},
        targets: [
          {
            __address__: at("ad466fbf-46a2-4027-9b64-8d3cdb7e9072"),
            __meta_triton_groups: ",foo,bar,",
            __meta_triton_machine_alias: "server01",
            __meta_triton_machine_brand: "lx",
            __meta_triton_machine_id: "ad466fbf-46a2-4027-9b64-8d3cdb7e9072",
            __meta_triton_machine_image: "7b27a514-89d7-11e6-bee6-3f96f367bee7",
            __meta_triton_server_id: "44454c4c-5000-104d-8037-b7c04f5a5131",
          },
          {
            __address__: at("bare"),
            __meta_triton_machine_alias: "a",
            __meta_triton_machine_brand: "joyent",
            __meta_triton_machine_id: "bare",
            __meta_triton_machine_image: "i",
            __meta_triton_server_id: "s",
          },
        ],
      },
    ]);
  });

  it("asks for some groups only, where they are named", async () => {
    const { server, groups } = await begin(routed(ROUTES), { groups: ["foo", "b r"] });
    expect(server.requests.map(({ url }) => url)).toEqual(["/v1/discover?groups=foo%2Cb%20r"]);
    expect(groups.map(({ source }) => source)).toEqual([`${server.url}/v1/discover?groups=foo%2Cb%20r`]);
  });

  it("finds compute nodes with their labels", async () => {
    const { groups, server } = await begin(routed(ROUTES), { role: "cn" });
    expect(groups).toEqual([
      {
        source: `${server.url}/v1/gz/discover`,
        labels: {},
        targets: [
          {
            __address__: `44454c4c.cmon.example.com:${String(server.port)}`,
            __meta_triton_machine_alias: "host01",
            __meta_triton_machine_id: "44454c4c",
          },
        ],
      },
    ]);
  });

  it("refuses a role that there is not", async () => {
    await expect(begin(routed(ROUTES), { role: "x" })).rejects.toThrow('role "x" is none of container, cn');
  });

  it("trusts nobody whom tls_config does not", async () => {
    const { stage } = await begin(routed(ROUTES), { tls_config: {} });
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toContain("its certificate is not trusted; check tls_config.ca");
  });
});
