import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../../src/allocator/index.ts";
import { createDiscoveryHttpClient, type DiscoveryHttpClient } from "../../../src/discovery/http-client/http-client.ts";
import { localSecretFiles } from "../../../src/discovery/http-client/secret.ts";
import { JWT_GRANT, readHttpClientSettings } from "../../../src/discovery/http-client/settings.ts";
import { createCertificateAuthority } from "../../support/certificates.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type Answer, json, type TestServer, TestServers } from "../../support/http-servers.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const servers = new TestServers();
const makeDirectory = temporaryDirectories();
const clients: DiscoveryHttpClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map(async (client) => client.close()));
});

/** Gives the tokens t1, t2, … */
function tokens(fields: DataObject = {}): Answer {
  let given = 0;
  return (request, response) => {
    given += 1;
    json({ access_token: `t${String(given)}`, token_type: "bearer", ...fields })(request, response);
  };
}

/** Wants id and secret in the form. */
const inForm: Answer = (request, response) => {
  const form = Object.fromEntries(new URLSearchParams(request.body));
  const known = form["client_id"] === "me" && form["client_secret"] === "s3cret";
  if (known) json({ access_token: "t", expires_in: "20" })(request, response);
  else json({ error: "invalid_client" }, 401)(request, response);
};

/** A part of a signed statement. */
function read(part: string): unknown {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}

interface Stage {
  readonly clock: FakeClock;
  readonly server: TestServer;
  readonly issuer: TestServer;
  /** Makes one request. */
  get(path?: string): Promise<unknown>;
  /** The Authorization headers that the server got. */
  seen(): readonly (string | undefined)[];
}

async function createStage(
  settings: DataObject = {},
  issue: Answer = tokens(),
  answer: Answer = json({}),
): Promise<Stage> {
  const [server, issuer] = [await servers.start(answer), await servers.start(issue)];
  const clock = new FakeClock();
  const oauth2 = { client_id: "me", client_secret: "s3cret", token_url: `${issuer.url}/token`, ...settings };
  const client = createDiscoveryHttpClient(readHttpClientSettings({ follow_redirects: true, oauth2 }), {
    files: localSecretFiles,
    proxyEnvironment: { httpProxy: "", httpsProxy: "", noProxy: "" },
    clock,
  });
  clients.push(client);
  return {
    clock,
    server,
    issuer,
    get: async (path = "/") => client.get(server.url + path, { timeoutMs: 60_000 }, new AbortController().signal),
    seen: () => server.requests.map(({ headers }) => headers.authorization),
  };
}

