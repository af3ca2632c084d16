/** What an address is made of, as components are given it to listen on. */
export interface Endpoint {
  /** As it is written, IPv6 in brackets; absent when the address names none. */
  readonly host?: string;
  /** Absent when the address names none; 0, which means any, counts as none. */
  readonly port?: number;
}

/** `host`, `[::1]`, `${env:POD_IP}` */
const HOST = /^(?:\[[^\]]*\]|[^\s:/[\]$]|\$(?!\{)|\$\{[^}]*\})+$/;

/**
 * Takes `host:port` apart, or what of it there is: `:4317`, `4317`, `localhost`, `::1`, `[::1]:4317`,
 * `${env:POD_IP}:4317`, `http://host:80/path`. Undefined for what is none of these, such as the path of a socket.
 */
export function parseEndpoint(text: string): Endpoint | undefined {
  const address = text.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, "");
  const [authority = ""] = address.split("/");
  // More than one colon outside of brackets: IPv6 as it should not be written, and surely without a port.
  if (/^[0-9a-f:.]*:[0-9a-f.]*:[0-9a-f:.]*$/i.test(authority)) return { host: `[${authority}]` };
  const { host = "", port } = /^(?<host>.*?)(?::(?<port>\d+))?$/s.exec(authority)?.groups ?? {};
  if (port === undefined && /^\d+$/.test(host)) return toEndpoint("", host);
  return host === "" || HOST.test(host) ? toEndpoint(host, port) : undefined;
}

function toEndpoint(host: string, port = ""): Endpoint | undefined {
  const number = Number(port);
  if (host === "" && port === "") return undefined;
  return { ...(host === "" ? {} : { host }), ...(number === 0 ? {} : { port: number }) };
}
