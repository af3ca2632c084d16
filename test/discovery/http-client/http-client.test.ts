import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../../src/allocator/index.ts";
import {
  createDiscoveryHttpClient,
  type DiscoveryHttpClient,
  type DiscoveryHttpClientDependencies,
  type HttpRequestOptions,
} from "../../../src/discovery/http-client/http-client.ts";
import type { HttpReply } from "../../../src/discovery/http-client/http-exchange.ts";
import { localSecretFiles } from "../../../src/discovery/http-client/secret.ts";
import { readHttpClientSettings } from "../../../src/discovery/http-client/settings.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import { createCertificateAuthority } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { json, TestServers } from "../../support/http-servers.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const servers = new TestServers();
const makeDirectory = temporaryDirectories();
const clients: DiscoveryHttpClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map(async (client) => client.close()));
});

const NO_ENVIRONMENT = { httpProxy: "", httpsProxy: "", noProxy: "" };

/** A client with these settings, as they are decoded, for the test that runs. */
function createClient(
  settings: DataObject = {},
  dependencies: Partial<DiscoveryHttpClientDependencies> = {},
): DiscoveryHttpClient {
  const client = createDiscoveryHttpClient(readHttpClientSettings({ follow_redirects: true, ...settings }), {
    files: localSecretFiles,
    proxyEnvironment: NO_ENVIRONMENT,
    clock: systemClock,
    ...dependencies,
  });
  clients.push(client);
  return client;
}

async function get(
  client: DiscoveryHttpClient,
  url: string,
  options: Partial<HttpRequestOptions> = {},
): Promise<HttpReply> {
  return client.get(url, { timeoutMs: 10_000, ...options }, new AbortController().signal);
}

