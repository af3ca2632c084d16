import { isIPv4 } from "node:net";
import { type ListenAddress, parseListenAddress } from "./listen-address.ts";

/**
 * Reads where profiles are served; "" for nowhere. A profile shows what a process has in its memory, secrets too, so only
 * addresses of the machine itself are taken, and an address without host means 127.0.0.1. Throws an Error that says so.
 */
export function readProfilingAddress(text: string): ListenAddress | undefined {
  if (text === "" || text === "0") return undefined;
  const { host = "127.0.0.1", port } = parseListenAddress(text);
  if (!isLoopback(host))
    throw new Error('must be on loopback, such as "127.0.0.1:6060": profiles show what is in memory');
  return { host, port };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
