import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import { parseMeasuredWeights } from "../../../src/discovery/file/measured-weights.ts";

const asObject = (json: unknown): unknown =>
  Object.fromEntries(
    [...parseMeasuredWeights(JSON.stringify(json))].map(([job, weights]) => [job, Object.fromEntries(weights)]),
  );

const sample = (job: unknown, instance: unknown, value: unknown) => ({ metric: { job, instance }, value });
const answer = (...result: readonly unknown[]) => ({ status: "success", data: { resultType: "vector", result } });

describe("parseMeasuredWeights", () => {
  it("reads jobs, instances and numbers", () => {
    const weights = { web: { "a:1": 120, "b:1": 0.5 }, empty: {} };
    expect(asObject(weights)).toEqual({ web: weights.web });
  });

  it("reads what Prometheus answers, of several series of one instance the heaviest", () => {
    const series = answer(
      sample("web", "a:1", [1.7e9, "120"]),
      sample("web", "b:1", [1.7e9, "7"]),
      sample("web", "a:1", [1.7e9, "130"]),
    );
    expect(asObject(series)).toEqual({ web: { "a:1": 130, "b:1": 7 } });
  });

  it("takes a job that is called status for one", () => {
    expect(asObject({ status: { "a:1": 2 } })).toEqual({ status: { "a:1": 2 } });
  });

  it.each<[string, unknown, RegExp]>([
    ["a list", [], /must be a mapping of jobs, or an answer of Prometheus/],
    ["a job that is a number", { web: 3 }, /job "web": must be a mapping of instances to numbers/],
    ["a weight that is a text", { web: { "a:1": "3" } }, /job "web", instance "a:1": must be a number/],
    ["an answer that is an error", { status: "error", error: "no such metric" }, /answered error: no such metric/],
    [
      "an answer of another kind",
      { status: "success", data: { resultType: "matrix", result: [] } },
      /not with "matrix"/,
    ],
    ["an answer without data", { status: "success" }, /must be an answer with a vector, not with null/],
    ["a series without an instance", answer(sample("web", undefined, [0, "1"])), /data\.result\[0\]: must have/],
    ["a series without a value", answer(sample("web", "a:1", undefined)), /data\.result\[0\]: must have/],
    ["a series that is none", answer(sample("web", "a:1", [0, "1"]), 7), /data\.result\[1\]: must have/],
  ])("refuses %s", (_name, content, want) => {
    expect(() => parseMeasuredWeights(JSON.stringify(content))).toThrow(want);
  });

  it("throws errors and nothing else, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        let thrown: unknown = new Error("nothing was thrown");
        try {
          parseMeasuredWeights(text);
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toBeInstanceOf(Error);
      }),
    );
  });
});
