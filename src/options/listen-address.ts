/** Where a server listens. */
export interface ListenAddress {
  /** Absent: all interfaces, IPv4 and IPv6. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
}

const ADDRESS = /^(?:\[(?<v6>[^\]]*)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/;

/** Reads an address in Go's form: `:8080`, `127.0.0.1:8080`, `[::1]:8080`. Throws an Error that says what is expected. */
export function parseListenAddress(text: string): ListenAddress {
  const groups = ADDRESS.exec(text)?.groups;
  const port = Number(groups?.["port"]);
  if (groups === undefined || port > 65_535) {
    throw new Error('must be host:port, such as ":8080", "127.0.0.1:8080" or "[::1]:8080", with a port up to 65535');
  }
  const host = groups["v6"] ?? groups["host"] ?? "";
  return host === "" ? { port } : { host, port };
}
