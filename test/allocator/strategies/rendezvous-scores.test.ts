import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { hashOfKey, RendezvousScores } from "../../../src/allocator/strategies/rendezvous-scores.ts";

const collectors = (count: number): string[] => Array.from({ length: count }, (_, i) => `collector-${i}`);
const winnerOf = (names: readonly string[], key: string): string | undefined =>
  names[new RendezvousScores(names).winner(hashOfKey(key))];

const anyNames = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 20 });

describe("RendezvousScores", () => {
  it.each<[string, string]>([
    ["10.0.0.1:9100", "collector-4"],
    ["10.0.0.2:9100", "collector-2"],
    ["prom.domain:9001", "collector-4"],
    ["[fd00::1]:8080", "collector-1"],
    ["", "collector-1"],
  ])("gives %j to %s of five, today and in every later version", (key, want) => {
    expect(winnerOf(collectors(5), key)).toBe(want);
  });

  it("does not depend on the order of the members", () => {
    fc.assert(
      fc.property(anyNames, fc.string(), (names, key) => {
        expect(winnerOf(names.toReversed(), key)).toBe(winnerOf(names, key));
      }),
    );
  });

  it("lets the winner of all win against any others of them", () => {
    fc.assert(
      fc.property(anyNames, fc.string(), fc.infiniteStream(fc.boolean()), (names, key, coins) => {
        const scores = new RendezvousScores(names);
        const hash = hashOfKey(key);
        const winner = scores.winner(hash);
        const others = names.flatMap((_, i) => (coins.next().value === true ? [i] : []));
        expect(scores.contest(hash, winner, others)).toBe(winner);
        expect(scores.contest(hash, others[0] ?? winner, [...others, winner])).toBe(winner);
      }),
    );
  });

  it("gives the keys of a member that leaves to each of the others", () => {
    const [all, rest] = [collectors(5), collectors(4)];
    const keys = Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:9100`);
    const heirs = Map.groupBy(
      keys.filter((key) => winnerOf(all, key) === "collector-4").map((key) => winnerOf(rest, key)),
      (heir) => heir,
    );
    expect(heirs.size).toBe(4);
    for (const inherited of heirs.values()) expect(Math.abs(inherited.length - 500)).toBeLessThan(75);
  });

  it("shares between two members whose names are equal in 32 bits", () => {
    const twins = ["collector-592759", "collector-598306"];
    const winners = Array.from({ length: 1000 }, (_, i) => winnerOf(twins, `10.0.${i >> 8}.${i & 255}:9100`));
    const first = winners.filter((winner) => winner === twins[0]).length;
    expect(first).toBeGreaterThan(430);
    expect(first).toBeLessThan(570);
  });
});
