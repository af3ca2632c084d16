import { describe, expect, it } from "@jest/globals";
import { labelsOf } from "../../../src/allocator/labels/labels-builder.ts";
import { builderOrderHash } from "../../../src/allocator/targets/builder-order-hash.ts";
import { job, type JobFields, rule } from "../../support/allocations.ts";

const hashOf = (
  own: Readonly<Record<string, string>>,
  fields: JobFields,
  group: Readonly<Record<string, string>> = {},
): bigint =>
  builderOrderHash(job(fields), { groupLabels: labelsOf(group), ownLabels: labelsOf(own), address: "unused" });

const set = (targetLabel: string, replacement: string): ReturnType<typeof rule> => rule({ targetLabel, replacement });
const copy = (from: string, to: string): ReturnType<typeof rule> => rule({ sourceLabels: [from], targetLabel: to });
const team = { __address__: "10.0.0.1:9100", team: "web" };
const prod = { env: "prod" };
const address = { __address__: "10.0.0.1:9100" };

describe("builderOrderHash", () => {
  it.each<[string, Record<string, string>, JobFields, bigint]>([
    ["one label", { test_label: "test-value" }, { name: "test-job", filtering: false }, 11170662653441480747n],
    ["another value", { test_label: "test-value2" }, { name: "test-job", filtering: false }, 5467859392755170604n],
    ["another job", { test_label: "test-value2" }, { name: "test-job2", filtering: false }, 1641186170520627519n],
    ["a UTF-8 name", { é: "ü" }, { name: "j", filtering: false }, 9083090709693047294n],
    ["two labels", team, { name: "demo", filtering: false }, 17066324477792460103n],
    ["seeds", team, { name: "demo" }, 6642800849416467617n],
    ["seeds and a meta label", { ...team, __meta_kubernetes_namespace: "x" }, { name: "demo" }, 6642800849416467617n],
    ["a label set by a rule", team, { name: "demo", rules: [set("ns", "prod")] }, 11436220627912508291n],
    ["a label overwritten by a rule", team, { name: "demo", rules: [set("team", "ops")] }, 13046503546579398645n],
  ])("reproduces the Go allocator's number for %s", (_name, own, fields, want) => {
    expect(hashOf(own, fields)).toBe(want);
  });

  it.each<[string, readonly (readonly [string, string])[], bigint]>([
    [
      "by name",
      [
        ["__param_a", "1"],
        ["__param_b", "2"],
      ],
      9363844411456159411n,
    ],
    [
      "the other way round",
      [
        ["__param_b", "2"],
        ["__param_a", "1"],
      ],
      7946607739928335741n,
    ],
  ])("depends on the order of the parameters: %s", (_name, params, want) => {
    const { seeds } = job({ name: "demo" });
    expect(hashOf(team, { name: "demo", seeds: [...seeds, ...params] })).toBe(want);
  });

  it.each<[string, JobFields, bigint]>([
    ["without filtering", { filtering: false }, 3208396987087568248n],
    ["with seeds", {}, 12944315527239959951n],
    ["with a copied address", { rules: [copy("__address__", "addr_copy")] }, 437720082879703196n],
    [
      "of a blackbox probe",
      {
        rules: [
          copy("__address__", "__param_target"),
          copy("__param_target", "instance"),
          set("__address__", "blackbox:9115"),
        ],
      },
      16131697346531491188n,
    ],
  ])("reproduces the number of a target with group labels %s", (_name, fields, want) => {
    expect(hashOf(address, { name: "vec", ...fields }, prod)).toBe(want);
  });
});
