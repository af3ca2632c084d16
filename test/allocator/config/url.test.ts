import { describe, expect, it } from "@jest/globals";

import { normalizedUrl, originOf, withMaskedPassword } from "../../../src/allocator/config/url.ts";

describe("normalizedUrl", () => {
  it.each<{ text: string; want: string }>([
    { text: "", want: "" },
    { text: "HTTP://Host/Path", want: "http://Host/Path" },
    { text: "http://h/a b/ü?q=x y#f g", want: "http://h/a%20b/%C3%BC?q=x y#f%20g" },
    { text: "http://h/%2F", want: "http://h/%2F" },
    { text: "//h/p", want: "//h/p" },
    { text: "mailto:x", want: "mailto:x" },
    { text: "http://u:p@[::1]:80/", want: "http://u:p@[::1]:80/" },
  ])("prints $text as $want", ({ text, want }) => {
    expect(normalizedUrl(text)).toBe(want);
  });

  it.each<{ text: string; problem: RegExp }>([
    { text: ":x", problem: /scheme is missing/ },
    { text: "1:30", problem: /has a colon/ },
    { text: "http://h:x/", problem: /port is not a number/ },
    { text: "http://a b/", problem: /host has a character/ },
    { text: "http://h/%zz", problem: /hex digits/ },
    { text: "http://h/\n", problem: /control character/ },
  ])("refuses $text", ({ text, problem }) => {
    expect(normalizedUrl(text)).toEqual({ problem: expect.stringMatching(problem) as unknown });
  });
});

describe("withMaskedPassword", () => {
  it.each<{ url: string; want: string }>([
    { url: "http://u:p@h/x", want: "http://u:xxxxx@h/x" },
    { url: "http://:p@h", want: "http://:xxxxx@h" },
    { url: "http://u:p:q@h", want: "http://u:xxxxx@h" },
    { url: "http://u@h", want: "http://u@h" },
    { url: "http://h/u:p@x", want: "http://h/u:p@x" },
  ])("shows $url as $want", ({ url, want }) => {
    expect(withMaskedPassword(url)).toBe(want);
  });
});

describe("originOf", () => {
  it("knows scheme and host of absolute URLs only", () => {
    expect(originOf("HTTPS://u:p@h:1/x")).toEqual({ scheme: "https", host: "h:1" });
    expect(originOf("http://")).toBeUndefined();
    expect(originOf("/path")).toBeUndefined();
  });
});
