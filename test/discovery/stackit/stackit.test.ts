import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "@jest/globals";

import { stackit } from "../../../src/discovery/stackit/stackit.ts";
import { type Answer, json } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages, type Routes, routed } from "../../support/polled-mechanism-suite.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const SERVERS = "/v1/projects/p1/servers";
const SERVER = {
  id: "b4176700",
  name: "web",
  availabilityZone: "eu01-3",
  machineType: "g1.1",
  powerStatus: "RUNNING",
  status: "ACTIVE",
  labels: { "my.team": "shop", number: 1 },
  nics: [
    { networkName: "back end", ipv4: "10.0.1.1" },
    { networkName: "front", ipv4: "10.0.0.153", publicIp: "192.0.2.1" },
  ],
};
const ROUTES = { [SERVERS]: { items: [SERVER] } };
const kind = {
  mechanism: ({ url }: { url: string }) => stackit(`${url}/token`),
  settings: ({ url }: { url: string }) => ({ project: "p1", endpoint: url }),
  routes: ROUTES,
};
const begin = polledStages(kind);
const newDirectory = temporaryDirectories();

describePolledMechanism("stackit_sd_configs", kind);

describe("stackit_sd_configs", () => {
  it("finds servers with their labels", async () => {
    const { groups, server } = await begin(routed(ROUTES));
    expect(groups).toEqual([
      {
        source: "stackit",
        labels: {},
        targets: [
          {
            __address__: "192.0.2.1:80",
            __meta_stackit_project: "p1",
            __meta_stackit_id: "b4176700",
            __meta_stackit_name: "web",
            __meta_stackit_availability_zone: "eu01-3",
            __meta_stackit_status: "ACTIVE",
            __meta_stackit_power_status: "RUNNING",
            __meta_stackit_type: "g1.1",
            __meta_stackit_public_ipv4: "192.0.2.1",
            __meta_stackit_private_ipv4_back_end: "10.0.1.1",
            __meta_stackit_private_ipv4_front: "10.0.0.153",
            __meta_stackit_label_my_team: "shop",
            __meta_stackit_labelpresent_my_team: "true",
          },
        ],
      },
    ]);
    expect(server.requests.map(({ url }) => url)).toEqual([`${SERVERS}?details=true`]);
  });

  it("takes the first private address of a server without a public one, and leaves out one without any", async () => {
    const items = [
      { id: "private", nics: [{ networkName: "n", ipv4: "10.0.0.1", publicIp: "" }] },
      { id: "none", nics: [] },
      { id: "bare" },
    ];
    const { groups } = await begin(routed({ [SERVERS]: { items } }));
    expect(groups[0]?.targets.map((target) => target["__address__"])).toEqual(["10.0.0.1:80"]);
    expect(groups[0]?.targets[0]).not.toHaveProperty("__meta_stackit_public_ipv4");
  });

  it("needs no service account where the HTTP client keys say who asks", async () => {
    const { server } = await begin(routed(ROUTES), { authorization: { type: "Bearer", credentials: "t" } });
    expect(server.requests[0]?.headers.authorization).toBe("Bearer t");
  });

  it("refuses an endpoint that is no URL", async () => {
    await expect(begin(routed(ROUTES), { endpoint: "stackit" })).rejects.toThrow('endpoint "stackit" must be a URL');
  });
});

const newKey = (): string =>
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
const accountKey = (privateKey?: string): string =>
  JSON.stringify({ id: "k", credentials: { kid: "kid-1", iss: "iss-1", sub: "sub-1", aud: "aud-1", privateKey } });
const decode = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());

