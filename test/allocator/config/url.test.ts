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
    { text: "http://H.É.com/p", want: "http://H.%C3%89.com/p" },
    { text: "http://u@x!:p@h", want: "http://u%40x%21:p@h" },
    { text: "http://u:p%40q%41@h", want: "http://u:p%40qA@h" },
    { text: "http://h/[x]*(!')", want: "http://h/[x]*(!')" },
    { text: "http://h/é%41", want: "http://h/%C3%A9A" },
    { text: "http://h/a?b#", want: "http://h/a?b" },
    { text: "http://h/#f g%41", want: "http://h/#f%20gA" },
    { text: "x:a b?c d", want: "x:a b?c d" },
    { text: "///x", want: "///x" },
    { text: "//", want: "" },
  ])("prints $text as $want", ({ text, want }) => {
    expect(normalizedUrl(text)).toBe(want);
  });

  it.each<{ text: string; problem: RegExp }>([
    { text: ":x", problem: /scheme is missing/ },
    { text: "1:30", problem: /has a colon/ },
    { text: "http://h:x/", problem: /port is not a number/ },
    { text: "http://a b/", problem: /host has a character/ },
    { text: "http://h/%zz", problem: /hex digits/ },
    { text: "http://h%41/", problem: /escaped ASCII character/ },
    { text: "http://u é@h/", problem: /user name or password has a character that must be escaped/ },
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
    { url: "http://h:80/u:p@x", want: "http://h:80/u:p@x" },
    { url: "http://u:p@ss@h", want: "http://u:xxxxx@h" },
    { url: "http://u:p/w?r#d@h", want: "http://u:xxxxx@h" },
    { url: "//u:p@h", want: "//u:xxxxx@h" },
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
