import { describe, expect, it } from "@jest/globals";
import { causedBy } from "../../../src/controllers/runtime/caused-by.ts";
import { TerminalError } from "../../../src/controllers/runtime/reconciler.ts";

const terminal = new TerminalError("bad spec");
const other = new Error("no connection");

describe("causedBy", () => {
  it.each<{ name: string; error: unknown; want: boolean }>([
    { name: "the class itself", error: terminal, want: true },
    {
      name: "a cause, however deep",
      error: new Error("a", { cause: new Error("b", { cause: terminal }) }),
      want: true,
    },
    { name: "all errors of an aggregate", error: new AggregateError([terminal, terminal]), want: true },
    { name: "some errors of an aggregate", error: new AggregateError([terminal, other]), want: false },
    { name: "an empty aggregate", error: new AggregateError([]), want: false },
    { name: "an aggregate by its cause", error: new AggregateError([], "a", { cause: terminal }), want: true },
    { name: "another error", error: other, want: false },
    { name: "a thrown string", error: "bad spec", want: false },
    { name: "nothing", error: undefined, want: false },
  ])("$name: $want", ({ error, want }) => {
    expect(causedBy(error, TerminalError)).toBe(want);
  });
});
