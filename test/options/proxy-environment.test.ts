import { describe, expect, it } from "@jest/globals";

import { readProxyEnvironment } from "../../src/options/proxy-environment.ts";

describe("readProxyEnvironment", () => {
  it.each([
    { name: "nothing", env: {}, proxies: { httpProxy: "", httpsProxy: "", noProxy: "" } },
    {
      name: "upper case",
      env: { HTTP_PROXY: "http://a", HTTPS_PROXY: "http://b", NO_PROXY: "c" },
      proxies: { httpProxy: "http://a", httpsProxy: "http://b", noProxy: "c" },
    },
    {
      name: "lower case",
      env: { http_proxy: "http://a", https_proxy: "http://b", no_proxy: "c" },
      proxies: { httpProxy: "http://a", httpsProxy: "http://b", noProxy: "c" },
    },
    {
      name: "upper case before lower case, unless it is empty",
      env: { HTTP_PROXY: "http://A", http_proxy: "http://a", NO_PROXY: "", no_proxy: "c" },
      proxies: { httpProxy: "http://A", httpsProxy: "", noProxy: "c" },
    },
  ])("reads $name", ({ env, proxies }) => {
    expect(readProxyEnvironment(env)).toEqual(proxies);
  });
});
