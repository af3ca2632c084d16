import { KNOWN_DIFFERENCES } from "./known-differences.ts";

/**
 * Compares what an allocator answers with what the Go target allocator was recorded to answer: whole JSON values, target
 * lists as sets, without what is known to differ.
 */

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

/** Everything recorded of one allocator. */
export interface Answers {
  readonly scrape_configs: JsonObject;
  readonly jobs: JsonObject;
  /** Job → collector → targets, from the route without collector_id. */
  readonly targets: Readonly<Record<string, Readonly<Record<string, readonly Json[]>>>>;
  /** The same from the routes with collector_id. */
  readonly by_collector: Readonly<Record<string, Readonly<Record<string, readonly Json[]>>>>;
  readonly readyz: number;
}

/** The answer of a route, of either side, without what differs in its text. */
function parsed(text: string): Json {
  return JSON.parse(KNOWN_DIFFERENCES.reduce((mended, { inText }) => inText?.(mended) ?? mended, text)) as Json;
}

/** Asks a running allocator for everything that was recorded. */
export async function readAnswers(url: string): Promise<Answers> {
  const get = async (path: string): Promise<Json> => {
    const response = await fetch(url + path, { headers: { accept: "application/json" } });
    return parsed(await response.text());
  };
  const jobs = (await get("/jobs")) as Readonly<Record<string, { readonly _link: string }>>;
  const targets: Record<string, Record<string, readonly Json[]>> = {};
  const byCollector: Record<string, Record<string, readonly Json[]>> = {};
  for (const [job, { _link: link }] of Object.entries(jobs)) {
    const all = (await get(link)) as Readonly<Record<string, { readonly targets: readonly Json[] }>>;
    targets[job] = Object.fromEntries(Object.entries(all).map(([name, share]) => [name, share.targets]));
    const shares = Object.keys(all).map(async (name): Promise<[string, readonly Json[]]> => {
      const share = await get(`${link}?collector_id=${encodeURIComponent(name)}`);
      return [name, share as readonly Json[]];
    });
    byCollector[job] = Object.fromEntries(await Promise.all(shares));
  }
  return {
    scrape_configs: (await get("/scrape_configs")) as JsonObject,
    jobs,
    targets,
    by_collector: byCollector,
    readyz: (await fetch(`${url}/readyz`)).status,
  };
}

/** In words, how the answers differ; empty when they agree. */
export function differences(recorded: Answers, got: Answers, name: string): readonly string[] {
  const want = parsed(JSON.stringify(recorded)) as unknown as Answers;
  const found: string[] = [];
  const compare = (what: string, a: unknown, b: unknown): void => {
    const [wanted, seen] = [canonical(a), canonical(b)];
    if (wanted !== seen) found.push(`${what}: want ${wanted.slice(0, 400)} got ${seen.slice(0, 400)}`);
  };
  compare("readyz", want.readyz, got.readyz);
  compare("jobs", want.jobs, got.jobs);
  for (const job of new Set([...Object.keys(want.scrape_configs), ...Object.keys(got.scrape_configs)])) {
    compare(`scrape_configs[${job}]`, comparableJob(want.scrape_configs[job]), comparableJob(got.scrape_configs[job]));
  }
  const special = KNOWN_DIFFERENCES.find(({ shares }) => shares !== undefined && name.includes(shares.of))?.shares;
  const shares = (share: Readonly<Record<string, readonly Json[]>> | undefined): unknown =>
    special === undefined ? share : special.compared(share ?? {});
  for (const view of ["targets", "by_collector"] as const) {
    for (const job of Object.keys(want[view])) {
      compare(`${view}[${job}]`, shares(want[view][job]), shares(got[view][job]));
    }
  }
  return found;
}

function comparableJob(job: Json | undefined): unknown {
  if (job === undefined) return undefined;
  const plain = structuredClone(job) as Record<string, Record<string, Json>[] | undefined>;
  for (const { inJob } of KNOWN_DIFFERENCES) inJob?.(plain);
  return plain;
}

const IGNORED_LABELS: ReadonlySet<string | undefined> = new Set(KNOWN_DIFFERENCES.map(({ label }) => label));

/** One text for all values that count as equal: keys sorted, lists as sets, some labels left out. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).toSorted().join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const entries = Object.entries(value)
    .filter(([key]) => !IGNORED_LABELS.has(key))
    .map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`);
  return `{${entries.toSorted().join(",")}}`;
}
