/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 2181;

/** Reads `host`, `host:port` and `[address]:port`. Throws when it is none of them. */
export function toServerAddress(text: string): ServerAddress {
  const match = /^(?:\[(?<address>[^[\]]+)\]|(?<name>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/.exec(text.trim());
  const { address, name, port } = match?.groups ?? {};
  const host = address ?? name;
  if (host === undefined || Number(port ?? 0) > 65_535) {
    throw new Error(`${JSON.stringify(text)} is no ZooKeeper server; write host:port`);
  }
  return { host, port: port === undefined ? DEFAULT_PORT : Number(port) };
}