/** What a request failed with. */
async function failureOf(request: Promise<HttpReply>): Promise<unknown> {
  return request.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** A file with this content. */
function file(content: string, name = "secret"): string {
  const path = join(makeDirectory(), name);
  writeFileSync(path, content);
  return path;
}

describe("a request", () => {
  it("is a GET with the given headers and the user agent, and without compression", async () => {
    const server = await servers.start(json({ answer: 1 }));
    const reply = await get(createClient(), `${server.url}/a/b?c=d`, { headers: { Accept: "text/x" } });
    expect(JSON.parse(reply.body.toString("utf8"))).toEqual({ answer: 1 });
    expect([reply.status, reply.header("content-type"), reply.header("x-none")]).toEqual([200, "application/json", ""]);
    const [{ method, url, headers } = { headers: {} }] = server.requests;
    expect([method, url]).toEqual(["GET", "/a/b?c=d"]);
    expect(headers).toEqual({
      accept: "text/x",
      connection: "keep-alive",
      host: `127.0.0.1:${String(server.port)}`,
      "user-agent": "Prometheus/",
    });
  });

  it("leaves its connection to later ones", async () => {
    const server = await servers.start(json({}));
    const client = createClient();
    for (let i = 0; i < 6; i += 1) await get(client, server.url);
    expect(server.connections()).toBeLessThan(6);
  });

  it.each<{ name: string; status: number; body: string; error: string }>([
    { name: "a failure", status: 503, body: "try later\n", error: 'HTTP 503 Service Unavailable: "try later"' },
    { name: "an empty failure", status: 404, body: "", error: "HTTP 404 Not Found" },
    { name: "a status without a name", status: 599, body: "", error: "HTTP 599" },
    {
      name: "a long failure",
      status: 500,
      body: "x".repeat(10_000),
      error: `HTTP 500 Internal Server Error: "${"x".repeat(200)}"…`,
    },
    { name: "a redirect without a place", status: 302, body: "", error: "HTTP 302 Found" },
  ])("rejects $name with its status and the beginning of its body", async ({ status, body, error }) => {
    const server = await servers.start((_, response) => response.writeHead(status).end(body));
    await expect(get(createClient(), `${server.url}/sd?token=secret`)).rejects.toMatchObject({
      code: "HTTP_REQUEST_FAILED",
      status,
      message: `GET ${server.url}/sd?…: ${error}`,
    });
  });

  it("takes other statuses for an answer when it is told so", async () => {
    const server = await servers.start((_, response) => response.writeHead(404).end("nothing"));
    const reply = await get(createClient(), server.url, { accepts: (status) => status === 404 });
    expect([reply.status, reply.body.toString("utf8")]).toEqual([404, "nothing"]);
  });

  it("does not show the credentials of a URL in errors", async () => {
    const server = await servers.start((_, response) => response.writeHead(500).end());
    const url = `http://user:password@127.0.0.1:${String(server.port)}/`;
    await expect(get(createClient(), url)).rejects.toThrow(`GET ${server.url}/: HTTP 500`);
    await expect(get(createClient(), "ftp://user:password@host/")).rejects.toThrow(
      "GET ftp://host/: it must be an http or https URL",
    );
  });

  it("is refused when nobody listens", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => closed.once("listening", resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    await expect(get(createClient(), `http://127.0.0.1:${String(port)}/`)).rejects.toThrow(
      `GET http://127.0.0.1:${String(port)}/: connection refused; check that the server runs there (ECONNREFUSED)`,
    );
  });

  it("fails when the server cuts the connection", async () => {
    const server = await servers.start((_, response) => response.destroy());
    await expect(get(createClient(), server.url)).rejects.toThrow("the connection was cut");
  });

  it.each([
    { name: "does not answer", answer: () => undefined },
    {
      name: "does not end its answer",
      answer: (_: unknown, response: { write(text: string): void }) => response.write("["),
    },
  ])("gives up in time when the server $name", async ({ answer }) => {
    const clock = new FakeClock();
    const server = await servers.start(answer);
    const request = get(createClient({}, { clock }), server.url, { timeoutMs: 5_000 });
    const failure = failureOf(request);
    await eventually(() => expect(server.requests).toHaveLength(1), { everyMs: 5 });
    await clock.advance(5_000);
    expect(await failure).toMatchObject({ message: `GET ${server.url}/: no complete answer within 5 s` });
    expect(clock.pending).toBe(0);
  });

  it("ends when it is aborted, with the reason of that", async () => {
    const stop = new AbortController();
    const server = await servers.start(() => undefined);
    const request = createClient().get(server.url, { timeoutMs: 60_000 }, stop.signal);
    const failure = failureOf(request);
    await eventually(() => expect(server.requests).toHaveLength(1), { everyMs: 5 });
    stop.abort(new Error("enough"));
    expect(await failure).toMatchObject({ message: "enough" });
  });

  it("does not read more than 64 MiB", async () => {
    const chunk = Buffer.alloc(1024 * 1024, "x");
    const server = await servers.start((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        response.once("drain", more);
      };
      more();
    });
    await expect(get(createClient(), server.url)).rejects.toThrow("the answer is larger than 67108864 bytes");
  });
});

