import type { DnsQuery, DnsRecord } from "./dns-query.ts";
import { nameCandidates, parseResolverConfig } from "./resolver-config.ts";
import type { RecordType } from "./settings.ts";

/** Whom a lookup asks. */
export interface LookupOptions {
  readonly query: DnsQuery;
  /** The text of resolv.conf as it is now. */
  readonly readResolverConfig: () => Promise<string>;
}

/**
 * Looks up the records of a configured name in all domains in which it can lie. The first name that exists decides,
 * even when it has no such records; when all are known not to exist there are none. Rejects when neither is certain:
 * a name that no server answered for may have records.
 */
export async function lookUp(
  { query, readResolverConfig }: LookupOptions,
  name: string,
  type: RecordType,
  signal: AbortSignal,
): Promise<readonly DnsRecord[]> {
  const config = parseResolverConfig(await readResolverConfig());
  const { servers } = config;
  if (servers.length === 0) throw new Error(`looking up ${type} ${name}: /etc/resolv.conf names no nameserver`);
  let failure: Error | undefined;
  for (const candidate of nameCandidates(name, config)) {
    try {
      const answer = await query({ name: candidate, type, servers }, signal);
      if (answer !== "no such name") return answer;
    } catch (error) {
      signal.throwIfAborted();
      const asked = `${type} ${candidate} at ${servers.join(", ")}`;
      failure ??= new Error(`looking up ${asked}: ${(error as Error).message}`, { cause: error });
    }
  }
  if (failure !== undefined) throw failure;
  return [];
}
