import { describe, expect, it } from "@jest/globals";

import { nomad } from "../../../src/discovery/nomad/nomad.ts";
import { describePolledMechanism, polledStages, routed } from "../../support/polled-mechanism-suite.ts";

const INSTANCE = {
  ID: "_nomad-task-1",
  ServiceName: "web",
  Namespace: "default",
  NodeID: "node-1",
  Datacenter: "dc1",
  Address: "10.0.0.1",
  Port: 8080,
  Tags: ["a", "b"],
};
const ROUTES = {
  "/v1/services": [{ Namespace: "default", Services: [{ ServiceName: "web", Tags: [] }, { ServiceName: "a/b" }] }],
  "/v1/service/web": [INSTANCE],
  "/v1/service/a%2Fb": [{ ...INSTANCE, ID: "2", ServiceName: "a/b", Address: "fd00::1", Port: 9090, Tags: null }],
};
const kind = {
  mechanism: nomad,
  settings: ({ url }: { url: string }) => ({
    server: url,
    region: "global",
    namespace: "default",
    allow_stale: true,
    tag_separator: ",",
  }),
  routes: ROUTES,
};
const begin = polledStages(kind);

describePolledMechanism("nomad_sd_configs", kind);

describe("nomad_sd_configs", () => {
  it("finds the instances of all services with their labels", async () => {
    const { groups } = await begin(routed(ROUTES));
    const common = { __meta_nomad_dc: "dc1", __meta_nomad_namespace: "default", __meta_nomad_node_id: "node-1" };
    expect(groups).toEqual([
      {
        source: "Nomad",
        labels: {},
        targets: [
          {
            ...common,
            __address__: "10.0.0.1:8080",
            __meta_nomad_address: "10.0.0.1",
            __meta_nomad_service: "web",
            __meta_nomad_service_address: "10.0.0.1",
            __meta_nomad_service_id: "_nomad-task-1",
            __meta_nomad_service_port: "8080",
            __meta_nomad_tags: ",a,b,",
          },
          {
            ...common,
            __address__: "[fd00::1]:9090",
            __meta_nomad_address: "fd00::1",
            __meta_nomad_service: "a/b",
            __meta_nomad_service_address: "fd00::1",
            __meta_nomad_service_id: "2",
            __meta_nomad_service_port: "9090",
          },
        ],
      },
    ]);
  });

  it("asks in the region and the namespace, and for stale answers", async () => {
    const { server } = await begin(routed(ROUTES));
    const query = "?region=global&namespace=default&stale=";
    expect(server.requests.map(({ url }) => url)).toEqual([
      `/v1/services${query}`,
      `/v1/service/web${query}`,
      `/v1/service/a%2Fb${query}`,
    ]);
  });

  it("takes no part of the services for all: one that cannot be asked fails the look", async () => {
    const { stage } = await begin(routed({ ...ROUTES, "/v1/service/web": undefined }), {
      allow_stale: false,
      region: "",
    });
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toContain("/v1/service/web?…: HTTP 404 Not Found");
  });
});
