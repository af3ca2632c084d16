import { type AddressInfo, type Socket, connect, createServer } from "node:net";

export interface SocksProxy {
  readonly port: number;
  /** How many connections it was asked for. */
  asked(): number;
  stop(): Promise<void>;
}

/** A SOCKS 5 proxy on loopback, without authentication, for IPv4 addresses. https://www.rfc-editor.org/rfc/rfc1928 */
export async function startSocksProxy(): Promise<SocksProxy> {
  const sockets = new Set<Socket>();
  let asked = 0;
  const server = createServer((client) => {
    sockets.add(client);
    client.on("error", () => undefined);
    client.once("data", () => {
      client.write(Buffer.from([5, 0]));
      client.once("data", (request: Buffer) => {
        asked += 1;
        const target = connect(request.readUInt16BE(8), [...request.subarray(4, 8)].join("."), () => {
          client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          client.pipe(target).pipe(client);
        });
        sockets.add(target.on("error", () => undefined));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked: () => asked,
    async stop(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
