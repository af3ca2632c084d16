/** One request of a chain of redirects. */
export interface Hop {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** Where the chain began. */
  readonly origin: URL;
  /** The chain has left the host that it began at, and its subdomains: nothing secret may be sent any more. */
  readonly foreign: boolean;
}

/** As Go's client. */
export const MAX_REDIRECTS = 10;

/**
 * Where an answer leads, as Go's client has it: 301, 302 and 303 turn everything into a GET, 307 and 308 repeat the
 * request. Undefined when the answer is no redirect, or does not say where to. Throws for a place that is no http URL.
 * https://pkg.go.dev/net/http#Client
 */
export function nextHop(hop: Hop, status: number, location: string): Hop | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || location === "") return undefined;
  const url = URL.parse(location, hop.url);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new Error(`redirected to ${JSON.stringify(location)}, which is no http or https URL`);
  }
  const foreign = hop.foreign || !isWithin(url.hostname, hop.origin.hostname);
  if (status >= 307) return { ...hop, url, foreign };
  const { body: _, ...rest } = hop;
  return { ...rest, method: "GET", url, foreign };
}

/** Whether a host is another or one of its subdomains. Addresses have none. */
function isWithin(host: string, parent: string): boolean {
  return host === parent || (!host.includes(":") && host.endsWith(`.${parent}`));
}
