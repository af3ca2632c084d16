import { describe, expect, it } from "@jest/globals";

import { Turns } from "../../../src/kube/client-node/turns.ts";
import { settle } from "../../support/fake-clock.ts";

describe("Turns", () => {
  it("lets so many go on, and the others in their order, one for each that ends", async () => {
    const turns = new Turns(2);
    const ends: (() => void)[] = [];
    const order: number[] = [];
    const go = async (index: number): Promise<void> => {
      ends.push(await turns.take(undefined));
      order.push(index);
    };
    for (let index = 0; index < 5; index += 1) {
      void go(index);
    }
    await settle();
    expect(order).toEqual([0, 1]);
    ends.shift()?.();
    await settle();
    expect(order).toEqual([0, 1, 2]);
    for (const end of ends.splice(0)) end();
    await settle();
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it("forgets whoever gives up waiting", async () => {
    const turns = new Turns(1);
    const end = await turns.take(undefined);
    const giveUp = new AbortController();
    const waiting = turns.take(giveUp.signal);
    const next = turns.take(undefined);
    giveUp.abort(new Error("no more"));
    await expect(waiting).rejects.toThrow("no more");
    end();
    const endNext = await next;
    endNext();
    await expect(turns.take(undefined)).resolves.toBeInstanceOf(Function);
    await expect(turns.take(AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
  });
});
