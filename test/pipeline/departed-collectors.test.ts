import { describe, expect, it } from "@jest/globals";
import { DepartedCollectors } from "../../src/pipeline/departed-collectors.ts";
import { snapshotOf } from "../support/allocation-snapshot.ts";

const passed = (departed: DepartedCollectors, ...collectors: readonly string[]): void =>
  departed.passed(snapshotOf({ collectors }));

describe("departed collectors", () => {
  it("are those that were there before", () => {
    const departed = new DepartedCollectors();
    passed(departed, "a", "b");
    passed(departed, "b");
    expect(["a", "b", "c"].filter((name) => departed.has(name))).toEqual(["a"]);
  });

  it("are forgotten when they come back", () => {
    const departed = new DepartedCollectors();
    passed(departed, "a");
    passed(departed);
    passed(departed, "a");
    expect(departed.has("a")).toBe(false);
  });

  it("are as many as ten thousand; the first to leave are forgotten first", () => {
    const departed = new DepartedCollectors();
    passed(departed, "first");
    passed(departed, ...Array.from({ length: 10_000 }, (_, i) => `c${String(i)}`));
    expect(departed.has("first")).toBe(true);
    passed(departed);
    expect([departed.has("first"), departed.has("c0"), departed.has("c9999")]).toEqual([false, true, true]);
  });
});