describe("oauth2", () => {
  it("asks for a token with the client's credentials, scopes and parameters", async () => {
    const stage = await createStage({
      scopes: ["a", "b"],
      endpoint_params: { audience: "x y" },
      client_secret: "s:c+t",
    });
    await stage.get();
    expect(stage.seen()).toEqual(["Bearer t1"]);
    const [request] = stage.issuer.requests;
    expect([request?.method, request?.url, request?.headers["content-type"], request?.headers["user-agent"]]).toEqual([
      "POST",
      "/token",
      "application/x-www-form-urlencoded",
      "Prometheus/",
    ]);
    expect(request?.body).toBe("grant_type=client_credentials&scope=a+b&audience=x+y");
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from("me:s%3Ac%2Bt").toString("base64")}`);
  });

  it("keeps a token until shortly before its end", async () => {
    const stage = await createStage({}, tokens({ expires_in: 60 }));
    await stage.get();
    await stage.clock.advance(49_000);
    await stage.get();
    await stage.clock.advance(1_000);
    await stage.get();
    expect(stage.seen()).toEqual(["Bearer t1", "Bearer t1", "Bearer t2"]);
  });

  it("keeps a token without an end", async () => {
    const stage = await createStage();
    await stage.get();
    await stage.clock.advance(365 * 24 * 3_600_000);
    await stage.get();
    expect(stage.issuer.requests).toHaveLength(1);
  });

  it("asks once for requests that start together", async () => {
    const stage = await createStage();
    await Promise.all([stage.get(), stage.get(), stage.get()]);
    expect([stage.issuer.requests.length, stage.seen()]).toEqual([1, ["Bearer t1", "Bearer t1", "Bearer t1"]]);
  });

  it("asks anew when the secret in the file changes", async () => {
    const path = join(makeDirectory(), "secret");
    writeFileSync(path, "one\n");
    const stage = await createStage({ client_secret: "", client_secret_file: path });
    await stage.get();
    await stage.get();
    writeFileSync(path, "two\n");
    await stage.get();
    expect(stage.seen()).toEqual(["Bearer t1", "Bearer t1", "Bearer t2"]);
    expect(stage.issuer.requests.map(({ headers }) => headers.authorization)).toEqual(
      ["me:one", "me:two"].map((pair) => `Basic ${Buffer.from(pair).toString("base64")}`),
    );
  });

  it("asks anew after the server has refused the token", async () => {
    let status = 401;
    const stage = await createStage({}, tokens(), (_, response) => response.writeHead(status).end());
    await expect(stage.get()).rejects.toThrow("HTTP 401 Unauthorized");
    status = 200;
    await stage.get();
    expect(stage.seen()).toEqual(["Bearer t1", "Bearer t2"]);
  });

  it("sends the credentials in the form to a server that wants them there, and remembers it", async () => {
    const stage = await createStage({}, inForm);
    await stage.get();
    await stage.clock.advance(20_000);
    await stage.get();
    expect(stage.seen()).toEqual(["Bearer t", "Bearer t"]);
    expect(stage.issuer.requests.map(({ headers }) => headers.authorization !== undefined)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each<{ name: string; answer: Answer; says: string }>([
    {
      name: "refuses in the way of the standard",
      answer: json({ error: "invalid_client", error_description: "who are you?" }, 401),
      says: "the server refused with invalid_client: who are you?",
    },
    {
      name: "refuses with 200",
      answer: json({ error: "invalid_scope" }),
      says: "the server refused with invalid_scope",
    },
    {
      name: "fails",
      answer: (_, response) => response.writeHead(502).end("bad gateway"),
      says: 'HTTP 502 Bad Gateway: "bad gateway"',
    },
    { name: "gives no token", answer: json({}), says: "the answer has no access_token" },
    { name: "gives something else", answer: (_, response) => response.end("<html>"), says: "the answer is not JSON" },
  ])("fails requests when the token server $name", async ({ answer, says }) => {
    const stage = await createStage({}, answer);
    await expect(stage.get()).rejects.toThrow(`POST ${stage.issuer.url}/token: no OAuth 2 token: ${says}`);
    expect(stage.server.requests).toEqual([]);
  });

  it("says which server cannot be reached", async () => {
    const stage = await createStage({ token_url: "http://127.0.0.1:1/token" });
    await expect(stage.get()).rejects.toThrow("POST http://127.0.0.1:1/token: connection refused");
  });

  it.each([
    { type: "application/x-www-form-urlencoded; charset=utf-8", token: "Bearer f" },
    { type: "text/plain", token: "Bearer f" },
  ])("reads an answer of the type $type as a form", async ({ type, token }) => {
    const stage = await createStage({}, (_, response) => {
      response.writeHead(200, { "content-type": type }).end("access_token=f&expires_in=60");
    });
    await stage.get();
    expect(stage.seen()).toEqual([token]);
  });

  it.each([
    { type: "BEARER", header: "Bearer" },
    { type: "mac", header: "MAC" },
    { type: "DPoP", header: "DPoP" },
  ])("sends a token of the type $type as $header", async ({ type, header }) => {
    const stage = await createStage({}, tokens({ token_type: type }));
    await stage.get();
    expect(stage.seen()).toEqual([`${header} t1`]);
  });

  it("reaches the token server by TLS settings of its own", async () => {
    const authority = createCertificateAuthority();
    const issuer = await servers.start(tokens(), authority.issue("IP:127.0.0.1"));
    const stage = await createStage({ token_url: `${issuer.url}/`, tls_config: { ca: authority.cert } });
    await stage.get();
    expect(stage.seen()).toEqual(["Bearer t1"]);
  });

  it("reaches the token server by a proxy of its own", async () => {
    const proxy = await servers.start(tokens());
    const stage = await createStage({ token_url: "http://tokens.example.com/t", proxy_url: proxy.url });
    await stage.get();
    expect(proxy.requests.map(({ url }) => url)).toEqual(["http://tokens.example.com/t"]);
    expect(stage.seen()).toEqual(["Bearer t1"]);
  });

  it("does not give the token to another host", async () => {
    const other = await servers.start(json({}));
    const elsewhere = `http://localhost:${String(other.port)}/`;
    const stage = await createStage({}, tokens(), (_, response) =>
      response.writeHead(302, { location: elsewhere }).end(),
    );
    await stage.get();
    expect([stage.seen(), other.requests[0]?.headers.authorization]).toEqual([["Bearer t1"], undefined]);
  });
});

