import { readFileSync } from "node:fs";

import { describe, expect, it } from "@jest/globals";

import { createProxyRule } from "../../../src/discovery/http-client/proxy-rules.ts";
import type { ProxySettings } from "../../../src/discovery/http-client/settings.ts";

/** For each list of exceptions, the port of the proxy that Go takes for each URL; null for none. */
const [URLS, ...ANSWERS] = JSON.parse(
  readFileSync(new URL("testdata/go-no-proxy.json", import.meta.url), "utf8"),
) as readonly [readonly string[], ...{ readonly noProxy: string; readonly proxyPorts: readonly (string | null)[] }[]];

const NONE = { httpProxy: "", httpsProxy: "", noProxy: "" };

function settings(changes: Partial<ProxySettings> = {}): ProxySettings {
  return { url: "", noProxy: "", fromEnvironment: false, connectHeaders: {}, ...changes };
}

describe("proxies from the environment", () => {
  it.each(ANSWERS)("with the exceptions $noProxy are those that Go takes", ({ noProxy, proxyPorts }) => {
    const environment = { httpProxy: "http://proxy:1", httpsProxy: "http://proxy:2", noProxy };
    const rule = createProxyRule(settings({ fromEnvironment: true }), environment);
    expect(URLS.map((url) => rule(new URL(url))?.port ?? null)).toEqual(proxyPorts);
  });

  it("are not taken when the settings do not say so", () => {
    const rule = createProxyRule(settings(), { ...NONE, httpProxy: "http://proxy:1" });
    expect(rule(new URL("http://example.com"))).toBeUndefined();
  });

  it("can be written without a scheme", () => {
    const rule = createProxyRule(settings({ fromEnvironment: true }), { ...NONE, httpProxy: "user:pass@proxy:3128" });
    expect(rule(new URL("http://example.com"))?.href).toBe("http://user:pass@proxy:3128/");
    expect(rule(new URL("https://example.com"))).toBeUndefined();
  });
});

describe("proxy_url", () => {
  it("is for every host, this machine too", () => {
    const rule = createProxyRule(settings({ url: "http://proxy:1" }), NONE);
    const hosts = ["http://example.com", "https://example.com", "http://localhost", "http://127.0.0.1"];
    expect(hosts.map((url) => rule(new URL(url))?.host)).toEqual(hosts.map(() => "proxy:1"));
  });

  it("is not for this machine when there are exceptions", () => {
    const rule = createProxyRule(settings({ url: "http://proxy:1", noProxy: "other.com" }), NONE);
    const urls = [
      "http://example.com",
      "https://example.com",
      "http://localhost",
      "http://127.0.0.1",
      "http://a.other.com",
    ];
    expect(urls.map((url) => rule(new URL(url))?.host)).toEqual([
      "proxy:1",
      "proxy:1",
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each([
    { url: "https://proxy:1", taken: "https:" },
    { url: "socks5://proxy:1", taken: "socks5:" },
    { url: "socks5h://proxy:1", taken: "socks5:" },
  ])("$url is taken", ({ url, taken }) => {
    expect(createProxyRule(settings({ url }), NONE)(new URL("http://example.com"))?.protocol).toBe(taken);
  });

  it.each(["ftp://proxy", "http://", "http://[proxy"])("%s is refused", (url) => {
    expect(() => createProxyRule(settings({ url }), NONE)).toThrow("must be an http, https or socks5 URL with a host");
  });
});
