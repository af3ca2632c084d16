import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server as TcpServer,
  type Socket,
} from "node:net";
import type { Duplex } from "node:stream";

import { afterEach } from "@jest/globals";

/** A request as a server got it. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query; the whole URL when it came to a proxy. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A server on loopback that remembers what it was asked. */
export interface TestServer {
  readonly port: number;
  /** `http://127.0.0.1:port`, or https. */
  readonly url: string;
  readonly requests: SeenRequest[];
  /** How many connections were made so far. */
  readonly connections: () => number;
}

/** Answers one request. */
export type Answer = (request: SeenRequest, response: ServerResponse) => void;

/** An answer in JSON. */
export function json(value: unknown, status = 200): Answer {
  return (_, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
}

/** Starts servers for the test that runs, and stops them after it. */
export class TestServers {
  readonly #open: { readonly server: TcpServer; readonly sockets: Set<Duplex> }[] = [];

  constructor() {
    afterEach(async () => this.#stop());
  }

  /** @param tls - @default plain HTTP */
  async start(answer: Answer, tls?: ServerOptions): Promise<TestServer> {
    const requests: SeenRequest[] = [];
    const listener: RequestListener = (request, response) => void receive(request, response, requests, answer);
    const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    return this.#listen(server, tls === undefined ? "http" : "https", requests);
  }

  /** A proxy for plain HTTP and tunnels. What it is asked comes as whole URLs, and as CONNECT with `host:port`. */
  async startProxy(): Promise<TestServer> {
    const requests: SeenRequest[] = [];
    const server = createServer((request, response) => void receive(request, response, requests, json("through")));
    server.on("connect", (request, socket) => {
      const { url = "", headers } = request;
      requests.push({ method: "CONNECT", url, headers, body: "" });
      const [host, port] = url.split(":");
      const onward = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
      for (const end of [onward, socket]) end.on("error", () => [onward, socket].forEach((each) => each.destroy()));
    });
    return this.#listen(server, "http", requests);
  }

  /** A SOCKS5 proxy without authentication. What it is asked comes as CONNECT with `host:port`. */
  async startSocksProxy(): Promise<TestServer> {
    const requests: SeenRequest[] = [];
    const server = createTcpServer((socket) => {
      socket.once("data", () => {
        socket.write(Buffer.from([5, 0]));
        socket.once("data", (question: Buffer) => {
          const address = socksAddress(question);
          requests.push({ method: "CONNECT", url: `${address.host}:${String(address.port)}`, headers: {}, body: "" });
          const onward = connect(address.port, address.host, () => {
            socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
            onward.pipe(socket).pipe(onward);
          });
          for (const end of [onward, socket]) end.on("error", () => [onward, socket].forEach((each) => each.destroy()));
        });
      });
    });
    return this.#listen(server, "socks5", requests);
  }

  async #listen(server: TcpServer, scheme: string, requests: SeenRequest[]): Promise<TestServer> {
    const sockets = new Set<Duplex>();
    let connections = 0;
    server.on("connection", (socket: Socket) => {
      connections += 1;
      sockets.add(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    this.#open.push({ server, sockets });
    const { port } = server.address() as AddressInfo;
    return { port, url: `${scheme}://127.0.0.1:${String(port)}`, requests, connections: () => connections };
  }

  async #stop(): Promise<void> {
    const stopped = this.#open.splice(0).map(async ({ server, sockets }) => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    });
    await Promise.all(stopped);
  }
}

/** Where a SOCKS5 client wants to go: https://www.rfc-editor.org/rfc/rfc1928#section-4 */
function socksAddress(question: Buffer): { readonly host: string; readonly port: number } {
  const isName = question[3] === 3;
  const end = isName ? 5 + (question[4] ?? 0) : 8;
  const host = isName ? question.toString("utf8", 5, end) : [...question.subarray(4, end)].join(".");
  return { host, port: question.readUInt16BE(end) };
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  requests: SeenRequest[],
  answer: Answer,
): Promise<void> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) body += chunk;
  const { method = "", url = "", headers } = request;
  const seen = { method, url, headers, body };
  requests.push(seen);
  answer(seen, response);
}
