import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, it } from "@jest/globals";

import { gce } from "../../../src/discovery/gce/gce.ts";
import { localSecretFiles } from "../../../src/discovery/http-client/secret.ts";
import { createPollingDiscoverer } from "../../../src/discovery/polling-discoverer.ts";
import { holdEnvironment } from "../../support/environment.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type Answer, json, type TestServer, TestServers } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages, QueryRoute, routed } from "../../support/polled-mechanism-suite.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const ZONE = "https://www.googleapis.com/compute/v1/projects/shop/zones/europe-west2-a";
const WEB = {
  id: "9223372036854775807",
  name: "web",
  status: "RUNNING",
  zone: ZONE,
  machineType: `${ZONE}/machineTypes/e2-small`,
  networkInterfaces: [
    {
      name: "nic0",
      network: "global/networks/default",
      subnetwork: "regions/europe-west2/subnetworks/default",
      networkIP: "10.0.0.1",
      accessConfigs: [{ type: "ONE_TO_ONE_NAT", natIP: "35.0.0.1" }],
    },
    { name: "nic-1", networkIP: "10.1.0.1" },
  ],
  tags: { items: ["http", "web"] },
  metadata: { items: [{ key: "startup-script", value: "run" }, { key: "empty", value: "" }, { key: "none" }] },
  labels: { env: "prod", "cost-centre": "12" },
};
const INSTANCES = "/compute/v1/projects/shop/zones/europe-west2-a/instances";
const TOKEN = "/computeMetadata/v1/instance/service-accounts/default/token";

const servers = new TestServers();
const makeDirectory = temporaryDirectories();
const environment = holdEnvironment();

/** Gives tokens `token-1`, `token-2`, … as the metadata service of a machine or of a pod does. */
function metadataService(): Answer {
  let given = 0;
  return (request, response) => {
    response.setHeader("metadata-flavor", "Google");
    if (request.headers["metadata-flavor"] !== "Google") response.writeHead(403).end();
    else if (request.url.startsWith(TOKEN)) {
      given += 1;
      json({ access_token: `token-${String(given)}`, expires_in: 3599, token_type: "Bearer" })(request, response);
    } else response.end("ok");
  };
}

let metadata: TestServer;
beforeEach(async () => {
  metadata = await servers.start(metadataService());
  environment.set({
    GCE_METADATA_HOST: new URL(metadata.url).host,
    GOOGLE_APPLICATION_CREDENTIALS: undefined,
    // Where the file of gcloud would be.
    CLOUDSDK_CONFIG: makeDirectory(),
    HOME: makeDirectory(),
  });
});

const kind = {
  mechanism: ({ url }: { readonly url: string }) => gce(url),
  settings: () => ({ project: "shop", zone: "europe-west2-a", tag_separator: "," }),
  routes: { [INSTANCES]: { kind: "compute#instanceList", items: [WEB] } },
};
const begin = polledStages(kind);

describePolledMechanism("gce_sd_configs", kind);

