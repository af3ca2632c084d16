import { describe, expect, it } from "@jest/globals";
import { withDefaults } from "../../src/api/opentelemetry/default.ts";
import type { CollectorConfig, OpenTelemetryCollector } from "../../src/api/opentelemetry/v1beta1.ts";
import { buildCollector } from "../../src/controllers/collector/build.ts";
import { findProblems } from "../../src/controllers/collector/collector-problems.ts";
import { excessPatch, holds } from "../../src/controllers/drift.ts";
import { collector, SETTINGS } from "../support/collectors.ts";

/** What every JavaScript object answers to, and a user may call something. */
const NAMES = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"];

/** As it comes from an API server: every name is a member of its own. */
function fromJson(text: string): object {
  return JSON.parse(text) as object;
}

/** A collector whose components, protocols and pipelines have the name. */
function named(name: string, settings = "{}"): OpenTelemetryCollector {
  const component = `{${JSON.stringify(name)}: ${settings}}`;
  const ids = JSON.stringify([name]);
  const config = fromJson(`{
    "receivers": ${component}, "exporters": ${component}, "extensions": ${component},
    "service": {"extensions": ${ids}, "pipelines": {${JSON.stringify(name)}: {"receivers": ${ids}, "exporters": ${ids}}}}
  }`);
  return collector({ spec: { config: config as CollectorConfig, targetAllocator: { enabled: false } } });
}

describe.each(NAMES)("the name %s", (name) => {
  it("is one of a component like any other", () => {
    const defaulted = withDefaults(named(name, '{"endpoint": "0.0.0.0:4000"}'));
    expect(findProblems(defaulted)).toEqual([]);
    const built = buildCollector({ collector: defaulted, settings: SETTINGS });
    const text = built
      .map((object) => (object["data"] as Record<string, string> | undefined)?.["collector.yaml"])
      .join("");
    expect(text.split("\n")).toEqual(expect.arrayContaining([`  ${name}:`, "    endpoint: 0.0.0.0:4000"]));
    expect(JSON.stringify(built)).toContain('"containerPort":4000');
  });

  it("is none of a protocol that a receiver has", () => {
    const receiver = fromJson(`{"protocols": {${JSON.stringify(name)}: {}}}`);
    const spec = {
      config: {
        receivers: { otlp: receiver },
        exporters: { debug: {} },
        service: { pipelines: { traces: { receivers: ["otlp"], exporters: ["debug"] } } },
      },
      targetAllocator: { enabled: false },
    };
    expect(findProblems(withDefaults(collector({ spec })))).toEqual([
      expect.stringContaining(`spec.config.receivers.otlp: unknown protocol set: ${name}`),
    ]);
  });

  it("is taken away where somebody put it and only our entries may stand", () => {
    const live = fromJson(`{"nodeSelector": {"disk": "fast", ${JSON.stringify(name)}: "x"}}`);
    expect(JSON.stringify(excessPatch(live, { nodeSelector: { disk: "fast" } }))).toBe(
      `{"nodeSelector":{${JSON.stringify(name)}:null}}`,
    );
  });

  it("is missed where it is wanted and nobody has it", () => {
    const desired = fromJson(`{"nodeSelector": {${JSON.stringify(name)}: "x"}}`);
    expect(holds({ nodeSelector: {} }, desired)).toBe(false);
    expect(holds(desired, desired)).toBe(true);
  });

  it("is one of a list like any other", () => {
    const list = fromJson(`{${JSON.stringify(name)}: ["a"]}`);
    expect(holds(list, list)).toBe(true);
    expect(excessPatch(list, list)).toBeUndefined();
  });
});