describe("oauth2 by a signed statement", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });

  it.each<{ algorithm: string; digest: string }>([
    { algorithm: "", digest: "sha256" },
    { algorithm: "RS384", digest: "sha384" },
    { algorithm: "RS512", digest: "sha512" },
  ])("signs who it is with $digest", async ({ algorithm, digest }) => {
    const stage = await createStage({
      grant_type: JWT_GRANT,
      client_certificate_key: privateKey,
      client_certificate_key_id: "k1",
      signature_algorithm: algorithm,
      scopes: ["a", "b"],
      claims: { role: "reader", sub: "someone" },
      endpoint_params: { x: "y" },
    });
    await stage.get();
    expect(stage.seen()).toEqual(["Bearer t1"]);
    const { assertion = "", ...form } = Object.fromEntries(new URLSearchParams(stage.issuer.requests[0]?.body));
    expect(form).toEqual({ grant_type: JWT_GRANT, scope: "a b", x: "y" });
    const [header = "", claims = "", signature = ""] = assertion.split(".");
    expect(read(header)).toEqual({ alg: algorithm === "" ? "RS256" : algorithm, typ: "JWT", kid: "k1" });
    const now = stage.clock.now() / 1_000;
    expect(read(claims)).toEqual({
      iss: "me",
      sub: "someone",
      aud: `${stage.issuer.url}/token`,
      jti: expect.stringMatching(/^[\da-f-]{36}$/),
      iat: now,
      exp: now + 600,
      scope: "a b",
      role: "reader",
    });
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify(digest, signed, createPublicKey(publicKey), Buffer.from(signature, "base64url"))).toBe(true);
  });

  it("names issuer and audience when they are given", async () => {
    const stage = await createStage({
      grant_type: JWT_GRANT,
      client_certificate_key: privateKey,
      iss: "issuer",
      audience: "audience",
    });
    await stage.get();
    const assertion = new URLSearchParams(stage.issuer.requests[0]?.body).get("assertion") ?? "";
    const claims = Buffer.from(assertion.split(".")[1] ?? "", "base64url").toString("utf8");
    expect(JSON.parse(claims)).toMatchObject({ iss: "issuer", aud: "audience", sub: "me" });
  });

  it.each([
    { name: "no key", key: "x", says: "oauth2.client_certificate_key is no private key in PEM" },
    {
      name: "a key of another kind",
      key: createCertificateAuthority().key,
      says: "oauth2.client_certificate_key must be an RSA key, not ec",
    },
  ])("fails for $name", async ({ key, says }) => {
    const stage = await createStage({ grant_type: JWT_GRANT, client_certificate_key: key });
    await expect(stage.get()).rejects.toThrow(says);
  });
});
