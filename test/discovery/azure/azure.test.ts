import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../../src/allocator/index.ts";
import { azure } from "../../../src/discovery/azure/azure.ts";
import { localSecretFiles } from "../../../src/discovery/http-client/secret.ts";
import { createPollingDiscoverer, type PolledMechanism } from "../../../src/discovery/polling-discoverer.ts";
import { azureAuthority } from "../../support/azure-authority.ts";
import { createCertificateAuthority } from "../../support/certificates.ts";
import { holdEnvironment } from "../../support/environment.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type Answer, json, type TestServer, TestServers } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages, type Routes, routed } from "../../support/polled-mechanism-suite.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const GROUP = "/subscriptions/sub/resourceGroups/shop";
const MACHINES = "/subscriptions/sub/providers/Microsoft.Compute/virtualMachines";
const SCALE_SETS = "/subscriptions/sub/providers/Microsoft.Compute/virtualMachineScaleSets";
const NIC = `${GROUP}/providers/Microsoft.Network/networkInterfaces/web-nic`;
const SCALE_SET = `${GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/pool`;
const MEMBER = `${SCALE_SET}/virtualMachines/3`;
const MEMBER_NIC = `${GROUP}/providers/microsoft.Compute/virtualMachineScaleSets/pool/virtualMachines/3/networkInterfaces/nic`;

const properties = (nics: readonly string[], name: string): object => ({
  hardwareProfile: { vmSize: "Standard_B2s" },
  osProfile: { computerName: name },
  storageProfile: { osDisk: { osType: "Linux" } },
  networkProfile: { networkInterfaces: nics.map((id) => ({ id })) },
});
const WEB = {
  id: `${GROUP}/providers/Microsoft.Compute/virtualMachines/web`,
  name: "web",
  type: "Microsoft.Compute/virtualMachines",
  location: "westeurope",
  tags: { team: "shop", "cost-centre": "12" },
  properties: properties([NIC], "web-host"),
};
const POOLED = {
  id: MEMBER,
  name: "pool_3",
  location: "westeurope",
  instanceId: "3",
  properties: properties([`${MEMBER}/networkInterfaces/nic`], "pool000003"),
};
const nic = (primary: boolean | undefined, privateIp: string | undefined, publicIp?: string): object => ({
  properties: {
    ...(primary === undefined ? {} : { primary }),
    ipConfigurations: [
      {
        properties: {
          ...(privateIp === undefined ? {} : { privateIPAddress: privateIp }),
          ...(publicIp === undefined ? {} : { publicIPAddress: { properties: { ipAddress: publicIp } } }),
        },
      },
    ],
  },
});
const ROUTES: Routes = {
  [MACHINES]: { value: [WEB] },
  [SCALE_SETS]: { value: [{ id: SCALE_SET, name: "pool" }] },
  [`${SCALE_SET}/virtualMachines`]: { value: [POOLED] },
  [NIC]: nic(true, "10.0.0.4", "52.0.0.4"),
  [MEMBER_NIC]: nic(true, "10.0.0.5"),
};
/** One machine of its own, and no scale sets. */
const single = (networkInterface: object | undefined, machine: object = WEB): Routes => ({
  [MACHINES]: { value: [machine] },
  [SCALE_SETS]: { value: [] },
  ...(networkInterface === undefined ? {} : { [NIC]: networkInterface }),
});

const servers = new TestServers();
const environment = holdEnvironment();
const makeDirectory = temporaryDirectories();
const certificates = createCertificateAuthority();
const tls = certificates.issue("IP:127.0.0.1");

let authority: TestServer;
let cacheHits: number;
beforeEach(async () => {
  cacheHits = 0;
  authority = await servers.start(
    azureAuthority((form) => form.get("client_secret") !== "wrong"),
    tls,
  );
});

const mechanism = ({ url }: { readonly url: string }): PolledMechanism =>
  azure({
    observer: { cacheHit: () => (cacheHits += 1) },
    cloud: { authority: authority.url, resourceManager: url },
    identity: { tlsOptions: { ca: certificates.cert }, retryOptions: { maxRetries: 0 } },
  });
