import { Resolver } from "node:dns/promises";
import { isIPv6 } from "node:net";

import type { RecordType } from "./settings.ts";

/** One record of an answer. Names are without the final dot. */
export type DnsRecord =
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "SRV"; readonly name: string; readonly port: number }
  | { readonly type: "MX" | "NS"; readonly name: string };

/** What DNS servers say of a name: its records of the wanted type, of which there can be none, or that it is unknown. */
export type DnsAnswer = readonly DnsRecord[] | "no such name";

/**
 * Asks servers in turn for the records of a full name, until one answers that it has them, has none, or that there is
 * no such name. Rejects when none of them does, and when the signal is aborted.
 */
export type DnsQuery = (
  question: { readonly name: string; readonly type: RecordType; readonly servers: readonly string[] },
  signal: AbortSignal,
) => Promise<DnsAnswer>;

const DNS_PORT = 53;
/** For each server, as Prometheus has it. */
const TIMEOUT_MS = 2_000;
const FAILURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "no DNS server runs there",
  EBADRESP: "the answer cannot be understood",
  EFORMERR: "the server does not understand the question",
  ENOTIMP: "the server does not know this kind of question",
  EREFUSED: "the server refuses to answer",
  ESERVFAIL: "the server failed",
  ETIMEOUT: `no answer within ${String(TIMEOUT_MS / 1_000)} s`,
};
/** Codes of Node for "there is such a name, but it has no such records" and "there is no such name". */
const [NO_DATA, NO_NAME] = ["ENODATA", "ENOTFOUND"];

/**
 * Queries by Node's resolver, which tries the servers in turn, once each, and asks again by TCP for an answer that is
 * too long for UDP.
 *
 * @param port - @default 53
 */
export function createDnsQuery(port: number = DNS_PORT): DnsQuery {
  return async ({ name, type, servers }, signal) => {
    signal.throwIfAborted();
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
    resolver.setServers(servers.map((server) => `${isIPv6(server) ? `[${server}]` : server}:${String(port)}`));
    const cancel = (): void => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await recordsOf(resolver, name.replace(/\.$/, ""), type);
    } catch (error) {
      signal.throwIfAborted();
      const { code = "" } = error as NodeJS.ErrnoException;
      if (code === NO_DATA) return [];
      if (code === NO_NAME) return "no such name";
      const explanation = FAILURES[code];
      throw explanation === undefined ? error : new Error(`${explanation} (${code})`, { cause: error });
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
}

async function recordsOf(resolver: Resolver, name: string, type: RecordType): Promise<readonly DnsRecord[]> {
  switch (type) {
    case "A":
      return (await resolver.resolve4(name)).map((address) => ({ type, address }));
    case "AAAA":
      return (await resolver.resolve6(name)).map((address) => ({ type, address }));
    case "SRV":
      return (await resolver.resolveSrv(name)).map((record) => ({ type, name: record.name, port: record.port }));
    case "MX":
      return (await resolver.resolveMx(name)).map(({ exchange }) => ({ type, name: exchange }));
    case "NS":
      return (await resolver.resolveNs(name)).map((host) => ({ type, name: host }));
  }
}
