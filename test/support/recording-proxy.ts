import { type IncomingMessage, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** One answer that went through the proxy. Status 502 means that nothing listened behind it. */
export interface RecordedAnswer {
  readonly time: number;
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

/** Stands where the allocator's Service stands: a stable address in front of a process that comes and goes. */
export interface RecordingProxy {
  readonly url: string;
  readonly answers: readonly RecordedAnswer[];
  /** Where requests go from now on, such as `http://127.0.0.1:8080/prefix`. */
  target: string;
  stop(): Promise<void>;
}

/** Starts a proxy on loopback that records every answer. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const answers: RecordedAnswer[] = [];
  const proxy = { target };
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? "/";
    const finish = (status: number, body: string, type: string): void => {
      answers.push({ time: Date.now(), path, status, body });
      outgoing.writeHead(status, { "content-type": type });
      outgoing.end(body);
    };
    forward(proxy.target + path, incoming).then(
      ({ status, body, type }) => finish(status, body, type),
      (error: unknown) => finish(502, String(error), "text/plain"),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    answers,
    get target(): string {
      return proxy.target;
    },
    set target(next: string) {
      proxy.target = next;
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Forwarded {
  readonly status: number;
  readonly body: string;
  readonly type: string;
}

function forward(url: string, incoming: IncomingMessage): Promise<Forwarded> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers: { accept: incoming.headers.accept ?? "*/*" } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          type: response.headers["content-type"] ?? "text/plain",
        }),
      );
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}