const OAUTH = {
  environment: "AzurePublicCloud",
  authentication_method: "OAuth",
  subscription_id: "sub",
  tenant_id: "tenant",
  client_id: "client",
  client_secret: "secret",
};
const kind = { mechanism, settings: () => OAUTH, routes: ROUTES };
const begin = polledStages(kind);

describePolledMechanism("azure_sd_configs", kind);

/** The first token request. */
function tokenRequest(): Readonly<Record<string, string>> {
  const request = authority.requests.find(({ method }) => method === "POST");
  return Object.fromEntries(new URLSearchParams(request?.body));
}

describe("azure_sd_configs", () => {
  it("finds machines, and those of scale sets, with their labels", async () => {
    const { groups, server } = await begin(routed(ROUTES));
    const prefix = "__meta_azure_";
    expect(groups).toEqual([
      {
        source: "",
        labels: {},
        targets: [
          {
            __address__: "10.0.0.4:80",
            [`${prefix}machine_computer_name`]: "web-host",
            [`${prefix}machine_id`]: WEB.id,
            [`${prefix}machine_location`]: "westeurope",
            [`${prefix}machine_name`]: "web",
            [`${prefix}machine_os_type`]: "Linux",
            [`${prefix}machine_private_ip`]: "10.0.0.4",
            [`${prefix}machine_public_ip`]: "52.0.0.4",
            [`${prefix}machine_resource_group`]: "shop",
            [`${prefix}machine_size`]: "Standard_B2s",
            [`${prefix}machine_tag_cost_centre`]: "12",
            [`${prefix}machine_tag_team`]: "shop",
            [`${prefix}subscription_id`]: "sub",
            [`${prefix}tenant_id`]: "tenant",
          },
          {
            __address__: "10.0.0.5:80",
            [`${prefix}machine_computer_name`]: "pool000003",
            [`${prefix}machine_id`]: MEMBER,
            [`${prefix}machine_location`]: "westeurope",
            [`${prefix}machine_name`]: "pool_3",
            [`${prefix}machine_os_type`]: "Linux",
            [`${prefix}machine_private_ip`]: "10.0.0.5",
            [`${prefix}machine_resource_group`]: "shop",
            [`${prefix}machine_scale_set`]: "pool",
            [`${prefix}machine_size`]: "Standard_B2s",
            [`${prefix}subscription_id`]: "sub",
            [`${prefix}tenant_id`]: "tenant",
          },
        ],
      },
    ]);
    expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer token-1"]));
    expect(server.requests.map(({ url }) => url).toSorted()).toEqual(
      [
        `${MACHINES}?api-version=2024-03-01`,
        `${SCALE_SETS}?api-version=2024-03-01`,
        `${SCALE_SET}/virtualMachines?api-version=2024-03-01`,
        `${NIC}?%24expand=IPConfigurations%2FPublicIPAddress&api-version=2023-05-01`,
        `${MEMBER_NIC}?%24expand=IPConfigurations%2FPublicIPAddress&api-version=2018-10-01`,
      ].toSorted(),
    );
  });

  it("asks for all pages", async () => {
    const answer: Answer = (request, response) => {
      const host = `http://${request.headers.host ?? ""}`;
      const isFirst = request.url === `${MACHINES}?api-version=2024-03-01`;
      const page = { value: [WEB], ...(isFirst ? { nextLink: `${host}${MACHINES}?page=2` } : {}) };
      routed({ ...single(nic(true, "10.0.0.4")), [MACHINES]: page })(request, response);
    };
    expect((await begin(answer)).groups[0]?.targets).toHaveLength(2);
  });

  it("gives its token to nobody else", async () => {
    const other = await servers.start(json({ value: [] }));
    const { stage } = await begin(routed({ ...ROUTES, [MACHINES]: { value: [], nextLink: `${other.url}/page` } }));
    expect(stage.sink.failing).toContain("the next page is on another server, which is not asked");
    expect(other.requests).toEqual([]);
  });

  it("keeps to one resource group, if one is set", async () => {
    const { groups } = await begin(
      routed({
        [`${GROUP}/providers/Microsoft.Compute/virtualMachines`]: { value: [WEB] },
        [`${GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets`]: { value: [] },
        [NIC]: nic(true, "10.0.0.4"),
      }),
      { resource_group: "shop" },
    );
    expect(groups[0]?.targets).toHaveLength(1);
  });

  it.each<{ what: string; routes: Routes }>([
    { what: "is deallocated", routes: single(nic(undefined, "10.0.0.4")) },
    { what: "has no primary interface", routes: single(nic(false, "10.0.0.4")) },
    { what: "has an interface that is gone", routes: single(undefined) },
    { what: "has an interface without properties", routes: single({}) },
    { what: "has an interface without addresses", routes: single({ properties: { primary: true } }) },
    { what: "has no interface", routes: single(undefined, { ...WEB, properties: properties([], "web") }) },
  ])("leaves out a machine that $what", async ({ routes }) => {
    const { groups, stage } = await begin(routed(routes));
    expect([groups[0]?.targets, stage.sink.failing]).toEqual([[], undefined]);
  });

  it("takes the primary interface, wherever it stands", async () => {
    const second = `${GROUP}/providers/Microsoft.Network/networkInterfaces/second`;
    const machine = { ...WEB, properties: properties([NIC, second], "web") };
    const { groups } = await begin(
      routed({ ...single(nic(false, "10.0.0.4"), machine), [second]: nic(true, "10.0.0.9") }),
    );
    expect(groups[0]?.targets[0]?.["__address__"]).toBe("10.0.0.9:80");
  });

  it.each<{ what: string; routes: Routes; says: string }>([
    { what: "a primary interface has no private address", routes: single(nic(true, undefined)), says: "no private" },
    { what: "an ID is none", routes: single(undefined, { ...WEB, id: "web" }), says: '"web" is no ID of a resource' },
    { what: "an interface is refused", routes: single(undefined), says: "HTTP 500" },
  ])("fails as a whole when $what", async ({ routes, says }) => {
    const { stage } = await begin((request, response) => {
      if (says === "HTTP 500" && request.url.startsWith(NIC)) json({}, 500)(request, response);
      else routed(routes)(request, response);
    });
    expect([stage.sink.updates, stage.sink.failing]).toEqual([[], expect.stringContaining(says)]);
  });

  it("asks for an interface once in ten looks at most, and counts what it knows already", async () => {
    const { stage, server } = await begin(routed(ROUTES));
    const asked = (): number => server.requests.filter(({ url }) => url.includes("/networkInterfaces/")).length;
    for (let looks = 2; looks <= 10; looks += 1) {
      await stage.clock.advance(60_000);
      await stage.looked(looks);
    }
    expect([asked(), cacheHits]).toEqual([2, 18]);
    for (let looks = 11; looks <= 14; looks += 1) {
      await stage.clock.advance(60_000);
      await stage.looked(looks);
    }
    expect(asked()).toBe(4);
  });
});

