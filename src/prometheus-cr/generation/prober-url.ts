import { isIP } from "node:net";

const DNS_NAME = /^[A-Za-z0-9_][\w-]{0,62}(?:\.[A-Za-z0-9_][\w-]{0,62})*[._]?$/;
const MAX_NAME_LENGTH = 255;
const MAX_PORT = 65_535;

/** What is wrong with the address of a prober, which is a host, or a host and a port; undefined when nothing is. */
export function proberUrlProblem(url: string): string | undefined {
  const { host, port } = splitHostPort(url) ?? { host: url, port: "1" };
  const valid = isHost(host) && /^\+?\d+$/.test(port) && Number(port) >= 1 && Number(port) <= MAX_PORT;
  return valid ? undefined : `${JSON.stringify(url)} must be HOST or HOST:PORT, without scheme and path`;
}

/** As Go's net.SplitHostPort: undefined when there is no port, or more than one colon outside of brackets. */
function splitHostPort(text: string): { readonly host: string; readonly port: string } | undefined {
  const parts = /^(?:\[(?<v6>[^[\]]*)\]|(?<host>[^:[\]]*)):(?<port>[^:[\]]*)$/.exec(text)?.groups;
  return parts === undefined ? undefined : { host: parts["v6"] ?? parts["host"] ?? "", port: parts["port"] ?? "" };
}

function isHost(text: string): boolean {
  if (isIP(text) !== 0) return !text.includes("%");
  return text.replaceAll(".", "").length <= MAX_NAME_LENGTH && DNS_NAME.test(text);
}
