import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it arrived. */
export interface ReceivedRequest {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type Responder = (request: ReceivedRequest, response: ServerResponse) => void;

/** An HTTP server on loopback that answers as a test says, for what a real API server cannot be made to do. */
export interface FakeApiServer {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Connections that are open now. */
  readonly connections: number;
  /** Answers of requests that come from now on. */
  respond: Responder;
  /** Cuts every connection in the middle of whatever it does. */
  cut(): void;
  stop(): Promise<void>;
}

/** @param port - @default a free one */
export async function startFakeApiServer(respond: Responder, port = 0): Promise<FakeApiServer> {
  const requests: ReceivedRequest[] = [];
  const current = { respond };
  let connections = 0;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.once("end", () => {
      const { method = "", url = "", headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
      requests.push(request);
      current.respond(request, response);
    });
  });
  server.on("connection", (socket) => {
    connections += 1;
    socket.once("close", () => (connections -= 1));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    get connections(): number {
      return connections;
    },
    get respond(): Responder {
      return current.respond;
    },
    set respond(next: Responder) {
      current.respond = next;
    },
    cut: () => server.closeAllConnections(),
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends JSON. */
export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Sends a Status, as an API server refuses. */
export function sendStatus(
  response: ServerResponse,
  status: { readonly code: number; readonly reason?: string; readonly message?: string; readonly retryAfter?: number },
): void {
  const { retryAfter, ...rest } = status;
  if (retryAfter !== undefined) response.setHeader("retry-after", String(retryAfter));
  sendJson(response, { kind: "Status", apiVersion: "v1", status: "Failure", ...rest }, status.code);
}

/** Begins a watch and returns how to send its events. */
export function beginWatch(response: ServerResponse): (type: string, object: unknown) => void {
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  return (type, object) => void response.write(`${JSON.stringify({ type, object })}\n`);
}
