import { describe, expect, it } from "@jest/globals";
import { errorCode, errorMessage, errorStack } from "../../src/observability/error-text.ts";

class CodedError extends Error {
  readonly code = "KUBE_CONFLICT";
}

const loop = new Error("a");
loop.cause = new Error("b", { cause: loop });

describe("errorMessage", () => {
  it.each<{ name: string; error: unknown; want: string }>([
    { name: "the message", error: new Error("refused"), want: "refused" },
    { name: "the class when there is no message", error: new TypeError(), want: "TypeError" },
    {
      name: "causes, from the outside to the inside",
      error: new Error("applying Service a/b", { cause: new Error("PATCH", { cause: new Error("refused") }) }),
      want: "applying Service a/b: PATCH: refused",
    },
    {
      name: "no cause that is told already",
      error: new Error("applying Service a/b: refused", { cause: new Error("refused") }),
      want: "applying Service a/b: refused",
    },
    {
      name: "only the rest of a cause that begins with what is told already",
      error: new Error("listing pods: refused", {
        cause: new Error("listing pods: refused", { cause: new Error("connect 10.0.0.1:443") }),
      }),
      want: "listing pods: refused: connect 10.0.0.1:443",
    },
    { name: "a cause that is no error", error: new Error("a", { cause: "b" }), want: "a: b" },
    {
      name: "all errors of an aggregate",
      error: new AggregateError([new Error("a"), new Error("b", { cause: new Error("c") })], "2 failed"),
      want: "2 failed: a; b: c",
    },
    { name: "an aggregate without errors", error: new AggregateError([], "none"), want: "none" },
    {
      name: "the first of very many errors",
      error: new AggregateError(
        Array.from({ length: 12 }, (_, index) => new Error(`e${index}`)),
        "12 failed",
      ),
      want: "12 failed: e0; e1; e2; e3; e4; e5; e6; e7; e8; e9; and 2 more",
    },
    { name: "ten causes of a circle", error: loop, want: "a: b: a: b: a: b: a: b: a: b: a" },
    { name: "a thrown string", error: "refused", want: "refused" },
    { name: "a thrown undefined", error: undefined, want: "undefined" },
  ])("tells $name", ({ error, want }) => {
    expect(errorMessage(error)).toBe(want);
  });
});

describe("errorStack", () => {
  it("tells the stack of the error and of its causes", () => {
    const stack = errorStack(new Error("outer", { cause: new TypeError("inner") }));
    expect(stack).toMatch(/^Error: outer\n {4}at [^]*\ncaused by: TypeError: inner\n {4}at /);
  });
  it("has an end when causes stand in a circle", () => {
    expect(errorStack(loop)?.match(/caused by/g)).toHaveLength(9);
  });
  it("is undefined for what is no error", () => {
    expect(errorStack("refused")).toBeUndefined();
  });
});

describe("errorCode", () => {
  it.each<{ name: string; error: unknown; want: string | undefined }>([
    { name: "its own", error: new CodedError("a"), want: "KUBE_CONFLICT" },
    { name: "that of the nearest cause", error: new Error("a", { cause: new CodedError("b") }), want: "KUBE_CONFLICT" },
    { name: "none", error: new Error("a", { cause: new Error("b") }), want: undefined },
    { name: "none of a circle", error: loop, want: undefined },
    { name: "none of a string", error: "a", want: undefined },
  ])("is $name", ({ error, want }) => {
    expect(errorCode(error)).toBe(want);
  });
});
