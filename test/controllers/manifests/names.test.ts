import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import {
  allocatorName,
  collectorConfigMapName,
  collectorName,
  dnsName,
  headlessServiceName,
  portName,
  truncate,
} from "../../../src/controllers/manifests/names.ts";

const LONG = "a-very-long-name-that-goes-on-and-on-and-on-until-it-hits-the-dns-limit";

describe("truncate", () => {
  it.each([
    { name: "keeps what fits", args: ["%s.%s", "shop", "main"], want: "shop.main" },
    { name: "strips non-alphanumerics at the ends of what fits", args: ["%s-x-", "-a"], want: "a-x" },
    {
      name: "shortens the first text by the excess",
      args: ["%s.%s", "n".repeat(40), "m".repeat(40)],
      want: `${"n".repeat(22)}.${"m".repeat(40)}`,
    },
    {
      name: "drops the first text when it is too short, and shortens the next",
      args: ["%s.%s", "n".repeat(4), "m".repeat(80)],
      want: "m".repeat(62),
    },
    { name: "cuts what is still too long, ends and all", args: [`${"-".repeat(70)}%s`, "x"], want: "-".repeat(63) },
  ])("$name", ({ args: [format = "", ...texts], want }) => {
    expect(truncate(format, ...texts)).toBe(want);
  });
});

describe("dnsName", () => {
  it.each([
    ["Foo.Bar", "foo-bar"],
    ["foo-", "fooa"],
    [".foo", "afoo"],
    ["a_b", "a-b"],
  ])("turns %s into %s", (text, want) => {
    expect(dnsName(text)).toBe(want);
  });
});

describe("portName", () => {
  it.each([
    { name: "keeps a short name", id: "otlp-grpc", want: "otlp-grpc" },
    { name: "replaces slashes and underscores", id: "otlp/a_b", want: "otlp-a-b" },
    { name: "numbers what is too long", id: "a-name-that-is-long", want: "port-80" },
    { name: "numbers what no port may be called", id: "otlp/", want: "port-80" },
    { name: "numbers upper case", id: "OTLP", want: "port-80" },
  ])("$name", ({ id, want }) => {
    expect(portName(id, 80)).toBe(want);
  });
});

describe("names of objects", () => {
  it.each([
    ["collector", collectorName(LONG), "a-very-long-name-that-goes-on-and-on-and-on-until-it--collector"],
    ["headless Service", headlessServiceName(LONG), "a-very-long-name-that-goes-on-and-on-and-on-until-it---headless"],
    ["allocator", allocatorName(LONG), "a-very-long-name-that-goes-on-and-on-and-on-unt-targetallocator"],
    [
      "ConfigMap",
      collectorConfigMapName(LONG, "86f811d9107a"),
      "a-very-long-name-that-goes-on-and-on-and-on--collector-86f811d9",
    ],
  ])("of a long resource, the %s's as the Go operator names it", (_kind, name, want) => {
    expect(name).toBe(want);
  });

  it("are at most 63 characters, of what DNS allows", () => {
    const resourceName = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,120}[a-z0-9])?$/);
    fc.assert(
      fc.property(resourceName, (name) => {
        for (const made of [collectorName(name), headlessServiceName(name), allocatorName(name)]) {
          expect(made).toMatch(/^[a-z0-9][-a-z0-9]{0,61}[a-z0-9]$/);
        }
      }),
    );
  });
});