describe("a service account", () => {
  /** Gives a token to those who sign with a key, and servers to those who have it. */
  function withTokens(privateKey: string): Routes {
    const token: Answer = (request, response) => {
      const form = new URLSearchParams(request.body);
      const [header = "", claims = "", signature = ""] = (form.get("assertion") ?? "").split(".");
      const signed = verify(
        "sha512",
        Buffer.from(`${header}.${claims}`),
        createPublicKey(privateKey),
        Buffer.from(signature, "base64url"),
      );
      if (!signed) return json({ error: "invalid_grant" }, 400)(request, response);
      expect(form.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
      expect(decode(header)).toMatchObject({ alg: "RS512", kid: "kid-1" });
      expect(decode(claims)).toMatchObject({ iss: "iss-1", sub: "sub-1", aud: "aud-1" });
      return json({ access_token: "token-1", token_type: "Bearer", expires_in: 3_600 })(request, response);
    };
    const servers: Answer = (request, response) =>
      request.headers.authorization === "Bearer token-1"
        ? json({ items: [SERVER] })(request, response)
        : json({ code: 401 }, 401)(request, response);
    return { "/token": token, [SERVERS]: servers };
  }

  const key = newKey();

  it.each<{ where: string; settings: (path: (name: string, text: string) => string) => Record<string, string> }>([
    { where: "in the account's key", settings: () => ({ service_account_key: accountKey(key) }) },
    {
      where: "in the file of the account's key",
      settings: (path) => ({ service_account_key_path: path("sa.json", accountKey(key)) }),
    },
    {
      where: "by itself, before the one in the account's key",
      settings: () => ({ service_account_key: accountKey(newKey()), private_key: key }),
    },
    {
      where: "in a file of its own",
      settings: (path) => ({ service_account_key: accountKey(), private_key_path: path("key.pem", key) }),
    },
    {
      where: "in the credentials file",
      settings: (path) => ({
        service_account_key: accountKey(),
        credentials_file_path: path("credentials.json", JSON.stringify({ STACKIT_PRIVATE_KEY: key })),
      }),
    },
    {
      where: "in a file that the credentials file names",
      settings: (path) => ({
        service_account_key: accountKey(),
        credentials_file_path: path(
          "credentials.json",
          JSON.stringify({ STACKIT_PRIVATE_KEY_PATH: path("key.pem", key) }),
        ),
      }),
    },
  ])("gets a token with the private key $where", async ({ settings }) => {
    const directory = newDirectory();
    const path = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    const { stage, groups, server } = await begin(routed(withTokens(key)), settings(path));
    expect(stage.sink.failing).toBeUndefined();
    expect(groups[0]?.targets).toHaveLength(1);
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect(server.requests.filter(({ url }) => url === "/token")).toHaveLength(1);
  });

  it("is read anew, so that a new key takes the place of one that is not accepted", async () => {
    const path = join(newDirectory(), "sa.json");
    writeFileSync(path, accountKey(newKey()));
    const { stage } = await begin(routed(withTokens(key)), { service_account_key_path: path });
    expect(stage.sink.failing).toMatch(/POST http:.*\/token: no OAuth 2 token: the server refused with invalid_grant/);
    writeFileSync(path, accountKey(key));
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect(stage.sink.failing).toBeUndefined();
  });

  it.each<{ what: string; settings: Readonly<Record<string, string>>; says: string }>([
    {
      what: "no JSON",
      settings: { service_account_key: "secret{" },
      says: "stackit_sd_configs.service_account_key is no JSON",
    },
    {
      what: "a key without a private key",
      settings: { service_account_key: accountKey() },
      says: "stackit_sd_configs: there is no private key; set private_key, or use a service account key that has one",
    },
    {
      what: "something else than a private key",
      settings: { service_account_key: accountKey("secret") },
      says: "stackit_sd_configs: the private key is no RSA key in PEM",
    },
    {
      what: "a file that is not there",
      settings: { service_account_key_path: "/nowhere/sa.json" },
      says: "reading stackit_sd_configs.service_account_key_path /nowhere/sa.json",
    },
  ])("says that it is $what, without what it says", async ({ settings, says }) => {
    const { stage } = await begin(routed(ROUTES), settings);
    expect(stage.sink.failing).toBe(says);
  });
});
