import { describe, expect, it } from "@jest/globals";

import { kuma } from "../../../src/discovery/kuma/kuma.ts";
import { type Answer, json } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages, routed } from "../../support/polled-mechanism-suite.ts";

const TYPE = "type.googleapis.com/kuma.observability.v1.MonitoringAssignment";
const ASSIGNMENT = {
  "@type": TYPE,
  mesh: "metrics",
  service: "prometheus",
  targets: [
    {
      name: "prometheus-01",
      scheme: "http",
      address: "10.1.4.32:9090",
      metrics_path: "/custom-metrics",
      labels: { "commit.hash": "620506a88", team: "own" },
    },
    { name: "prometheus-02", scheme: "https", address: "10.1.4.33:9090", metricsPath: "" },
  ],
  labels: { "kuma.io/zone": "us-east-1", team: "infra" },
};
const RESPONSE = { version_info: "v1", nonce: "n1", type_url: TYPE, resources: [ASSIGNMENT] };
const PATH = "/base/v3/discovery:monitoringassignments";
const ROUTES = { [PATH]: RESPONSE };
const kind = {
  mechanism: kuma,
  settings: ({ url }: { url: string }) => ({ server: `${url}/base`, fetch_timeout: "2m", client_id: "me" }),
  routes: ROUTES,
};
const begin = polledStages(kind);

describePolledMechanism("kuma_sd_configs", kind);

describe("kuma_sd_configs", () => {
  it("finds the dataplanes with their labels; those of the assignment win", async () => {
    const { groups, server } = await begin(routed(ROUTES));
    const common = {
      __meta_kuma_mesh: "metrics",
      __meta_kuma_service: "prometheus",
      __meta_kuma_label_kuma_io_zone: "us-east-1",
      __meta_kuma_label_team: "infra",
    };
    expect(groups).toEqual([
      {
        source: "kuma",
        labels: {},
        targets: [
          {
            ...common,
            __address__: "10.1.4.32:9090",
            __scheme__: "http",
            __metrics_path__: "/custom-metrics",
            instance: "prometheus-01",
            __meta_kuma_dataplane: "prometheus-01",
            __meta_kuma_label_commit_hash: "620506a88",
          },
          {
            ...common,
            __address__: "10.1.4.33:9090",
            __scheme__: "https",
            __metrics_path__: "",
            instance: "prometheus-02",
            __meta_kuma_dataplane: "prometheus-02",
          },
        ],
      },
    ]);
    expect(server.requests.map(({ url, body }) => [url, JSON.parse(body)])).toEqual([
      [`${PATH}?fetch-timeout=2m`, { node: { id: "me" }, type_url: TYPE }],
    ]);
  });

  it("says which version it has, and keeps it when there is no other", async () => {
    const answers: Answer[] = [
      json({ versionInfo: "v1", nonce: "n1", typeUrl: TYPE, resources: [ASSIGNMENT] }),
      (_, response) => response.writeHead(304).end(),
      json({ version_info: "v2", nonce: "n2", type_url: TYPE }),
    ];
    const { stage, server } = await begin((request, response) => answers.shift()?.(request, response));
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect([stage.sink.failing, stage.sink.groups.get("kuma")?.targets.length]).toEqual([undefined, 2]);
    await stage.clock.advance(60_000);
    await stage.looked(3);
    expect([stage.sink.failing, stage.sink.groups.size]).toEqual([undefined, 0]);
    expect(server.requests.slice(1).map(({ body }) => JSON.parse(body) as unknown)).toEqual(
      Array.from({ length: 2 }, () => ({
        version_info: "v1",
        node: { id: "me" },
        type_url: TYPE,
        response_nonce: "n1",
      })),
    );
  });

  it.each<{ name: string; response: object; says: string }>([
    { name: "of another kind", response: { ...RESPONSE, type_url: "x" }, says: `type_url must be ${TYPE}, not "x"` },
    {
      name: "with something else in it",
      response: { ...RESPONSE, resources: [{ "@type": "y" }] },
      says: `resources[0].@type must be ${TYPE}, not "y"`,
    },
  ])("takes no answer $name", async ({ response, says }) => {
    const { stage } = await begin(routed({ [PATH]: response }));
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toContain(says);
  });

  it("waits longer than the server holds a request", async () => {
    const answers: Answer[] = [json(RESPONSE), () => undefined];
    const { stage, server } = await begin((request, response) => answers.shift()?.(request, response));
    await stage.clock.advance(60_000);
    await stage.until(() => server.requests.length === 2, "a held request");
    await stage.clock.advance(134_000);
    expect(stage.looks).toBe(1);
    await stage.clock.advance(1_000);
    await stage.looked(2);
    expect(stage.sink.failing).toContain("no complete answer within 135 s");
  });
});
