import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { RE2JS } from "re2js";
import type { NameScheme } from "../../src/allocator/relabel/label-name.ts";
import type { RelabelConfig } from "../../src/allocator/relabel/relabel-config.ts";
import { compileRelabel } from "../../src/allocator/relabel/relabel-program.ts";
import { relabelRuleProblems } from "../../src/allocator/relabel/validate-rule.ts";
import { FUZZ_TIMEOUT_MS, fuzzed } from "../support/fuzz.ts";
import { MapLabelState } from "../support/map-label-state.ts";
import { naiveRelabel } from "../support/naive-relabel.ts";
import { anyLabelRecord, anyRule } from "../support/random-rules.ts";

const anyScheme = fc.constantFrom<NameScheme>("utf8", "utf8", "legacy");

function isValid(rule: RelabelConfig, scheme: NameScheme): boolean {
  return relabelRuleProblems({ ...rule, sourceLabelsGiven: rule.sourceLabels.length > 0 }, scheme).length === 0;
}

/** The plain evaluator has one engine for all patterns, which knows no two groups of one name. */
function isPlain({ regex }: RelabelConfig): boolean {
  try {
    RE2JS.compile(`^(?s:${regex})$`);
    return true;
  } catch {
    return false;
  }
}

describe("random rules over random labels", () => {
  it(
    "end where the plain evaluator ends, in the same order, and a trace takes the same way",
    () => {
      let compared = 0;
      let dropped = 0;
      fc.assert(
        fc.property(anyLabelRecord, fc.array(anyRule, { maxLength: 12 }), anyScheme, (labels, candidates, scheme) => {
          const rules = candidates.filter((rule) => isValid(rule, scheme) && isPlain(rule));
          const start = new MapLabelState(labels).entries();
          const want = naiveRelabel(
            start.map(([name, value]) => ({ name, value, written: false })),
            rules,
            scheme,
          )?.map(({ name, value }) => [name, value]);
          const program = compileRelabel(rules, scheme);
          const [ran, traced] = [new MapLabelState(labels), new MapLabelState(labels)];
          expect(program.run(ran) ? ran.entries() : undefined).toEqual(want);
          const steps = program.trace(traced);
          expect(steps.at(-1)?.dropped === undefined ? traced.entries() : undefined).toEqual(want);
          compared += rules.length;
          dropped += want === undefined ? 1 : 0;
        }),
        fuzzed(2500),
      );
      // Most rules count, and most targets live to the end: otherwise little would have been compared.
      expect(compared).toBeGreaterThan(fuzzed(2500).numRuns);
      expect(dropped).toBeLessThan(fuzzed(2500).numRuns / 2);
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    "either are told what is wrong with them, or can be compiled",
    () => {
      fc.assert(
        fc.property(anyRule, anyScheme, (rule, scheme) => {
          const problems = relabelRuleProblems({ ...rule, sourceLabelsGiven: true }, scheme);
          for (const { key, problem } of problems) expect(`${key} ${problem}`).toMatch(/^\w+ \S.*\S$/s);
          const usable = problems.length === 0 ? [rule] : [];
          expect(compileRelabel(usable, scheme).rules).toEqual(usable);
        }),
        fuzzed(2000),
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});