describe("gce_sd_configs", () => {
  it("finds instances with their labels, with the identity of the machine", async () => {
    const { groups, server } = await begin(routed(kind.routes));
    const prefix = "__meta_gce_";
    expect(groups).toEqual([
      {
        source: "GCE_shop_europe-west2-a",
        labels: {},
        targets: [
          {
            __address__: "10.0.0.1:80",
            [`${prefix}instance_id`]: "9223372036854775807",
            [`${prefix}instance_name`]: "web",
            [`${prefix}instance_status`]: "RUNNING",
            [`${prefix}interface_ipv4_nic0`]: "10.0.0.1",
            [`${prefix}interface_ipv4_nic_1`]: "10.1.0.1",
            [`${prefix}label_cost_centre`]: "12",
            [`${prefix}label_env`]: "prod",
            [`${prefix}machine_type`]: `${ZONE}/machineTypes/e2-small`,
            [`${prefix}metadata_empty`]: "",
            [`${prefix}metadata_startup_script`]: "run",
            [`${prefix}network`]: "global/networks/default",
            [`${prefix}private_ip`]: "10.0.0.1",
            [`${prefix}project`]: "shop",
            [`${prefix}public_ip`]: "35.0.0.1",
            [`${prefix}subnetwork`]: "regions/europe-west2/subnetworks/default",
            [`${prefix}tags`]: ",http,web,",
            [`${prefix}zone`]: ZONE,
          },
        ],
      },
    ]);
    expect(server.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      [INSTANCES, "Bearer token-1"],
    ]);
    const asked = metadata.requests.find(({ url }) => url.startsWith(TOKEN));
    expect(decodeURIComponent(asked?.url ?? "")).toContain("https://www.googleapis.com/auth/compute.readonly");
  });

  it("asks for all pages, with the filter", async () => {
    const pages = new QueryRoute(({ searchParams }) =>
      searchParams.get("pageToken") === "a/b=" ? { items: [WEB] } : { items: [WEB, WEB], nextPageToken: "a/b=" },
    );
    const { groups, server } = await begin(routed({ [INSTANCES]: pages }), { filter: "labels.env = prod" });
    expect(groups[0]?.targets).toHaveLength(3);
    expect(server.requests.map(({ url }) => Object.fromEntries(new URL(url, "http://a").searchParams))).toEqual([
      { filter: "labels.env = prod" },
      { filter: "labels.env = prod", pageToken: "a/b=" },
    ]);
  });

  it("leaves out instances without a network, and labels of what an instance has not", async () => {
    const bare = { id: "1", networkInterfaces: [{ networkIP: "10.0.0.9", accessConfigs: [{ type: "DIRECT_IPV6" }] }] };
    const { groups } = await begin(routed({ [INSTANCES]: { items: [{ id: "2" }, bare] } }));
    const [target, ...others] = groups[0]?.targets ?? [];
    expect([target?.["__address__"], others]).toEqual(["10.0.0.9:80", []]);
    expect(Object.keys(target ?? {}).join()).not.toMatch(/tags|metadata|label|public_ip/);
  });

  it("knows a zone without instances", async () => {
    const { groups } = await begin(routed({ [INSTANCES]: { kind: "compute#instanceList" } }));
    expect(groups).toEqual([{ source: "GCE_shop_europe-west2-a", labels: {}, targets: [] }]);
  });

  it("keeps a token, and asks for another one when it was refused", async () => {
    let refused = false;
    const { stage, server } = await begin((request, response) =>
      refused ? json({}, 401)(request, response) : routed(kind.routes)(request, response),
    );
    for (const looks of [2, 3, 4]) {
      refused = looks === 3;
      await stage.clock.advance(60_000);
      await stage.looked(looks);
    }
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(
      ["token-1", "token-1", "token-1", "token-2"].map((token) => `Bearer ${token}`),
    );
  });

  it("takes the identity from a file that the environment names", async () => {
    const exchange = await servers.start(
      json({
        access_token: "exchanged",
        expires_in: 3600,
        token_type: "Bearer",
        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      }),
    );
    const [file, subject] = [join(makeDirectory(), "adc.json"), join(makeDirectory(), "token")];
    writeFileSync(subject, "token of the cluster");
    writeFileSync(
      file,
      JSON.stringify({
        type: "external_account",
        audience: "//iam.googleapis.com/pool",
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        token_url: `${exchange.url}/v1/token`,
        credential_source: { file: subject },
      }),
    );
    environment.set({ GOOGLE_APPLICATION_CREDENTIALS: file });
    const { server } = await begin(routed(kind.routes));
    expect(server.requests[0]?.headers.authorization).toBe("Bearer exchanged");
    expect(new URLSearchParams(exchange.requests[0]?.body).get("subject_token")).toBe("token of the cluster");
  });

  it("says that there is no identity, and finds the one that comes later", async () => {
    const nowhere = await servers.start(json({}, 404));
    environment.set({ GCE_METADATA_HOST: new URL(nowhere.url).host });
    const { stage, server } = await begin(routed(kind.routes));
    expect(stage.sink.failing).toContain("no Google credentials could be had; set GOOGLE_APPLICATION_CREDENTIALS");
    expect([stage.sink.updates, server.requests]).toEqual([[], []]);
    environment.set({ GCE_METADATA_HOST: new URL(metadata.url).host });
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect(stage.sink.failing).toBeUndefined();
  });

  it("is not for jobs that may not use the identity of the process", () => {
    const create = (): unknown =>
      createPollingDiscoverer(
        gce(),
        { ...kind.settings(), refresh_interval: "1m" },
        {
          clock: new FakeClock(),
          files: localSecretFiles,
          proxyEnvironment: { httpProxy: "", httpsProxy: "", noProxy: "" },
          observer: { refreshed: () => undefined, ended: () => undefined },
          noFiles: "not here",
        },
      );
    expect(create).toThrow(/gce_sd_configs: .* cannot use: not here/);
  });
});
