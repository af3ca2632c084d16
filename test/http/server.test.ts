import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Agent, type IncomingMessage, type RequestListener, createServer, get } from "node:http";
import { connect } from "node:net";
import { ListenError, type ListeningAddress, type ServeOptions, serve } from "../../src/http/server.ts";

let stop: AbortController;
let running: Promise<void> | undefined;

beforeEach(() => {
  stop = new AbortController();
  running = undefined;
});

afterEach(async () => {
  stop.abort();
  await running;
});

const hello: RequestListener = (_request, response) => {
  response.end("hello");
};

/** Serves on a free port of loopback until the test ends. */
async function start(listener: RequestListener, options: Partial<ServeOptions> = {}): Promise<ListeningAddress> {
  return new Promise((resolve, reject) => {
    const complete = { host: "127.0.0.1", port: 0, setBy: "--listen-addr", onListening: resolve, ...options };
    running = serve(listener, complete, stop.signal);
    running.catch(reject);
  });
}

/** Sends raw bytes and resolves with all that comes back until the server closes the connection. */
async function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (data) => (answer += data.toString()));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("serve", () => {
  it("answers until it is stopped, then has released the port", async () => {
    const { url, port } = await start(hello);
    expect(await (await fetch(url)).text()).toBe("hello");
    stop.abort();
    await running;
    await expect(fetch(url)).rejects.toThrow("fetch failed");
    const again = createServer();
    await new Promise<void>((resolve) => void again.listen(port, "127.0.0.1", resolve));
    await new Promise((resolve) => void again.close(resolve));
  });

  it("does not start when it is stopped already", async () => {
    stop.abort();
    await expect(serve(hello, { port: 0, setBy: "" }, stop.signal)).resolves.toBeUndefined();
  });

  it("says that a port is in use, and what chooses it", async () => {
    const { port } = await start(hello);
    const again = serve(
      hello,
      { host: "127.0.0.1", port, setBy: "--listen-addr or listen_addr in x.yaml" },
      stop.signal,
    );
    await expect(again).rejects.toMatchObject({
      code: "LISTEN",
      message: expect.stringMatching(
        /^cannot listen on 127\.0\.0\.1:\d+: the port is in use by another process; stop that one .* or choose another address with --listen-addr or listen_addr in x\.yaml$/,
      ),
    });
  });

  it("says that an address is not this machine's", async () => {
    const elsewhere = serve(hello, { host: "192.0.2.1", port: 0, setBy: "--listen-addr" }, stop.signal);
    await expect(elsewhere).rejects.toThrow(ListenError);
    await expect(elsewhere).rejects.toThrow("cannot listen on 192.0.2.1:0: this machine has no such address");
  });

  it("lets an open request end, then closes its kept connection", async () => {
    const open = Promise.withResolvers<void>();
    const { url } = await start((_request, response) => {
      stop.abort();
      void open.promise.then(() => response.end("late"));
    });
    const agent = new Agent({ keepAlive: true });
    const answer = new Promise<IncomingMessage>((resolve) => get(url, { agent }, resolve));
    setTimeout(open.resolve, 20);
    const chunks: unknown[] = [];
    for await (const chunk of await answer) chunks.push(chunk);
    expect(String(chunks)).toBe("late");
    await running;
    agent.destroy();
  });

  it("cuts a request that does not end within the deadline", async () => {
    const { url } = await start(() => stop.abort(), { drainMs: 10 });
    await expect(fetch(url)).rejects.toThrow("fetch failed");
    await running;
  });

  it("goes on answering while it lingers, and asks clients to leave", async () => {
    const { url } = await start(hello, { lingerMs: 200 });
    stop.abort();
    const response = await fetch(url);
    expect([await response.text(), response.headers.get("connection")]).toEqual(["hello", "close"]);
  });

  it("refuses headers that are too long", async () => {
    const { port } = await start(hello);
    const request = `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"a".repeat(20_000)}\r\n\r\n`;
    expect(await exchange(port, request)).toMatch(/^HTTP\/1\.1 431 /);
  });
});
