import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import {
  type KubeConnection,
  type KubeConnectionOptions,
  createKubeConnection,
} from "../../../src/kube/client-node/connection.ts";
import {
  ConflictError,
  ExpiredError,
  ForbiddenError,
  InvalidError,
  KubeError,
  NotFoundError,
} from "../../../src/kube/errors.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import { eventually } from "../../support/eventually.ts";
import {
  type FakeApiServer,
  type Responder,
  sendJson,
  sendStatus,
  startFakeApiServer,
} from "../../support/fake-api-server.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { KubeconfigFolder } from "../../support/kubeconfig-file.ts";
import { startSocksProxy } from "../../support/socks-proxy.ts";

const MAP = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "shop" } };
const KEY = { namespace: "shop", name: "a" };

let folder: KubeconfigFolder;
let server: FakeApiServer;
const open: KubeConnection[] = [];

beforeEach(async () => {
  folder = new KubeconfigFolder();
  server = await startFakeApiServer((_request, response) => sendJson(response, MAP));
});
afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close();
  await server.stop();
  folder.remove();
});

const connect = (options: Partial<KubeConnectionOptions> = {}): KubeConnection => {
  const kubeconfigPath = options.kubeconfigPath ?? folder.kubeconfig({ cluster: { server: server.url } });
  const connection = createKubeConnection({
    kubeconfigPath,
    timers: systemClock,
    onWarning: () => undefined,
    ...options,
  });
  open.push(connection);
  return connection;
};
const failureOf = async (call: Promise<unknown>): Promise<KubeError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof KubeError) return error;
    throw error;
  }
  throw new Error("it did not fail");
};

function page(names: readonly string[], next?: string): unknown {
  return {
    metadata: { resourceVersion: "7", ...(next === undefined ? {} : { continue: next }) },
    items: names.map((name) => ({ metadata: { name, namespace: "shop" } })),
  };
}

describe("an answer that refuses", () => {
  it.each<{ code: number; reason: string; want: new (...args: never[]) => KubeError }>([
    { code: 400, reason: "BadRequest", want: InvalidError },
    { code: 401, reason: "Unauthorized", want: ForbiddenError },
    { code: 403, reason: "Forbidden", want: ForbiddenError },
    { code: 404, reason: "NotFound", want: NotFoundError },
    { code: 409, reason: "Conflict", want: ConflictError },
    { code: 410, reason: "Expired", want: ExpiredError },
    { code: 413, reason: "RequestEntityTooLarge", want: InvalidError },
    { code: 422, reason: "Invalid", want: InvalidError },
    { code: 500, reason: "InternalError", want: KubeError },
  ])("with $code is an error of its class that says what was tried on what", async ({ code, reason, want }) => {
    server.respond = (_request, response) => sendStatus(response, { code, reason, message: "the server says no" });
    const error = await failureOf(connect().client.apply(RESOURCES.ConfigMap, MAP));
    expect(error).toBeInstanceOf(want);
    expect(error).toMatchObject({ status: code, reason });
    expect(error.message).toMatch(/^applying ConfigMap shop\/a: the server says no/);
  });

  it("may be no Status at all", async () => {
    server.respond = (_request, response) => void response.writeHead(502).end("<h1>Bad Gateway</h1>");
    const error = await failureOf(connect().client.get(RESOURCES.ConfigMap, KEY));
    expect(error).toMatchObject({ status: 502, reason: "" });
    expect(error.message).toBe("reading ConfigMap shop/a: <h1>Bad Gateway</h1>");
  });

  it("of a server that wants TLS says what to change", async () => {
    server.respond = (_request, response) =>
      void response.writeHead(400).end("Client sent an HTTP request to an HTTPS server.\n");
    const error = await failureOf(connect().client.get(RESOURCES.ConfigMap, KEY));
    expect(error.message).toMatch(/to an HTTPS server; write https in the kubeconfig's server$/);
  });

  it("of a kind that the server does not know is not taken for an absent object", async () => {
    server.respond = (_request, response) => void response.writeHead(404).end("404 page not found\n");
    const error = await failureOf(connect().client.get(RESOURCES.OpenTelemetryCollector, KEY));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error.message).toContain("is the kind's CustomResourceDefinition installed?");
  });

  it("may say no more than that what was sent cannot be an object of the kind", async () => {
    const message =
      "failed to create typed patch object (shop/a; v1, Kind=ConfigMap): .foo: field not declared in schema";
    server.respond = (_request, response) => sendStatus(response, { code: 500, message });
    await expect(connect().client.apply(RESOURCES.ConfigMap, MAP)).rejects.toBeInstanceOf(InvalidError);
  });
});

