import { describe, expect, it } from "@jest/globals";

import { nameCandidates, parseResolverConfig } from "../../../src/discovery/dns/resolver-config.ts";

describe("parseResolverConfig", () => {
  it.each<{ name: string; text: string; config: Partial<ReturnType<typeof parseResolverConfig>> }>([
    { name: "nothing", text: "", config: { servers: [], search: [], ndots: 1 } },
    {
      name: "what Kubernetes writes",
      text: "nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n",
      config: {
        servers: ["10.96.0.10"],
        search: ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local"],
        ndots: 5,
      },
    },
    {
      name: "servers in their order",
      text: "nameserver 1.1.1.1\nnameserver\t::1 # local\n",
      config: { servers: ["1.1.1.1", "::1"] },
    },
    {
      name: "comments and empty lines",
      text: "# nameserver 1.1.1.1\n; search a\n\n  nameserver 2.2.2.2",
      config: { servers: ["2.2.2.2"], search: [] },
    },
    { name: "the last of search and domain", text: "search a b\ndomain c d\n", config: { search: ["c"] } },
    { name: "the last of domain and search", text: "domain c\nsearch a b\n", config: { search: ["a", "b"] } },
    { name: "a domain without a name", text: "search a\ndomain\n", config: { search: [] } },
    { name: "options among others", text: "options rotate ndots:2 timeout:1\noptions edns0\n", config: { ndots: 2 } },
    { name: "too many dots", text: "options ndots:99", config: { ndots: 15 } },
    { name: "less than no dots", text: "options ndots:-1", config: { ndots: 0 } },
    { name: "dots that are no number", text: "options ndots:x", config: { ndots: 0 } },
  ])("reads $name", ({ text, config }) => {
    expect(parseResolverConfig(text)).toMatchObject(config);
  });
});

describe("nameCandidates", () => {
  it.each<{ name: string; ndots: number; search: readonly string[]; candidates: readonly string[] }>([
    { name: "web", ndots: 1, search: ["a.com", "com."], candidates: ["web.a.com.", "web.com.", "web."] },
    { name: "web.shop", ndots: 1, search: ["a.com"], candidates: ["web.shop.", "web.shop.a.com."] },
    { name: "web.shop", ndots: 5, search: ["a.com"], candidates: ["web.shop.a.com.", "web.shop."] },
    { name: "web.shop.", ndots: 5, search: ["a.com"], candidates: ["web.shop."] },
    { name: "web", ndots: 0, search: ["a.com"], candidates: ["web.", "web.a.com."] },
    { name: "web", ndots: 1, search: [], candidates: ["web."] },
    { name: "web", ndots: 1, search: ["."], candidates: ["web.", "web."] },
  ])("$name with ndots $ndots and search $search", ({ name, ndots, search, candidates }) => {
    expect(nameCandidates(name, { servers: [], search, ndots })).toEqual(candidates);
  });
});
