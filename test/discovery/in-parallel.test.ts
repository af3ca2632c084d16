import { describe, expect, it } from "@jest/globals";

import { inParallel } from "../../src/discovery/in-parallel.ts";

/** Work that ends when it is told to. */
function controlled(): { run: (item: number) => Promise<string>; begun: number[]; end: (item: number) => void } {
  const ends = new Map<number, () => void>();
  const begun: number[] = [];
  return {
    begun,
    run: async (item) => {
      begun.push(item);
      await new Promise<void>((resolve) => ends.set(item, resolve));
      return `done ${String(item)}`;
    },
    end: (item) => ends.get(item)?.(),
  };
}

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("inParallel", () => {
  it("does so many at a time, and answers in the order of the items", async () => {
    const { run, begun, end } = controlled();
    const done = inParallel([1, 2, 3], 2, run);
    await turn();
    expect(begun).toEqual([1, 2]);
    end(2);
    await turn();
    expect(begun).toEqual([1, 2, 3]);
    end(3);
    end(1);
    expect(await done).toEqual(["done 1", "done 2", "done 3"]);
  });

  it("begins nothing more after a failure", async () => {
    const begun: number[] = [];
    const done = inParallel([1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      await turn();
      if (item === 1) throw new Error("no");
    });
    await expect(done).rejects.toThrow("no");
    await turn();
    await turn();
    expect(begun).toEqual([1, 2]);
  });

  it.each([0, -1])("does one at a time with a limit of %d", async (limit) => {
    expect(await inParallel([1, 2], limit, async (item) => item * 2)).toEqual([2, 4]);
  });

  it("has nothing to do without items", async () => {
    expect(await inParallel([], 3, async () => 1)).toEqual([]);
  });
});