describe("authentication", () => {
  it.each<{ name: string; settings: DataObject; authorization: string | undefined }>([
    { name: "none", settings: {}, authorization: undefined },
    {
      name: "basic_auth",
      settings: { basic_auth: { username: "jürgen", password: "pä:ss" } },
      authorization: `Basic ${Buffer.from("jürgen:pä:ss").toString("base64")}`,
    },
    { name: "basic_auth without a password", settings: { basic_auth: { username: "u" } }, authorization: "Basic dTo=" },
    {
      name: "authorization",
      settings: { authorization: { type: "Token", credentials: "t1" } },
      authorization: "Token t1",
    },
    {
      name: "authorization without credentials",
      settings: { authorization: { type: "Bearer" } },
      authorization: "Bearer",
    },
  ])("sends $name", async ({ settings, authorization }) => {
    const server = await servers.start(json({}));
    await get(createClient(settings), server.url);
    expect(server.requests[0]?.headers.authorization).toBe(authorization);
  });

  it("reads files anew for each request, without the white space around", async () => {
    const server = await servers.start(json({}));
    const [username, password, credentials] = [file(" user\n"), file("one\n"), file("one\n")];
    const basic = createClient({ basic_auth: { username_file: username, password_file: password } });
    const bearer = createClient({ authorization: { type: "Bearer", credentials_file: credentials } });
    await get(basic, server.url);
    await get(bearer, server.url);
    writeFileSync(password, "two");
    writeFileSync(credentials, "two");
    await get(basic, server.url);
    await get(bearer, server.url);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from("user:one").toString("base64")}`,
      "Bearer one",
      `Basic ${Buffer.from("user:two").toString("base64")}`,
      "Bearer two",
    ]);
  });

  it("fails when a file cannot be read, and only as long as that is so", async () => {
    const server = await servers.start(json({}));
    const path = join(makeDirectory(), "token");
    const client = createClient({ authorization: { type: "Bearer", credentials_file: path } });
    await expect(get(client, server.url)).rejects.toThrow(
      new RegExp(`^GET ${server.url}/: reading authorization.credentials_file ${path}: .*no such file or directory`),
    );
    writeFileSync(path, "t");
    await get(client, server.url);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer t"]);
  });

  it("reads no file where that is not allowed", async () => {
    const files = {
      read: async (): Promise<string> => {
        throw new Error("not here");
      },
    };
    const client = createClient({ authorization: { type: "Bearer", credentials_file: "/token" } }, { files });
    await expect(get(client, "http://127.0.0.1:1/")).rejects.toThrow(
      "GET http://127.0.0.1:1/: reading authorization.credentials_file /token: not here",
    );
  });

  it.each([
    { section: "basic_auth", key: "password_ref", says: "basic_auth.password_ref" },
    { section: "authorization", key: "credentials_ref", says: "authorization.credentials_ref" },
    { section: "oauth2", key: "client_secret_ref", says: "oauth2.client_secret_ref" },
    { section: "tls_config", key: "ca_ref", says: "tls_config.ca_ref" },
  ])("refuses $section.$key, because there is no secret manager", ({ section, key, says }) => {
    expect(() => createClient({ [section]: { [key]: "x" } })).toThrow(
      `${says} names a secret of a secret manager, which there is not; use ${key.replace("_ref", "")} or ${key.replace("_ref", "_file")}`,
    );
  });

  it("takes the user of a URL before that of the settings", async () => {
    const server = await servers.start(json({}));
    const client = createClient({ basic_auth: { username: "u", password: "p" } });
    await get(client, `http://a%40b:c%25@127.0.0.1:${String(server.port)}/`);
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("a@b:c%").toString("base64")}`);
  });
});

describe("http_headers", () => {
  it("are added: values, then secrets, then files as they are now", async () => {
    const path = file("from file\n");
    const server = await servers.start(json({}));
    const client = createClient({
      http_headers: { "X-Many": { values: ["v1", "v2"], secrets: ["s"], files: [path] }, Accept: { values: ["b"] } },
    });
    await get(client, server.url, { headers: { accept: "a" } });
    writeFileSync(path, "other");
    await get(client, server.url);
    expect(server.requests.map(({ headers }) => headers["x-many"])).toEqual([
      "v1, v2, s, from file",
      "v1, v2, s, other",
    ]);
    expect(server.requests[0]?.headers.accept).toBe("a, b");
  });

  it("fail a request whose file is missing", async () => {
    const client = createClient({ http_headers: { "X-Key": { files: ["/none"] } } });
    await expect(get(client, "http://127.0.0.1:1/")).rejects.toThrow(
      /reading http_headers.X-Key.files \/none: .*ENOENT/,
    );
  });
});

describe("redirects", () => {
  it("are followed on the same host with the same headers and credentials", async () => {
    const server = await servers.start(({ url }, response) => {
      if (url === "/a") response.writeHead(301, { location: "/b?c" }).end();
      else if (url === "/b?c") response.writeHead(307, { location: "d" }).end();
      else response.end("{}");
    });
    const client = createClient({ authorization: { type: "Bearer", credentials: "t" } });
    await get(client, `${server.url}/a`, { headers: { accept: "x" } });
    expect(server.requests.map(({ url, headers }) => [url, headers.accept, headers.authorization])).toEqual([
      ["/a", "x", "Bearer t"],
      ["/b?c", "x", "Bearer t"],
      ["/d", "x", "Bearer t"],
    ]);
  });

  it("to another host go on without anything secret, also when they come back", async () => {
    const port = { other: 0, own: 0 };
    const other = await servers.start((_, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${String(port.own)}/back` }).end();
    });
    const own = await servers.start(({ url }, response) => {
      if (url === "/back") response.end("{}");
      else response.writeHead(302, { location: `http://localhost:${String(port.other)}/` }).end();
    });
    Object.assign(port, { other: other.port, own: own.port });
    const client = createClient({
      basic_auth: { username: "u", password: "p" },
      http_headers: { Cookie: { secrets: ["c=d"] }, "X-Plain": { values: ["v"] } },
    });
    await get(client, `${own.url}/`);
    const seen = [own.requests[0], other.requests[0], own.requests[1]];
    expect(seen.map((request) => request?.headers.authorization)).toEqual(["Basic dTpw", undefined, undefined]);
    expect(seen.map((request) => request?.headers.cookie)).toEqual(["c=d", undefined, undefined]);
    expect(seen.map((request) => request?.headers["x-plain"])).toEqual(["v", "v", "v"]);
  });

  it("are not followed more than ten times", async () => {
    const server = await servers.start((_, response) => response.writeHead(302, { location: "/again" }).end());
    await expect(get(createClient(), server.url)).rejects.toThrow(`GET ${server.url}/: more than 10 redirects`);
    expect(server.requests).toHaveLength(11);
  });

  it("to something that is not HTTP fail", async () => {
    const server = await servers.start((_, response) =>
      response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    );
    await expect(get(createClient(), server.url)).rejects.toThrow(
      'redirected to "file:///etc/passwd", which is no http or https URL',
    );
  });

  it("are the answer when they are not to be followed", async () => {
    const server = await servers.start((_, response) => response.writeHead(302, { location: "/b" }).end());
    await expect(get(createClient({ follow_redirects: false }), server.url)).rejects.toThrow("HTTP 302 Found");
    expect(server.requests).toHaveLength(1);
  });
});

