import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { changeShort, changeSorted, sortInSlices } from "../../src/allocator/sorted-list.ts";
import { WORK, WorkSlice } from "../../src/allocator/work-slice.ts";

const byNumber = (a: number, b: number): number => a - b;
const bySize = (a: Item, b: Item): number => a.size - b.size;

/** Equal for the order, and still not the same. */
interface Item {
  readonly size: number;
}

function finish<T>(work: Generator<undefined, T>): { readonly result: T; readonly yields: number } {
  let yields = 0;
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return { result: step.value, yields };
    yields++;
  }
}

describe("sortInSlices", () => {
  it("sorts lists of any length", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 3000, size: "max" }), (items) => {
        const { result } = finish(sortInSlices(items, byNumber, new WorkSlice()));
        expect(result).toEqual(items.toSorted(byNumber));
      }),
      { numRuns: 30 },
    );
  });

  it("keeps equal items in their order", () => {
    const items = Array.from({ length: 2000 }, (_, i) => ({ size: i % 3, at: i }));
    const { result } = finish(sortInSlices(items, bySize, new WorkSlice()));
    expect(result).toEqual(items.toSorted(bySize));
  });

  it("yields while it sorts a long list", () => {
    const items = Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 100_000);
    expect(finish(sortInSlices(items, byNumber, new WorkSlice())).yields).toBeGreaterThan(100);
  });
});

describe("changeSorted", () => {
  const anyNumbers = fc.uniqueArray(fc.integer({ min: 0, max: 60 }));

  it("is the list without what was removed and with what was added", () => {
    fc.assert(
      fc.property(anyNumbers, anyNumbers, fc.nat(), (list, added, seed) => {
        const sorted = list.toSorted(byNumber);
        const removed = list.filter((n) => (n + seed) % 3 === 0);
        const fresh = added.filter((n) => !list.includes(n) || removed.includes(n));
        const { result } = finish(changeSorted(sorted, { removed, added: fresh }, byNumber, new WorkSlice()));
        const rest = list.filter((n) => !removed.includes(n));
        expect(result).toEqual([...rest, ...fresh].toSorted(byNumber));
      }),
    );
  });

  it("is the same in one go", () => {
    const anyItems = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 12 });
    fc.assert(
      fc.property(anyItems, anyItems, anyItems, (sizes, added, back) => {
        const list = [...new Set(sizes)].toSorted(byNumber).map((size): Item => ({ size }));
        const fresh = [...new Set(added)].map((size): Item => ({ size }));
        // Of those that go, some come back as they are, and what came may go again.
        const replaced = list.filter(({ size }) => added.includes(size) || back.includes(size));
        const momentary = back.slice(0, 3).map((size): Item => ({ size }));
        const change = { removed: [...replaced, ...momentary], added: [...momentary, ...fresh] };
        const { result } = finish(changeSorted(list, change, bySize, new WorkSlice()));
        const inOneGo = changeShort(list, change, bySize);
        expect(inOneGo === list).toBe(result === list);
        expect(inOneGo.map((item) => [...list, ...fresh].indexOf(item))).toEqual(
          result.map((item) => [...list, ...fresh].indexOf(item)),
        );
      }),
    );
  });

  it("is the list itself when items only change places with equal ones", () => {
    const list: readonly Item[] = [{ size: 1 }, { size: 2 }, { size: 3 }];
    const change = { removed: [list[2] as Item, list[0] as Item], added: [{ size: 1 }, { size: 3 }] };
    expect(finish(changeSorted(list, change, bySize, new WorkSlice())).result).toBe(list);
  });

  it("puts a new item in the place of an equal one", () => {
    const list: readonly Item[] = [{ size: 1 }, { size: 2 }];
    const fresh = { size: 2 };
    const change = { removed: list, added: [fresh] };
    expect(finish(changeSorted(list, change, bySize, new WorkSlice())).result).toEqual([fresh]);
  });

  it("yields while it finds that a long list has not changed", () => {
    const list = Array.from({ length: 20_000 }, (_, size): Item => ({ size }));
    const change = { removed: list, added: list.map(({ size }): Item => ({ size })) };
    const { result, yields } = finish(changeSorted(list, change, bySize, new WorkSlice()));
    expect(result).toBe(list);
    expect(yields).toBeGreaterThan(20);
  });

  it("is the list itself when what was added is gone again", () => {
    const [old, momentary] = [{ size: 1 }, { size: 2 }];
    const list: readonly Item[] = [old];
    const change = { removed: [momentary], added: [momentary] };
    expect(finish(changeSorted(list, change, bySize, new WorkSlice())).result).toBe(list);
  });

  it("yields while it changes a long list", () => {
    const list = Array.from({ length: 50_000 }, (_, i) => i);
    const removed = list.filter((i) => i % 2 === 0);
    const { result, yields } = finish(changeSorted(list, { removed, added: [] }, byNumber, new WorkSlice()));
    expect(result).toHaveLength(25_000);
    expect(yields).toBeGreaterThan(10);
  });
});

describe("WorkSlice", () => {
  it("is used up after 250 processed targets, and begins anew", () => {
    const slice = new WorkSlice();
    for (let round = 0; round < 3; round++) {
      const spent = Array.from({ length: 250 }, () => slice.spend(WORK.process));
      expect(spent.indexOf(true)).toBe(249);
    }
  });
});