describe("the identity for Azure", () => {
  it("is an application with its secret", async () => {
    await begin(routed(ROUTES));
    expect(authority.requests.map(({ url }) => url.split("?")[0])).toContain("/tenant/oauth2/v2.0/token");
    expect(tokenRequest()).toMatchObject({
      client_id: "client",
      client_secret: "secret",
      grant_type: "client_credentials",
      scope: "https://management.core.windows.net//.default",
    });
  });

  it("is missed visibly, in the same words each time", async () => {
    const { stage, server } = await begin(routed(ROUTES), { client_secret: "wrong" });
    const says = "no token from Azure by OAuth: AADSTS7000215: Invalid client secret provided.";
    expect([stage.sink.failing, stage.sink.updates, server.requests]).toEqual([says, [], []]);
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect(stage.sink.failing).toBe(says);
  });

  it("is asked for again when its token is refused", async () => {
    const { stage } = await begin((request, response) => {
      if (request.headers.authorization === "Bearer token-1") json({}, 401)(request, response);
      else routed(ROUTES)(request, response);
    });
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect(stage.sink.failing).toBeUndefined();
  });

  it("is the machine's own by ManagedIdentity", async () => {
    const service = await servers.start(
      json({ access_token: "managed", expires_on: "4102444800", resource: "r", token_type: "Bearer" }),
    );
    environment.set({ IDENTITY_ENDPOINT: `${service.url}/token`, IDENTITY_HEADER: "proof" });
    const { server } = await begin(routed(ROUTES), { authentication_method: "ManagedIdentity" });
    expect(server.requests[0]?.headers.authorization).toBe("Bearer managed");
    const { searchParams } = new URL(service.requests[0]?.url ?? "", "http://service");
    expect([searchParams.get("client_id"), searchParams.get("resource")]).toEqual([
      "client",
      "https://management.core.windows.net/",
    ]);
  });

  it("is the pod's own by WorkloadIdentity and by SDK", async () => {
    const file = join(makeDirectory(), "token");
    writeFileSync(file, "token of the cluster");
    environment.set({
      AZURE_TENANT_ID: "own-tenant",
      AZURE_CLIENT_ID: "own-client",
      AZURE_FEDERATED_TOKEN_FILE: file,
      AZURE_CLIENT_SECRET: undefined,
      AZURE_TOKEN_CREDENTIALS: undefined,
      AZURE_AUTHORITY_HOST: undefined,
    });
    for (const method of ["WorkloadIdentity", "SDK"]) {
      authority.requests.length = 0;
      const settings = { authentication_method: method, tenant_id: "" };
      const { stage } = await begin(routed(ROUTES), settings);
      expect(stage.sink.failing).toBeUndefined();
      expect(tokenRequest()).toMatchObject({ client_id: "own-client", client_assertion: "token of the cluster" });
    }
  });

  it("is missed visibly when the pod has none", async () => {
    environment.set({ AZURE_TENANT_ID: undefined, AZURE_CLIENT_ID: undefined, AZURE_FEDERATED_TOKEN_FILE: undefined });
    const { stage } = await begin(routed(ROUTES), { authentication_method: "WorkloadIdentity" });
    expect(stage.sink.failing).toMatch(/^no token from Azure by WorkloadIdentity: /);
  });
});

