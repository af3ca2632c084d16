import { expect, it } from "@jest/globals";

import { toExplanationJson } from "../../src/http/explanation-json.ts";

/** The look for passwords in URLs took the square of a value's length: minutes, in which nobody had an answer. */
it.each<{ name: string; value: string }>([
  { name: "one word", value: "a".repeat(1_000_000) },
  { name: "one URL", value: `http://${"a".repeat(1_000_000)}` },
  { name: "many beginnings of URLs", value: "http://a:".repeat(100_000) },
])("a target with a label of a megabyte is explained: $name", ({ value }) => {
  const problems = [{ job: "web", reason: "DiscoveryFailing" as const, message: value }];
  const strategy = { name: "consistent-hashing", fallback: "" };
  const about = { job: "web", strategy, version: 1, quarantined: false, problems, waitingFor: [] };
  const json = toExplanationJson({ ...about, searched: 0, matched: 0, rules: [], targets: [] });
  expect(json.problems).toEqual(problems);
});
