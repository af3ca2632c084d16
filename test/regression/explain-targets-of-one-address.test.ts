import { expect, it } from "@jest/globals";

import {
  Allocator,
  createStrategy,
  explainTargets,
  labelsOf,
  parseScrapeConfigs,
  toJobDefinition,
} from "../../src/allocator/index.ts";

const GROUPS = 40_000;

/**
 * Every other target is served under its own labels, all the rest are one. Each of those that are served was compared
 * with each of the rest, in one turn of the event loop: minutes.
 */
it("targets of one address, half of them duplicates, are explained in the time of a pass", () => {
  const config = { job_name: "probes" };
  const [job] = parseScrapeConfigs({ scrape_configs: [config] }).jobs;
  if (job === undefined) throw new Error("no job");
  const definition = toJobDefinition(job, { filtering: true });
  const groups = Array.from({ length: GROUPS }, (_, i) => ({
    source: String(i),
    labels: labelsOf({ __meta_group: String(i), ...(i % 2 === 0 ? {} : { own: String(i) }) }),
    targets: [labelsOf({ __address__: "probe:9115" })],
  }));
  const allocator = new Allocator({ strategy: createStrategy("consistent-hashing", "") });
  allocator.setJobs([definition]);
  allocator.setCollectors([{ name: "c1", nodeName: "n1" }]);
  allocator.updateGroups("probes", "http", groups);
  const snapshot = toEnd(allocator.work());
  const strategy = { name: "consistent-hashing", fallback: "" };
  const sources = [{ provider: "http", groups }];
  const { targets } = toEnd(explainTargets({ definition, strategy, sources, snapshot, selects: () => true, limit: 3 }));
  expect(targets.map(({ outcome }) => outcome.reason)).toEqual(["Assigned", "Assigned", "Duplicate"]);
  expect(targets[0]?.duplicates).toHaveLength(GROUPS / 2 - 1);
});

function toEnd<T>(work: Generator<undefined, T, void>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
