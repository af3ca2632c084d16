import { isIP } from "node:net";

/** How a server is reached; "" for a family that it has no address of. */
export interface Addresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

/**
 * The addresses in a list of addresses and networks: of several of one family the last. Networks count when there is
 * one address in them. undefined when there is none, or when anything in the list is something else.
 */
export function addressesIn(list: readonly string[]): Addresses | undefined {
  let [ipv4, ipv6] = ["", ""];
  for (const entry of list) {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address);
    if (family === 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined;
    if (isUnspecified(address) || (bits !== undefined && bits !== "32")) continue;
    if (family === 4) ipv4 = address;
    else ipv6 = shortest(address);
  }
  return ipv4 === "" && ipv6 === "" ? undefined : { ipv4, ipv6 };
}

function isUnspecified(address: string): boolean {
  return address === "0.0.0.0" || shortest(address) === "::";
}

/** The usual way to write an IPv6 address. */
function shortest(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
