import type { CollectorInstance } from "../collector-instance.ts";
import { hashOfKey, RendezvousScores } from "./rendezvous-scores.ts";
import { scrapeUrl } from "./scrape-url.ts";
import type { Placement, Strategy, StrategyFactory } from "./strategy.ts";

/** What a target is hashed by. */
export type RendezvousKey = "address" | "url";

/**
 * The owner is the collector that wins the target's contest, see {@link RendezvousScores}: no history, so all replicas
 * agree; even as dice are; and a change of the collectors moves what it must and no more.
 *
 * By `address`, as discovered, labels do not count, and targets of all jobs with one address share a collector. By
 * `url`, what is scraped behind one address under several paths and parameters is spread, too, and a target whose URL
 * relabelling or a changed label alters may move.
 */
export function rendezvous(key: RendezvousKey = "address"): StrategyFactory {
  const byUrl: Partial<StrategyFactory> = { keyOf: (_target, url) => url, traitOf: scrapeUrl };
  return {
    keyOf: (target) => target.address,
    hashOf: hashOfKey,
    ...(key === "url" ? byUrl : {}),
    create: (collectors, before = []) => (collectors.length === 0 ? NOBODY : contestAmong(collectors, before)),
  };
}

const NOBODY: Strategy = { placementOf: () => undefined };

function contestAmong(collectors: readonly CollectorInstance[], before: readonly CollectorInstance[]): Strategy {
  const scores = new RendezvousScores(collectors.map(({ name }) => name));
  const known = new Set(before.map(({ name }) => name));
  const indexes = new Map(collectors.map(({ name }, i) => [name, i]));
  const joined = [...indexes].flatMap(([name, i]) => (known.has(name) ? [] : [i]));
  const placementOf = (_key: string, hash: number): Placement => collectors[scores.winner(hash)];
  return {
    placementOf,
    successorOf(key, hash, owner) {
      const index = indexes.get(owner.name);
      // Whoever had the key has beaten all others that were there.
      return index === undefined ? placementOf(key, hash) : collectors[scores.contest(hash, index, joined)];
    },
  };
}
