import { describe, expect, it } from "@jest/globals";
import { EventEmitter } from "node:events";
import { stopSignal } from "../../src/commands/signals.ts";

describe("stopSignal", () => {
  it.each(["SIGINT", "SIGTERM"])("is aborted by the first %s and leaves later ones to the system", (name) => {
    const source = new EventEmitter();
    const signal = stopSignal(source);
    expect(signal.aborted).toBe(false);
    source.emit(name);
    expect(signal.aborted).toBe(true);
    expect([source.listenerCount("SIGINT"), source.listenerCount("SIGTERM")]).toEqual([0, 0]);
  });
});