describe("an answer that says Retry-After", () => {
  const refuseTimes = (times: number, code: number, retryAfter?: number): Responder => {
    let left = times;
    return (_request, response) => {
      left -= 1;
      if (left < 0) sendJson(response, MAP);
      else sendStatus(response, { code, message: "busy", ...(retryAfter === undefined ? {} : { retryAfter }) });
    };
  };

  it.each([429, 503])("with %i is followed by the same request, after the time that it asks for", async (code) => {
    const clock = new FakeClock();
    server.respond = refuseTimes(2, code, 7);
    const applying = connect({ timers: clock }).client.apply(RESOURCES.ConfigMap, MAP);
    for (const received of [1, 2]) {
      // One timer is left when the request's own deadline is cleared: the wait.
      await eventually(() =>
        expect([server.requests.length, clock.pending, clock.nextIn]).toEqual([received, 1, 7_000]),
      );
      await clock.advance(7_000);
    }
    await expect(applying).resolves.toEqual(MAP);
    expect(server.requests.map(({ method, body }) => [method, body])).toEqual(
      Array.from({ length: 3 }, () => ["PATCH", JSON.stringify(MAP)]),
    );
  });

  it("is an error after five repeats", async () => {
    const clock = new FakeClock();
    server.respond = refuseTimes(100, 429, 1);
    const reading = failureOf(connect({ timers: clock }).client.get(RESOURCES.ConfigMap, KEY));
    for (let repeat = 1; repeat <= 5; repeat++) {
      await eventually(() => expect([server.requests.length, clock.nextIn]).toEqual([repeat, 1_000]));
      await clock.advance(1_000);
    }
    await expect(reading).resolves.toMatchObject({ status: 429, retryAfterMs: 1_000 });
    expect(server.requests).toHaveLength(6);
  });

  it.each<{ name: string; code: number; retryAfter?: number }>([
    { name: "it says not when", code: 503 },
    { name: "it says to wait for minutes", code: 429, retryAfter: 120 },
    { name: "it is no refusal for now", code: 500, retryAfter: 1 },
  ])("is an error at once when $name", async ({ code, retryAfter }) => {
    server.respond = refuseTimes(1, code, retryAfter);
    const error = await failureOf(connect().client.get(RESOURCES.ConfigMap, KEY));
    expect(error.status).toBe(code);
    expect(server.requests).toHaveLength(1);
  });

  it("is not waited for when the signal is aborted", async () => {
    const clock = new FakeClock();
    server.respond = refuseTimes(1, 429, 5);
    const stop = new AbortController();
    const reading = connect({ timers: clock }).client.get(RESOURCES.ConfigMap, KEY, stop.signal);
    await eventually(() => expect(clock.nextIn).toBe(5_000));
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
  });
});

