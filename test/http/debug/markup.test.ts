import { describe, expect, it } from "@jest/globals";
import { markup } from "../../../src/http/debug/markup.ts";

describe("markup", () => {
  it.each([
    ["escapes text", markup`<a href="${"\"'<>&"}">`, '<a href="&#34;&#39;&lt;&gt;&amp;">'],
    ["keeps html", markup`<p>${markup`<b>${"<"}</b>`}</p>`, "<p><b>&lt;</b></p>"],
    ["joins lists", markup`${["<", markup`<i>`]}`, "&lt;<i>"],
    ["writes numbers for readers", markup`${1234567}`, "1,234,567"],
    ["leaves undefined out", markup`a${undefined}b`, "ab"],
  ])("%s", (_name, { text }, want) => {
    expect(text).toBe(want);
  });
});