describe("settings for Azure", () => {
  const create = (settings: DataObject, noFiles?: string): unknown =>
    createPollingDiscoverer(
      azure({ observer: { cacheHit: () => undefined } }),
      { ...OAUTH, refresh_interval: "5m", port: 80, ...settings },
      {
        clock: new FakeClock(),
        files: localSecretFiles,
        proxyEnvironment: { httpProxy: "", httpsProxy: "", noProxy: "" },
        observer: { refreshed: () => undefined, ended: () => undefined },
        noFiles,
      },
    );

  it.each(["AzurePublicCloud", "azurepubliccloud", "AzureChinaCloud", "AzureUSGovernment", "AzureGermanCloud"])(
    "know the cloud %s",
    (name) => {
      expect(() => create({ environment: name })).not.toThrow();
    },
  );

  it("know no other clouds", () => {
    expect(() => create({ environment: "Moon" })).toThrow("azure_sd_configs: there is no environment Moon; use Azure");
  });

  it.each(["ManagedIdentity", "SDK", "WorkloadIdentity"])(
    "cannot use %s where jobs may not use the identity of the process",
    (method) => {
      expect(() => create({ authentication_method: method }, "not here")).toThrow(
        `azure_sd_configs: authentication_method ${method} is the identity of this process, which jobs cannot use; ` +
          "use OAuth: not here",
      );
    },
  );

  it("can use OAuth there", () => {
    expect(() => create({}, "not here")).not.toThrow();
  });
});
