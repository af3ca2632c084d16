import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";

/** A proxy that takes the place of a cluster's names: whatever host is asked for, one address answers. */
export interface Tunnel {
  readonly url: string;
  /** `host:port` of every connection that was asked for so far. */
  readonly asked: readonly string[];
  /** True when these bytes have gone through, in either direction, since connections were cut the last time. */
  hasSeen(bytes: Uint8Array): boolean;
  /** Forgets what went through, and cuts all connections. */
  cut(): void;
  stop(): Promise<void>;
}

/** Starts a proxy on loopback that answers CONNECT for any host with a connection to the address. */
export async function startTunnel(address: string): Promise<Tunnel> {
  const asked: string[] = [];
  const open = new Set<readonly Duplex[]>();
  let passed: Buffer[][] = [];
  const server = createServer();
  server.on("connect", ({ url = "" }, client: Duplex) => {
    asked.push(url);
    const [host, port] = address.split(":");
    const onward = connect(Number(port), host, () => client.write("HTTP/1.1 200 Connection established\r\n\r\n"));
    const connection = [client, onward];
    open.add(connection);
    for (const [from, to] of [
      [client, onward],
      [onward, client],
    ] as const) {
      const chunks: Buffer[] = [];
      passed.push(chunks);
      from.on("data", (chunk: Buffer) => chunks.push(chunk));
      from.pipe(to);
      from.on("error", () => undefined);
      from.once("close", () => {
        to.destroy();
        open.delete(connection);
      });
    }
  });
  const cut = (): void => {
    passed = [];
    for (const end of [...open].flat()) end.destroy();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    asked,
    hasSeen: (bytes) => passed.some((chunks) => Buffer.concat(chunks).includes(bytes)),
    cut,
    async stop(): Promise<void> {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
