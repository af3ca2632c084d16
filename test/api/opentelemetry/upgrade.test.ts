import { describe, expect, it } from "@jest/globals";
import { array, assert, boolean, constantFrom, integer, property, record } from "fast-check";

import { upgradeSpec, versionAfter } from "../../../src/api/opentelemetry/upgrade.ts";
import type { OpenTelemetryCollectorSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { collector, receiving } from "../../support/collectors.ts";

const NOW = "0.158.0";
type Args = Readonly<Record<string, string>>;

function specOf(options: { args?: Args; metrics?: unknown; receivers?: Readonly<Record<string, unknown>> } = {}) {
  const { config } = receiving(options.receivers ?? { otlp: {} });
  const { metrics, args } = options;
  const service = { ...config.service, ...(metrics === undefined ? {} : { telemetry: { metrics } }) };
  const spec = { ...collector().spec, config: { ...config, service }, ...(args === undefined ? {} : { args }) };
  return spec as OpenTelemetryCollectorSpec;
}

const gatesOf = ({ args }: OpenTelemetryCollectorSpec): string | undefined => args?.["feature-gates"];
const EXPANSION = "-confmap.unifyEnvVarExpansion";
const ADDRESSES = "-component.UseLocalHostAsDefaultHost";

const VERSION = integer({ min: 60, max: 160 }).map((minor) => `0.${String(minor)}.0`);

describe("upgradeSpec", () => {
  it.each<{
    name: string;
    receivers?: Readonly<Record<string, unknown>>;
    from: string;
    to: string;
    args?: Args;
    want?: string;
  }>([
    { name: "keeps addresses as they were, from 0.104 on", from: "0.103.1", to: "0.104.0", want: ADDRESSES },
    {
      name: "keeps the expansion of a prometheus receiver too",
      receivers: { "prometheus/x": {} },
      from: "0.100.0",
      to: "0.104.0",
      args: { "feature-gates": "+mine" },
      want: `+mine,${EXPANSION},${ADDRESSES}`,
    },
    {
      name: "takes the expansion back in 0.105",
      receivers: { prometheus: {} },
      from: "0.104.0",
      to: "0.105.0",
      args: { "feature-gates": `${EXPANSION},${ADDRESSES}` },
      want: ADDRESSES,
    },
    {
      name: "takes the addresses back in 0.110",
      from: "0.105.0",
      to: "0.110.0",
      args: { "feature-gates": `${ADDRESSES},+mine` },
      want: "+mine",
    },
    { name: "leaves no empty argument", from: "0.104.0", to: NOW, args: { "feature-gates": ADDRESSES } },
    { name: "comes to nothing over all these versions", from: "0.61.0", to: NOW },
  ])("$name", ({ receivers = { otlp: {} }, from, to, args, want }) => {
    const { spec } = upgradeSpec(specOf({ receivers, ...(args === undefined ? {} : { args }) }), from, to);
    expect(gatesOf(spec)).toBe(want);
  });

  it.each([
    { name: "an address", metrics: { address: "1.2.3.4:8889", level: "basic" }, host: "1.2.3.4", port: 8889 },
    { name: "an address without a host", metrics: { address: ":8889", level: "basic" }, host: "0.0.0.0", port: 8889 },
    {
      name: "a host in a variable",
      metrics: { address: "${env:POD_IP}:8888", level: "basic" },
      host: "${env:POD_IP}",
      port: 8888,
    },
  ])("makes a reader of $name in 0.122", ({ metrics, host, port }) => {
    const { spec, changes } = upgradeSpec(specOf({ metrics }), "0.121.0", NOW);
    expect(spec.config.service.telemetry).toEqual({
      metrics: { level: "basic", readers: [{ pull: { exporter: { prometheus: { host, port } } } }] },
    });
    expect(changes).toEqual(["spec.config.service.telemetry.metrics: address became a reader that is pulled from"]);
  });

  it("leaves readers that are there", () => {
    const readers = [{ periodic: {} }];
    const { spec } = upgradeSpec(specOf({ metrics: { address: ":8889", readers } }), "0.120.0", NOW);
    expect(spec.config.service.telemetry).toEqual({ metrics: { readers } });
  });

  it.each([
    { name: "a port in a variable", from: "0.100.0", metrics: { address: "a:${env:PORT}" } },
    { name: "what is of this version", from: NOW, metrics: { address: ":1" } },
    { name: "what is of a newer version", from: "1.0.0", metrics: { address: ":1" } },
    { name: "what is of no version", from: "latest", metrics: { address: ":1" } },
  ])("leaves $name as it is", ({ from, metrics }) => {
    const spec = specOf({ metrics });
    expect(upgradeSpec(spec, from, NOW)).toEqual({ spec, changes: [] });
  });

  it("changes nothing a second time, whatever the version was", () => {
    const history = record({
      gates: array(constantFrom(EXPANSION, ADDRESSES, "+mine")),
      from: VERSION,
      to: VERSION,
      address: constantFrom(undefined, "", ":1", "a", "[::1]:9"),
      scraping: boolean(),
    });
    assert(
      property(history, ({ gates, from, to, address, scraping }) => {
        const receivers = scraping ? { prometheus: {} } : { otlp: {} };
        const spec = specOf({ args: { "feature-gates": gates.join() }, metrics: { address }, receivers });
        const once = upgradeSpec(spec, from, to);
        expect(upgradeSpec(once.spec, from, to).spec).toEqual(once.spec);
      }),
    );
  });
});

describe("versionAfter", () => {
  const pending = specOf({ metrics: { address: ":1" } });
  it.each([
    { name: "is this one for a new collector", spec: pending, from: undefined, want: NOW },
    { name: "stays until all is upgraded", spec: pending, from: "0.100.0", want: "0.100.0" },
    { name: "becomes this one when nothing is to be upgraded", spec: specOf(), from: "0.100.0", want: NOW },
    {
      name: "stays when upgrades are not wanted",
      spec: { ...specOf(), upgradeStrategy: "none" as const },
      from: "0.100.0",
      want: "0.100.0",
    },
    { name: "stays under an older operator", spec: pending, from: "0.200.0", want: "0.200.0" },
  ])("$name", ({ spec, from, want }) => {
    expect(versionAfter(spec, from, NOW)).toBe(want);
  });
});