describe("no answer", () => {
  it("from a server that does not run is an error that names it and what to check", async () => {
    const url = server.url;
    const { client } = connect();
    await server.stop();
    const error = await failureOf(client.get(RESOURCES.ConfigMap, KEY));
    expect(error).toMatchObject({ status: 0, reason: "", code: "KUBE" });
    expect(error.message).toBe(
      `reading ConfigMap shop/a: no answer from ${url}: connection refused; check that the API server runs there ` +
        "and that the kubeconfig names the right one (ECONNREFUSED)",
    );
  });

  it("from a host that does not exist is an error that says so", async () => {
    const kubeconfigPath = folder.kubeconfig({ cluster: { server: "https://no-such-host.invalid:6443" } });
    const error = await failureOf(connect({ kubeconfigPath }).client.get(RESOURCES.ConfigMap, KEY));
    expect(error.message).toMatch(
      /no answer from https:\/\/no-such-host\.invalid:6443: its host name does not resolve/,
    );
  });

  it("from a server that does not speak TLS is an error that says so", async () => {
    const kubeconfigPath = folder.kubeconfig({ cluster: { server: server.url.replace("http:", "https:") } });
    const error = await failureOf(connect({ kubeconfigPath }).client.get(RESOURCES.ConfigMap, KEY));
    expect(error.message).toMatch(/it does not speak TLS; check http or https in the kubeconfig's server/);
  });

  it("within the time-out is an error, and the request is given up", async () => {
    const clock = new FakeClock();
    let closed = false;
    server.respond = (_request, response) => void response.once("close", () => (closed = true));
    const reading = failureOf(connect({ timers: clock, requestTimeoutMs: 5_000 }).client.get(RESOURCES.ConfigMap, KEY));
    await eventually(() => expect(server.requests).toHaveLength(1));
    await clock.advance(5_000);
    const error = await reading;
    expect(error.message).toBe(
      `reading ConfigMap shop/a: no answer from ${server.url} within 5 s; check its load and the network`,
    );
    await eventually(() => expect(closed).toBe(true));
  });

  it("to a read on a connection that breaks is followed by one more read", async () => {
    let requests = 0;
    server.respond = (_request, response) => {
      requests += 1;
      if (requests === 1) response.socket?.destroy();
      else sendJson(response, MAP);
    };
    await expect(connect().client.get(RESOURCES.ConfigMap, KEY)).resolves.toEqual(MAP);
  });

  it("to a write on a connection that breaks is an error: it may have been done", async () => {
    server.respond = (_request, response) => void response.socket?.destroy();
    const error = await failureOf(connect().client.create(RESOURCES.ConfigMap, MAP));
    expect(error.message).toContain("the connection was cut");
    expect(server.requests).toHaveLength(1);
  });

  it("is what an aborted signal leaves, with its reason", async () => {
    server.respond = () => undefined;
    const stop = new AbortController();
    const reading = connect().client.get(RESOURCES.ConfigMap, KEY, stop.signal);
    await eventually(() => expect(server.requests).toHaveLength(1));
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  it("of a proxy that answers with something else is an error that quotes it", async () => {
    server.respond = (_request, response) => void response.end("<html>please log in</html>");
    const error = await failureOf(connect().client.get(RESOURCES.ConfigMap, KEY));
    expect(error.message).toBe(
      `reading ConfigMap shop/a: what ${server.url} answers is no JSON ("<html>please log in</html>"); ` +
        "check that the kubeconfig's server is an API server",
    );
  });
});

describe("connections", () => {
  it("are few, however many requests there are", async () => {
    const { client } = connect();
    let most = 0;
    server.respond = (_request, response) => {
      most = Math.max(most, server.connections);
      sendJson(response, MAP);
    };
    await Promise.all(Array.from({ length: 100 }, () => client.get(RESOURCES.ConfigMap, KEY)));
    expect(server.requests).toHaveLength(100);
    expect(most).toBeLessThanOrEqual(8);
  });

  it("are all gone after close", async () => {
    const connection = connect();
    await connection.client.get(RESOURCES.ConfigMap, KEY);
    expect(server.connections).toBe(1);
    await connection.close();
    await eventually(() => expect(server.connections).toBe(0));
  });

  it("are not made anew after close", async () => {
    const connection = connect();
    await connection.close();
    const error = await failureOf(connection.client.get(RESOURCES.ConfigMap, KEY));
    expect(error.message).toContain("this program has closed its connections");
    expect(server.requests).toHaveLength(0);
  });

  it("of many requests under one signal raise no warning", async () => {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", note);
    const { signal } = new AbortController();
    const { client } = connect();
    await Promise.all(Array.from({ length: 50 }, () => client.get(RESOURCES.ConfigMap, KEY, signal)));
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });

  it("end with close even when a server never answers", async () => {
    server.respond = () => undefined;
    const connection = connect();
    const reading = failureOf(connection.client.get(RESOURCES.ConfigMap, KEY));
    await eventually(() => expect(server.requests).toHaveLength(1));
    await connection.close();
    await expect(reading).resolves.toMatchObject({ status: 0 });
  });
});

describe("credentials", () => {
  const seen = (): readonly (string | undefined)[] => server.requests.map(({ headers }) => headers.authorization);

  it.each<{ name: string; user: Readonly<Record<string, unknown>>; want: string }>([
    { name: "a token", user: { token: "abc" }, want: "Bearer abc" },
    { name: "a name and password", user: { username: "me", password: "pw" }, want: "Basic bWU6cHc=" },
    {
      name: "the token that a program prints",
      user: {
        exec: {
          apiVersion: "client.authentication.k8s.io/v1",
          command: "echo",
          args: ['{"status":{"token":"printed"}}'],
        },
      },
      want: "Bearer printed",
    },
  ])("may be $name", async ({ user, want }) => {
    const kubeconfigPath = folder.kubeconfig({ cluster: { server: server.url }, user });
    await connect({ kubeconfigPath }).client.get(RESOURCES.ConfigMap, KEY);
    expect(seen()).toEqual([want]);
  });

  it("in a token file are read again when the file was written", async () => {
    const tokenFile = folder.write("token", "first\n");
    const kubeconfigPath = folder.kubeconfig({ cluster: { server: server.url }, user: { tokenFile: "token" } });
    const { client } = connect({ kubeconfigPath });
    await client.get(RESOURCES.ConfigMap, KEY);
    folder.write("token", "second\n");
    // File systems may keep the time of two quick writes equal.
    utimesSync(tokenFile, new Date(), new Date(Date.now() + 2_000));
    await client.get(RESOURCES.ConfigMap, KEY);
    expect(seen()).toEqual(["Bearer first", "Bearer second"]);
  });

  /** A connection whose credentials this shell script prints. */
  function printedBy(script: string, options: Partial<KubeConnectionOptions> = {}): KubeConnection {
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "sh", args: ["-c", script] };
    const kubeconfigPath = folder.kubeconfig({ cluster: { server: server.url }, user: { exec } });
    return connect({ kubeconfigPath, ...options });
  }

  it.each<{ name: string; script: string; want: RegExp }>([
    {
      name: "a program that fails",
      script: "echo 'please log in' >&2; exit 3",
      want: /^reading .*: no credentials for http:\/\/.*: the program "sh" of user "user" gives none: please log in$/,
    },
    {
      name: "a program that fails without a word",
      script: "exit 3",
      want: /gives none: it failed and said nothing; run it by hand$/,
    },
    {
      name: "a program that prints something else, which may be a secret",
      script: "echo hunter2",
      want: /gives none: what it prints is no ExecCredential in JSON$/,
    },
  ])("that cannot be had are an error of the call: $name", async ({ script, want }) => {
    const error = await failureOf(printedBy(script).client.get(RESOURCES.ConfigMap, KEY));
    expect(error).toMatchObject({ status: 0, message: expect.stringMatching(want) });
    expect(inspect(error, { depth: 10 })).not.toContain("hunter2");
  });

  it("of a program that is not there are an error that names it", async () => {
    const user = { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "no-such-program" } };
    const kubeconfigPath = folder.kubeconfig({ cluster: { server: server.url }, user });
    const error = await failureOf(connect({ kubeconfigPath }).client.get(RESOURCES.ConfigMap, KEY));
    expect(error.message).toContain(
      'the program "no-such-program" of user "user" gives none: spawn no-such-program ENOENT',
    );
  });

  it("are asked of a program once for all calls that come together", async () => {
    const asked = join(folder.path, "asked");
    const { client } = printedBy(`echo x >> ${asked}; sleep 0.1; echo '{"status":{"token":"t"}}'`);
    await Promise.all(Array.from({ length: 10 }, () => client.get(RESOURCES.ConfigMap, KEY)));
    expect(readFileSync(asked, "utf8")).toBe("x\n");
  });

  it("of a program that does not end keep neither a deadline nor an abort from ending the call", async () => {
    const clock = new FakeClock();
    const { client } = printedBy("exec sleep 2", { timers: clock, requestTimeoutMs: 5_000 });
    const late = failureOf(client.get(RESOURCES.ConfigMap, KEY));
    const stop = new AbortController();
    const stopped = client.get(RESOURCES.ConfigMap, KEY, stop.signal);
    stop.abort(new Error("stop"));
    await expect(stopped).rejects.toThrow("stop");
    await clock.advance(5_000);
    expect((await late).message).toContain('the program "sh" of user "user" has not given any yet; run it by hand');
  });
});

describe("what an administrator should see", () => {
  it("are the server's warnings, each once", async () => {
    const warnings: unknown[] = [];
    server.respond = (_request, response) => {
      response.setHeader("warning", ['299 - "unknown field \\"spec.foo\\""', '299 - "v1 Endpoints is deprecated"']);
      sendJson(response, MAP);
    };
    const { client } = connect({ onWarning: (message, fields) => warnings.push([message, fields["warning"]]) });
    await client.get(RESOURCES.ConfigMap, KEY);
    await client.get(RESOURCES.ConfigMap, KEY);
    expect(warnings).toEqual([
      ["the API server warns", 'unknown field \\"spec.foo\\"'],
      ["the API server warns", "v1 Endpoints is deprecated"],
    ]);
  });

  it("is an outage, once however many requests fail in it, and its end", async () => {
    const told: unknown[] = [];
    const onReachability: KubeConnectionOptions["onReachability"] = (problem) => told.push(problem?.message);
    const { client } = connect({ onReachability });
    const [host, port] = [server.url, Number(new URL(server.url).port)];
    await client.get(RESOURCES.ConfigMap, KEY);
    await server.stop();
    for (let attempt = 0; attempt < 3; attempt += 1) await failureOf(client.get(RESOURCES.ConfigMap, KEY));
    server = await startFakeApiServer((_request, response) => sendStatus(response, { code: 403, message: "no" }), port);
    await failureOf(client.get(RESOURCES.ConfigMap, KEY));
    expect(told).toEqual([expect.stringContaining(`no answer from ${host}: connection refused`), undefined]);
  });

  it("is every request with its outcome", async () => {
    const seen: unknown[] = [];
    const { client } = connect({ onRequest: ({ method, status }) => seen.push([method, status]) });
    await client.get(RESOURCES.ConfigMap, KEY);
    server.respond = (_request, response) => sendStatus(response, { code: 403, message: "no" });
    await failureOf(client.create(RESOURCES.ConfigMap, MAP));
    await server.stop();
    await failureOf(client.delete(RESOURCES.ConfigMap, KEY));
    expect(seen).toEqual([
      ["GET", 200],
      ["POST", 403],
      ["DELETE", 0],
    ]);
  });
});

describe("a server behind a path", () => {
  it("is asked below it", async () => {
    const kubeconfigPath = folder.kubeconfig({ cluster: { server: `${server.url}/k8s/clusters/c-1/` } });
    await connect({ kubeconfigPath }).client.get(RESOURCES.ConfigMap, KEY);
    expect(server.requests[0]?.url).toBe("/k8s/clusters/c-1/api/v1/namespaces/shop/configmaps/a");
  });
});

describe("a server behind a proxy", () => {
  it("is asked through it", async () => {
    const cluster = { server: "http://api.example:8001", "proxy-url": server.url };
    const kubeconfigPath = folder.kubeconfig({ cluster });
    await connect({ kubeconfigPath }).client.get(RESOURCES.ConfigMap, KEY);
    expect(server.requests[0]?.url).toBe("http://api.example:8001/api/v1/namespaces/shop/configmaps/a");
  });
});

describe("a server behind a SOCKS proxy", () => {
  it.each(["socks5", "socks5h"])("is asked through it (%s)", async (scheme) => {
    const proxy = await startSocksProxy();
    const cluster = { server: server.url, "proxy-url": `${scheme}://127.0.0.1:${proxy.port}` };
    const connection = connect({ kubeconfigPath: folder.kubeconfig({ cluster }) });
    await expect(connection.client.get(RESOURCES.ConfigMap, KEY)).resolves.toEqual(MAP);
    expect(proxy.asked()).toBe(1);
    await connection.close();
    await proxy.stop();
  });
});

describe("a list", () => {
  it("is read page by page", async () => {
    server.respond = ({ url }, response) =>
      sendJson(response, url.includes("continue=") ? page(["c"]) : page(["a", "b"], "next/1"));
    const listed = await connect().client.list(RESOURCES.Pod, { namespace: "shop", labelSelector: "app=web" });
    expect(listed.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(["Pod a", "Pod b", "Pod c"]);
    expect(server.requests.map(({ url }) => url)).toEqual([
      "/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb&limit=500",
      "/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb&limit=500&continue=next%2F1",
    ]);
  });

  it("begins again when its pages have expired", async () => {
    let expired = false;
    server.respond = ({ url }, response) => {
      if (!url.includes("continue=")) sendJson(response, page(["a"], "next"));
      else if (expired) sendJson(response, page(["b"]));
      else sendStatus(response, { code: 410, reason: "Expired", message: "too old" });
      expired ||= url.includes("continue=");
    };
    const listed = await connect().client.list(RESOURCES.Pod);
    expect(listed.map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
  });

  it("is given up when its pages expire again and again", async () => {
    server.respond = ({ url }, response) => {
      if (url.includes("continue=")) sendStatus(response, { code: 410, reason: "Expired", message: "too old" });
      else sendJson(response, page(["a"], "next"));
    };
    await expect(connect().client.list(RESOURCES.Pod)).rejects.toThrow("listing pods in all namespaces: too old");
  });
});

describe("a server that accepts connections and says nothing", () => {
  it("is given up after the time-out", async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const url = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const clock = new FakeClock();
    const kubeconfigPath = folder.kubeconfig({ cluster: { server: url } });
    const reading = failureOf(connect({ kubeconfigPath, timers: clock }).client.get(RESOURCES.ConfigMap, KEY));
    await eventually(() => expect(clock.nextIn).toBe(30_000));
    await clock.advance(30_000);
    expect((await reading).message).toContain(`no answer from ${url} within 30 s`);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });
});
