import { describe, expect, it } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { withDefaults } from "../../../src/api/opentelemetry/default.ts";
import { fipsSigns, withDisabledComponents } from "../../../src/commands/operator/fips-mode.ts";
import { collectorKnowledge } from "../../../src/commands/operator/webhook-knowledge.ts";
import { OPERATOR_FLAGS, type OperatorOptions, resolveOperatorOptions } from "../../../src/options/operator-options.ts";
import { readSettings } from "../../../src/options/sources.ts";
import { collector } from "../../support/collectors.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const NAMED = ["--fips-disabled-components=exporter.debug,receiver.jaeger"];
const ON = { openssl: 1, kernel: "1\n" };
const OFF = { openssl: 0, kernel: "0\n" };

const optionsOf = (argv: readonly string[]): OperatorOptions =>
  resolveOperatorOptions(readSettings(OPERATOR_FLAGS, argv, {}).values, {});

describe("withDisabledComponents", () => {
  it.each<{ name: string; signs: Parameters<typeof withDisabledComponents>[1]; want: boolean }>([
    { name: "in effect where OpenSSL and the kernel are in FIPS mode", signs: ON, want: true },
    { name: "in effect where OpenSSL is", signs: { ...OFF, openssl: 1 }, want: true },
    { name: "in effect where the kernel is", signs: { ...OFF, kernel: "1\n" }, want: true },
    { name: "without effect where neither is", signs: OFF, want: false },
    { name: "without effect where no kernel says anything", signs: { openssl: 0, kernel: undefined }, want: false },
  ])("is $name", ({ signs, want }) => {
    const log = new MemoryLogger();
    const { manifests } = withDisabledComponents(optionsOf(NAMED), signs, log);
    expect(manifests.disabledComponents).toEqual(want ? ["exporter.debug", "receiver.jaeger"] : undefined);
    expect(JSON.stringify(log.entries)).toContain(want ? "must not use them" : "does not run in FIPS mode");
  });

  it("says nothing where none are named", () => {
    const log = new MemoryLogger();
    const options = optionsOf([]);
    expect(withDisabledComponents(options, ON, log)).toBe(options);
    expect(log.entries).toEqual([]);
  });
});

describe("fipsSigns", () => {
  const directory = temporaryDirectories();

  it("reads the kernel's flag", () => {
    const path = join(directory(), "fips_enabled");
    writeFileSync(path, "1\n");
    expect(fipsSigns(path)).toEqual({ openssl: expect.any(Number), kernel: "1\n" });
  });

  it("takes a kernel without the flag for one that says nothing", () => {
    expect(fipsSigns(join(directory(), "none"))).toEqual({ openssl: expect.any(Number), kernel: undefined });
  });
});

describe("the webhook of an operator in FIPS mode", () => {
  const problemsIn = (signs: typeof ON): readonly string[] => {
    const { manifests } = withDisabledComponents(optionsOf(NAMED), signs, new MemoryLogger());
    const knowledge = collectorKnowledge(manifests, { held: async () => false }, async () => true);
    return knowledge.problems(withDefaults(collector()), {});
  };

  it("refuses a collector that uses one of the components, and only there", () => {
    expect(problemsIn(ON)).toEqual([
      "the collector configuration contains not FIPS compliant components: [exporter.debug]. Please remove it from the config",
    ]);
    expect(problemsIn(OFF)).toEqual([]);
  });
});