describe("tls_config", () => {
  const authority = createCertificateAuthority();
  const forAddress = authority.issue("IP:127.0.0.1");
  const forName = authority.issue("DNS:sd.example.com");

  it("trusts what the given authority has signed", async () => {
    const server = await servers.start(json({}), forAddress);
    await get(createClient({ tls_config: { ca: authority.cert } }), server.url);
    await get(createClient({ tls_config: { ca_file: file(authority.cert) } }), server.url);
    expect(server.requests).toHaveLength(2);
  });

  it("does not trust others", async () => {
    const server = await servers.start(json({}), forAddress);
    const other = createCertificateAuthority("other");
    await expect(get(createClient(), server.url)).rejects.toThrow(
      "its certificate is not trusted; check tls_config.ca",
    );
    await expect(get(createClient({ tls_config: { ca: other.cert } }), server.url)).rejects.toThrow(
      "its certificate is not trusted; check tls_config.ca",
    );
  });

  it("checks the name, or the server_name", async () => {
    const server = await servers.start(json({}), forName);
    await expect(get(createClient({ tls_config: { ca: authority.cert } }), server.url)).rejects.toThrow(
      "its certificate is for another name; check the host and tls_config.server_name",
    );
    await get(createClient({ tls_config: { ca: authority.cert, server_name: "sd.example.com" } }), server.url);
  });

  it("can have an address as server_name", async () => {
    const server = await servers.start(json({}), forAddress);
    const url = server.url.replace("127.0.0.1", "localhost");
    await get(createClient({ tls_config: { ca: authority.cert, server_name: "127.0.0.1" } }), url);
    const wrong = createClient({ tls_config: { ca: authority.cert, server_name: "127.0.0.2" } });
    await expect(get(wrong, url)).rejects.toThrow("its certificate is for another name");
  });

  it("can do without any check", async () => {
    const server = await servers.start(json({}), forName);
    await get(createClient({ tls_config: { insecure_skip_verify: true } }), server.url);
    expect(server.requests).toHaveLength(1);
  });

  it("shows a client certificate, given as text or as files", async () => {
    const { cert, key } = authority.issue("DNS:client");
    const server = await servers.start(json({}), { ...forAddress, ca: authority.cert, requestCert: true });
    await get(createClient({ tls_config: { ca: authority.cert, cert, key } }), server.url);
    const paths = { cert_file: file(cert), key_file: file(key) };
    await get(createClient({ tls_config: { ca: authority.cert, ...paths } }), server.url);
    await expect(get(createClient({ tls_config: { ca: authority.cert } }), server.url)).rejects.toThrow(
      "the connection was cut",
    );
    expect(server.requests).toHaveLength(2);
  });

  it("takes over certificates that change in their files, and keeps connections as long as they do not", async () => {
    const server = await servers.start(json({}), forAddress);
    const ca = file(createCertificateAuthority("old").cert);
    const client = createClient({ tls_config: { ca_file: ca } });
    await expect(get(client, server.url)).rejects.toThrow("its certificate is not trusted");
    writeFileSync(ca, authority.cert);
    const before = server.connections();
    for (let i = 0; i < 6; i += 1) await get(client, server.url);
    expect(server.connections() - before).toBeLessThan(6);
    writeFileSync(ca, createCertificateAuthority("new").cert);
    await expect(get(client, server.url)).rejects.toThrow("its certificate is not trusted");
  });

  it.each<{ name: string; tls: DataObject; says: string }>([
    { name: "a CA that is none", tls: { ca: "x" }, says: "tls_config.ca has no PEM certificate" },
    {
      name: "a key of another certificate",
      tls: { cert: forName.cert, key: forAddress.key },
      says: "tls_config: the certificate, key or CA cannot be used: ",
    },
    { name: "a missing file", tls: { ca_file: "/none" }, says: "reading tls_config.ca_file /none: " },
  ])("fails requests for $name", async ({ tls, says }) => {
    await expect(get(createClient({ tls_config: tls }), "https://127.0.0.1:1/")).rejects.toThrow(
      `GET https://127.0.0.1:1/: ${says}`,
    );
  });

  it.each<{ server: "TLSv1.1" | "TLSv1.2" | "TLSv1.3"; tls: DataObject; works: boolean }>([
    { server: "TLSv1.2", tls: {}, works: true },
    { server: "TLSv1.2", tls: { min_version: "TLS13" }, works: false },
    { server: "TLSv1.3", tls: { min_version: "TLS13" }, works: true },
    { server: "TLSv1.3", tls: { max_version: "TLS12" }, works: false },
    { server: "TLSv1.1", tls: {}, works: false },
    { server: "TLSv1.1", tls: { min_version: "TLS10" }, works: true },
  ])("with $tls and a server of $server works: $works", async ({ server: version, tls, works }) => {
    const server = await servers.start(json({}), {
      ...forAddress,
      minVersion: version,
      maxVersion: version,
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    const outcome = get(createClient({ tls_config: { ca: authority.cert, ...tls } }), server.url);
    expect(
      await outcome.then(
        () => true,
        () => false,
      ),
    ).toBe(works);
  });

  it("refuses a highest version below the lowest", () => {
    expect(() => createClient({ tls_config: { min_version: "TLS13", max_version: "TLS12" } })).toThrow(
      "tls_config: max_version TLS12 is below min_version TLS13",
    );
  });

  it("says what a server is that does not speak TLS", async () => {
    const server = await servers.start(json({}));
    await expect(get(createClient(), server.url.replace("http:", "https:"))).rejects.toThrow(
      "it does not speak TLS; check http or https",
    );
  });
});

describe("proxies", () => {
  const authority = createCertificateAuthority();
  const certificate = authority.issue("IP:127.0.0.1");

  it("get plain requests as they are, with their credentials and without tunnel headers", async () => {
    const proxy = await servers.startProxy();
    const client = createClient({
      proxy_url: `http://user:pass@127.0.0.1:${String(proxy.port)}`,
      proxy_connect_header: { "X-Tunnel": ["t"] },
      authorization: { type: "Bearer", credentials: "t" },
    });
    const reply = await get(client, "http://sd.example.com/list?a=b");
    expect(reply.body.toString("utf8")).toBe('"through"');
    const [request] = proxy.requests;
    expect([request?.method, request?.url]).toEqual(["GET", "http://sd.example.com/list?a=b"]);
    expect(request?.headers).toMatchObject({
      host: "sd.example.com",
      authorization: "Bearer t",
      "proxy-authorization": "Basic dXNlcjpwYXNz",
    });
    expect(request?.headers["x-tunnel"]).toBeUndefined();
  });

  it("tunnel TLS, and get what is meant for them only", async () => {
    const [proxy, server] = [await servers.startProxy(), await servers.start(json({}), certificate)];
    const client = createClient({
      proxy_url: proxy.url,
      proxy_connect_header: { "X-Tunnel": ["one", "two"] },
      tls_config: { ca: authority.cert },
      authorization: { type: "Bearer", credentials: "t" },
    });
    await get(client, server.url);
    expect(proxy.requests.map(({ method, url }) => [method, url])).toEqual([
      ["CONNECT", `127.0.0.1:${String(server.port)}`],
    ]);
    expect(proxy.requests[0]?.headers).toMatchObject({ "x-tunnel": "one, two" });
    expect(proxy.requests[0]?.headers.authorization).toBeUndefined();
    expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer t" });
    expect(server.requests[0]?.headers["x-tunnel"]).toBeUndefined();
  });

  it("are checked for server_name only behind the tunnel", async () => {
    const [proxy, server] = [await servers.startProxy(), await servers.start(json({}), authority.issue("DNS:inner"))];
    const client = createClient({ proxy_url: proxy.url, tls_config: { ca: authority.cert, server_name: "inner" } });
    await get(client, server.url);
    expect(server.requests).toHaveLength(1);
  });

  it.each(["socks5", "socks5h"])("can be of the kind %s, for TLS and for plain requests", async (scheme) => {
    const proxy = await servers.startSocksProxy();
    const [plain, secure] = [
      await servers.start(json({})),
      await servers.start(json({}), authority.issue("DNS:localhost")),
    ];
    const client = createClient({
      proxy_url: proxy.url.replace("socks5", scheme),
      tls_config: { ca: authority.cert },
    });
    await get(client, plain.url);
    await get(client, `https://localhost:${String(secure.port)}/`);
    expect(proxy.requests.map(({ url }) => url)).toEqual([
      `127.0.0.1:${String(plain.port)}`,
      `localhost:${String(secure.port)}`,
    ]);
    expect([plain.requests.length, secure.requests.length]).toEqual([1, 1]);
  });

  it("are taken from the environment when the settings say so", async () => {
    const proxy = await servers.startProxy();
    const proxyEnvironment = { httpProxy: `127.0.0.1:${String(proxy.port)}`, httpsProxy: "", noProxy: "" };
    const server = await servers.start(json({}));
    const client = createClient({ proxy_from_environment: true }, { proxyEnvironment });
    await get(client, "http://sd.example.com/");
    await get(client, server.url);
    expect([proxy.requests.length, server.requests.length]).toEqual([1, 1]);
    const unaware = createClient({}, { proxyEnvironment });
    await get(unaware, server.url);
    expect(proxy.requests).toHaveLength(1);
  });

  it("that cannot be reached are named in the error, without credentials", async () => {
    const client = createClient({ proxy_url: "http://user:pass@127.0.0.1:1" });
    await expect(get(client, "http://sd.example.com/")).rejects.toThrow(
      "GET http://sd.example.com/ through the proxy http://127.0.0.1:1: connection refused",
    );
  });

  it("that are no URL are refused", () => {
    expect(() => createClient({ proxy_url: "ftp://user:pass@proxy" })).toThrow(
      "proxy ftp://proxy cannot be used; it must be an http, https or socks5 URL with a host",
    );
  });
});

it("a closed client ends what is under way", async () => {
  const server = await servers.start(() => undefined);
  const client = createClient();
  const failure = failureOf(get(client, server.url));
  await eventually(() => expect(server.requests).toHaveLength(1), { everyMs: 5 });
  await client.close();
  expect(await failure).toMatchObject({ code: "HTTP_REQUEST_FAILED" });
});
