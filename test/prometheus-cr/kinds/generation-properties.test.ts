import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import type { DataObject, DataValue } from "../../../src/allocator/index.ts";
import { toMonitorJobs } from "../../../src/prometheus-cr/monitor-jobs.ts";
import { MonitorRefusedError } from "../../../src/prometheus-cr/monitor-refused-error.ts";
import { CASE_FILES, generateCase, type MonitorCase, readCases } from "../../support/monitor-cases.ts";
import { generationSettings } from "../../support/monitor-generation.ts";

/** A value put somewhere into a valid spec, which an API server without a strict schema would store. */
interface Damage {
  readonly place: number;
  readonly value: DataValue;
}

/** Values that must not be told to anybody. */
const SECRETS = /p4ss|s3cret|t0ken|-----BEGIN/;

const DAMAGE: fc.Arbitrary<Damage> = fc.record({
  place: fc.nat(),
  value: fc.oneof(fc.jsonValue() as fc.Arbitrary<DataValue>, fc.constantFrom<DataValue>("", 0, -1, 1.5, null, [], {})),
});

describe.each(CASE_FILES)("any $kind", ({ kind, path }) => {
  const cases = readCases(path);

  it("ends as jobs or as a refusal that says something", () => {
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.array(DAMAGE, { minLength: 1, maxLength: 3 }), (each, damages) => {
        const spec = damages.reduce<DataObject>((current, damage) => damaged(current, damage), each.spec);
        const problems = problemsOf({ ...each, spec });
        expect(problems.filter((problem) => !/^[\w.[\]"]+.*: ./s.test(problem))).toEqual([]);
        expect(problems.filter((problem) => SECRETS.test(problem))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it("gives the same documents for the same input, and leaves the input alone", () => {
    for (const each of cases) {
      const before = structuredClone(each.spec);
      expect(generateCase(kind, each)).toEqual(generateCase(kind, each));
      expect(each.spec).toEqual(before);
    }
  });

  function problemsOf(each: MonitorCase): readonly string[] {
    try {
      const documents = generateCase(kind, each);
      const { jobs, rejected } = toMonitorJobs({ documents, warnings: [] }, generationSettings());
      expect(jobs.length + rejected.length).toBe(documents.length);
      return rejected.flatMap(({ problems }) => problems);
    } catch (error) {
      if (error instanceof MonitorRefusedError) return error.problems;
      throw error;
    }
  }
});

function damaged(spec: DataObject, { place, value }: Damage): DataObject {
  const paths = pathsOf(spec);
  return replaced(spec, paths[place % paths.length] ?? [], value) as DataObject;
}

function pathsOf(value: DataValue | undefined): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    const below = pathsOf(each).map((path) => [key].concat(path));
    return [[key]].concat(below);
  });
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: DataValue): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}
