import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../src/allocator/index.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import { openApiServer } from "../../src/commands/api-server-cluster.ts";
import type { KubeConnection } from "../../src/kube/client-node/connection.ts";
import { type Answer, json, TestServers } from "../support/http-servers.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const MAP = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "shop" } };
const STATUS = { kind: "Status", apiVersion: "v1", status: "Failure" };

const servers = new TestServers();
const newDirectory = temporaryDirectories();
const open: KubeConnection[] = [];

afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close();
});

function connect(apiServer: string, raw: DataObject = {}): KubeConnection {
  const proxyEnvironment = { httpProxy: "", httpsProxy: "", noProxy: "" };
  const connection = openApiServer({ apiServer, raw }, { proxyEnvironment, log: new MemoryLogger() });
  open.push(connection);
  return connection;
}

const read = async ({ client }: KubeConnection): Promise<unknown> =>
  client.get(RESOURCES.ConfigMap, { namespace: "shop", name: "a" });

describe("openApiServer", () => {
  it("asks below the path of the URL, with the HTTP client settings", async () => {
    const server = await servers.start(json(MAP));
    const connection = connect(`${server.url}/clusters/a/`, {
      basic_auth: { username: "me", password: "secret" },
      http_headers: { "X-Tenant": { values: ["one", "two"] } },
    });
    expect(connection.server).toBe(`${server.url}/clusters/a`);
    expect(await read(connection)).toEqual(MAP);
    expect(server.requests).toMatchObject([
      {
        url: "/clusters/a/api/v1/namespaces/shop/configmaps/a",
        headers: { authorization: "Basic bWU6c2VjcmV0", "x-tenant": "one, two", "user-agent": "otel-allocator" },
      },
    ]);
  });

  it("takes a user from the URL, and never shows it", async () => {
    const server = await servers.start(json({ ...STATUS, code: 403, message: "no" }, 403));
    const url = new URL(server.url);
    const connection = connect(`http://me:secret@${url.host}`);
    await expect(read(connection)).rejects.toThrow("reading ConfigMap shop/a: no; grant this to the account");
    expect(server.requests[0]?.headers.authorization).toBe("Basic bWU6c2VjcmV0");
    expect(connection.server).toBe(server.url);
  });

  it("gets a new OAuth 2 token when the server does not take the one that it has", async () => {
    let given = 0;
    const tokens = await servers.start((request, response) => {
      given += 1;
      json({ access_token: `t${String(given)}`, expires_in: 3_600 })(request, response);
    });
    const onlySecond: Answer = (request, response) =>
      request.headers.authorization === "Bearer t2"
        ? json(MAP)(request, response)
        : json({ ...STATUS, code: 401, message: "Unauthorized" }, 401)(request, response);
    const server = await servers.start(onlySecond);
    const oauth2 = { client_id: "me", client_secret: "secret", token_url: tokens.url };
    const connection = connect(server.url, { oauth2 });
    await expect(read(connection)).rejects.toThrow("Unauthorized; check the credentials beside api_server");
    expect(await read(connection)).toEqual(MAP);
    expect(given).toBe(2);
  });

  it("says which file with credentials cannot be read, and reads it as soon as it is there", async () => {
    const server = await servers.start(json(MAP));
    const file = join(newDirectory(), "token");
    const connection = connect(server.url, { authorization: { type: "Bearer", credentials_file: file } });
    await expect(read(connection)).rejects.toThrow(
      `reading ConfigMap shop/a: no credentials for ${server.url}: reading authorization.credentials_file ${file}: `,
    );
    expect(server.requests).toEqual([]);
    writeFileSync(file, "token\n");
    await read(connection);
    expect(server.requests[0]?.headers.authorization).toBe("Bearer token");
  });

  it("names api_server, not a kubeconfig, in its advice", async () => {
    const server = await servers.start((_, response) => response.writeHead(200).end("<html>"));
    await expect(read(connect(server.url))).rejects.toThrow("check that api_server is an API server");
    await expect(read(connect(server.url.replace("http:", "https:")))).rejects.toThrow(
      "it does not speak TLS; check http or https in api_server",
    );
    await expect(read(connect("http://127.0.0.1:1"))).rejects.toThrow(
      "check that the API server runs there and that api_server names the right one",
    );
  });

  it.each<{ what: string; apiServer: string; raw: DataObject; says: string }>([
    {
      what: "a URL of another kind",
      apiServer: "ftp://me:secret@a",
      raw: {},
      says: "api_server ftp://a must be an http or https URL",
    },
    {
      what: "a secret that nobody manages",
      apiServer: "https://a",
      raw: { basic_auth: { password_ref: "x" } },
      says: "basic_auth.password_ref names a secret of a secret manager",
    },
  ])("refuses $what", ({ apiServer, raw, says }) => {
    expect(() => connect(apiServer, raw)).toThrow(says);
  });
});
