import { describe, expect, it } from "@jest/globals";

import { addressesIn } from "../../../src/discovery/ovhcloud/addresses.ts";

describe("addressesIn", () => {
  it.each<{ name: string; list: readonly string[]; want: unknown }>([
    { name: "takes networks of one address", list: ["1.2.3.4/32"], want: { ipv4: "1.2.3.4", ipv6: "" } },
    {
      name: "takes addresses by themselves, IPv6 in its usual form",
      list: ["1.2.3.4", "2001:0DB8:0000::0001"],
      want: { ipv4: "1.2.3.4", ipv6: "2001:db8::1" },
    },
    {
      name: "passes over larger networks",
      list: ["1.2.3.4/32", "2001:db8::1/64", "5.6.0.0/16"],
      want: { ipv4: "1.2.3.4", ipv6: "" },
    },
    { name: "takes the last of a family", list: ["1.1.1.1", "2.2.2.2"], want: { ipv4: "2.2.2.2", ipv6: "" } },
    {
      name: "passes over what means no address",
      list: ["0.0.0.0", "::", "1.1.1.1"],
      want: { ipv4: "1.1.1.1", ipv6: "" },
    },
    { name: "finds nothing in an empty list", list: [], want: undefined },
    { name: "finds nothing where there are only networks", list: ["2001:db8::/56"], want: undefined },
    { name: "trusts no list with something else in it", list: ["1.1.1.1", "x"], want: undefined },
    { name: "trusts no list with a broken network", list: ["1.1.1.1/x"], want: undefined },
  ])("$name", ({ list, want }) => {
    expect(addressesIn(list)).toEqual(want);
  });
});
