import { describe, expect, it } from "@jest/globals";

import { isFieldSelector, isLabelSelector } from "../../../src/allocator/config/selector-syntax.ts";

describe("isLabelSelector", () => {
  it.each([
    "",
    "a",
    "!a",
    "a=b",
    "a==b",
    "a!=b",
    "a=",
    "a=b,c!=d",
    "a in (b,c)",
    "a in (b, c),!d,e=f",
    "a notin (x)",
    "foo.io/bar=baz",
    "a>1",
  ])("takes %j", (text) => {
    expect(isLabelSelector(text)).toBe(true);
  });

  it.each(["=", "a b", "a=b=c", "a in b", "a in (b", "-a=b", "a=b c", "Foo.io/x/y=z", ","])("refuses %j", (text) => {
    expect(isLabelSelector(text)).toBe(false);
  });
});

describe("isFieldSelector", () => {
  it.each(["", "metadata.name=x", "a=b,c!=d", "status.phase==Running", "a="])("takes %j", (text) => {
    expect(isFieldSelector(text)).toBe(true);
  });

  it.each(["abc", "a=b,c"])("refuses %j", (text) => {
    expect(isFieldSelector(text)).toBe(false);
  });
});
