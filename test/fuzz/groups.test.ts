import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { RE2JS } from "re2js";
import type { RelabelConfig } from "../../src/allocator/relabel/relabel-config.ts";
import { relabelRuleProblems } from "../../src/allocator/relabel/validate-rule.ts";
import { createStrategy } from "../../src/allocator/strategies/registry.ts";
import { anyHistory, DEFINITION_COUNT, type Define, inputsAfter, tell } from "../support/allocation-history.ts";
import { createAllocator, job, settled, viewOf } from "../support/allocations.ts";
import { FUZZ_TIMEOUT_MS, fuzzed } from "../support/fuzz.ts";
import { naiveAllocation, type NaiveJob, naiveNode, naiveRing, type Place } from "../support/naive-allocation.ts";
import { anyRule } from "../support/random-rules.ts";

const seedsOf = (name: string): NaiveJob["seeds"] => [
  ["job", name],
  ["__scheme__", "http"],
];

function isUsable(rule: RelabelConfig): boolean {
  const problems = relabelRuleProblems({ ...rule, sourceLabelsGiven: rule.sourceLabels.length > 0 }, "utf8");
  try {
    RE2JS.compile(`^(?s:${rule.regex})$`);
  } catch {
    return false;
  }
  return problems.length === 0;
}

/** Few rules, so that most targets are kept; one definition of six does not filter at all. */
const anyDefinitions = fc
  .array(fc.array(anyRule, { maxLength: 3 }), { minLength: DEFINITION_COUNT, maxLength: DEFINITION_COUNT })
  .map((definitions) => definitions.map((rules) => rules.filter(isUsable)));

describe("after any history of jobs, groups and collectors", () => {
  it.each<[string, (collectors: Parameters<typeof naiveRing>[0]) => Place]>([
    ["consistent-hashing", naiveRing],
    ["per-node", naiveNode],
  ])(
    "%s serves what a plain evaluator finds in the last inputs",
    (strategy, placeBy) => {
      let kept = 0;
      fc.assert(
        fc.property(anyHistory, anyDefinitions, (history, definitions) => {
          const naive = (name: string, number: number): NaiveJob => ({
            rules: definitions[number] ?? [],
            filtering: number > 0,
            seeds: seedsOf(name),
          });
          const define: Define = ([name, number]) => job({ name, ...naive(name, number) });
          const allocator = createAllocator({ strategy: createStrategy(strategy) });
          for (const change of history) tell(allocator, change, define);
          const { jobs, groups, collectors } = inputsAfter(history);
          const snapshot = settled(allocator);
          const known = new Map(Array.from(jobs, ([name, number]) => [name, naive(name, number)] as const));
          expect(viewOf(snapshot)).toEqual(
            naiveAllocation(known, [...groups.values()], collectors, placeBy(collectors)),
          );
          for (const { counts } of snapshot.jobs.values()) kept += counts.assigned + counts.unassigned;
        }),
        fuzzed(700),
      );
      expect(kept).toBeGreaterThan(fuzzed(700).numRuns);
    },
    FUZZ_TIMEOUT_MS,
  );
});
