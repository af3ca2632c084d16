import { describe, expect, it } from "@jest/globals";
import { EventBudget } from "../../../src/controllers/runtime/event-budget.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const take = (budget: EventBudget, subject: string, count: number): number =>
  Array.from({ length: count }, () => budget.take(subject)).filter(Boolean).length;

describe("EventBudget", () => {
  it("gives an object 25 events at once, then one in five minutes", async () => {
    const clock = new FakeClock();
    const budget = new EventBudget(clock);
    expect(take(budget, "a", 100)).toBe(25);
    await clock.advance(299_999);
    expect(take(budget, "a", 1)).toBe(0);
    await clock.advance(1);
    expect(take(budget, "a", 5)).toBe(1);
    await clock.advance(100 * 300_000);
    expect(take(budget, "a", 100)).toBe(25);
  });

  it("counts each object by itself", () => {
    const budget = new EventBudget(new FakeClock());
    take(budget, "a", 100);
    expect(take(budget, "b", 1)).toBe(1);
  });

  it("remembers a bounded number of objects, the latest", () => {
    const budget = new EventBudget(new FakeClock());
    take(budget, "old", 25);
    for (let index = 0; index < 4_096; index += 1) budget.take(`object ${index}`);
    expect(take(budget, "old", 1)).toBe(1);
    expect(take(budget, "object 4095", 25)).toBe(24);
  });
});
