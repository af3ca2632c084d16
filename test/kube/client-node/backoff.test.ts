import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { Backoff } from "../../../src/kube/client-node/backoff.ts";

describe("a back-off", () => {
  it.each<{ name: string; chance: number; want: readonly number[] }>([
    {
      name: "at its longest",
      chance: 0.999999,
      want: [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000],
    },
    { name: "at its shortest", chance: 0, want: [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000] },
  ])("doubles up to 30 seconds, $name", ({ chance, want }) => {
    const backoff = new Backoff({ random: () => chance });
    expect(want.map(() => Math.round(backoff.next()))).toEqual(want);
  });

  it("begins anew after a reset", () => {
    const backoff = new Backoff({ random: () => 0 });
    for (let attempt = 0; attempt < 50; attempt++) backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  it("stays between half and all of its step, whatever the chance", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (chances) => {
        const remaining = [...chances];
        const backoff = new Backoff({ firstMs: 100, longestMs: 5_000, random: () => remaining.shift() ?? 0 });
        for (const [attempt] of chances.entries()) {
          const full = Math.min(5_000, 100 * 2 ** attempt);
          const wait = backoff.next();
          expect(wait).toBeGreaterThanOrEqual(full / 2);
          expect(wait).toBeLessThanOrEqual(full);
        }
      }),
    );
  });
});
