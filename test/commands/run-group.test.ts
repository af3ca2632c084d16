import { describe, expect, it } from "@jest/globals";
import { explainFailure } from "../../src/commands/failure.ts";
import { ConfigError } from "../../src/options/config-error.ts";
import { type Actor, runGroup } from "../../src/commands/run-group.ts";

const never = new AbortController().signal;

const untilAborted: Actor = async (signal) =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

const rejectsWhenAborted: Actor = async (signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

describe("runGroup", () => {
  it("stops all actors when the parent is aborted", async () => {
    const parent = new AbortController();
    const group = runGroup(parent.signal, { a: untilAborted, b: rejectsWhenAborted });
    parent.abort();
    await expect(group).resolves.toBeUndefined();
  });

  it("stops the others when one ends", async () => {
    await expect(runGroup(never, { a: untilAborted, b: async () => {} })).resolves.toBeUndefined();
  });

  it("names the actors that failed, and waits for the others", async () => {
    let released = false;
    const group = runGroup(never, {
      "http server": async () => {
        throw new Error("port in use");
      },
      slow: async (signal) => {
        await untilAborted(signal);
        released = true;
        throw new Error("could not release");
      },
    });
    const error: unknown = await group.catch((reason: unknown) => reason);
    expect(released).toBe(true);
    expect(explainFailure(error)).toBe("http server failed: port in use\nslow failed: could not release");
  });
});

describe("explainFailure", () => {
  it.each<{ name: string; error: unknown; want: string }>([
    { name: "says the message", error: new Error("a"), want: "a" },
    { name: "adds causes", error: new Error("a", { cause: new Error("b", { cause: "c" }) }), want: "a: b: c" },
    {
      name: "takes an error with a code as complete",
      error: new Error("a", { cause: new ConfigError(["b"], { cause: new Error("c") }) }),
      want: "a: invalid configuration:\n- b",
    },
  ])("$name", ({ error, want }) => {
    expect(explainFailure(error)).toBe(want);
  });
});
