/** What a resolv.conf file says, as far as lookups by name need it. */
export interface ResolverConfig {
  /** Addresses, in the order in which they are to be asked. */
  readonly servers: readonly string[];
  /** Domains in which short names are looked for. */
  readonly search: readonly string[];
  /** Names with at least as many dots are tried as they are first. */
  readonly ndots: number;
}

const MOST_NDOTS = 15;

/** Reads the text of a resolv.conf file. Later `search` and `domain` lines win. https://man7.org/linux/man-pages/man5/resolv.conf.5.html */
export function parseResolverConfig(text: string): ResolverConfig {
  const servers: string[] = [];
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const [key, ...values] = line.split(/\s+/).filter(Boolean);
    if (key === "nameserver") servers.push(...values.slice(0, 1));
    else if (key === "domain") search = values.slice(0, 1);
    else if (key === "search") search = values;
    else if (key === "options") ndots = ndotsOf(values) ?? ndots;
  }
  return { servers, search, ndots };
}

function ndotsOf(options: readonly string[]): number | undefined {
  const text = options.findLast((option) => option.startsWith("ndots:"))?.slice("ndots:".length);
  if (text === undefined) return undefined;
  const value = /^-?\d+$/.test(text) ? Number(text) : 0;
  return Math.min(Math.max(value, 0), MOST_NDOTS);
}

/**
 * The full names that a configured name can mean, in the order in which they are to be tried: a name that ends in a dot
 * is full already; one with enough dots is tried as it is before it is looked for in the search domains.
 */
export function nameCandidates(name: string, { search, ndots }: ResolverConfig): readonly string[] {
  if (name.endsWith(".")) return [name];
  const absolute = `${name}.`;
  const inDomains = search.map((domain) => (domain === "." ? absolute : `${name}.${domain.replace(/\.?$/, ".")}`));
  return name.split(".").length > ndots ? [absolute, ...inDomains] : [...inDomains, absolute];
}
