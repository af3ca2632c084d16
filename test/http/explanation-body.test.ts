import { describe, expect, it } from "@jest/globals";
import { explainTargets, labelsOf, parseScrapeConfigs, toJobDefinition } from "../../src/allocator/index.ts";
import { encodeExplanation } from "../../src/http/explanation-body.ts";
import { toExplanationJson } from "../../src/http/explanation-json.ts";
import type { ServedExplanation } from "../../src/http/served-allocation.ts";
import { snapshotOf } from "../support/allocation-snapshot.ts";

function explanationOf(count: number): ServedExplanation {
  const rules = [{ source_labels: ["__meta_url"], target_label: "from" }];
  const [config] = parseScrapeConfigs({ scrape_configs: [{ job_name: "web", relabel_configs: rules }] }).jobs;
  if (config === undefined) throw new Error("the job was refused");
  const targets = Array.from({ length: count }, (_, i) => labelsOf({ __address__: `web-${i}:80` }));
  const group = { source: "0", labels: labelsOf({ __meta_url: "http://me:hunter2@sd.test/" }), targets };
  const strategy = { name: "consistent-hashing", fallback: "" };
  const work = explainTargets({
    definition: toJobDefinition(config, { filtering: true }),
    strategy,
    sources: [{ provider: "http_sd/0", groups: [group] }],
    snapshot: snapshotOf({}),
    selects: () => true,
    limit: count,
  });
  for (let step = work.next(); ; step = work.next()) {
    if (step.done !== true) continue;
    const about = { job: "web", version: 1, quarantined: false, problems: [], waitingFor: [], strategy };
    return { ...about, ...step.value };
  }
}

describe("encodeExplanation", () => {
  it.each([0, 1, 30])("is the JSON of an explanation of %s targets, without passwords", async (count) => {
    const explanation = explanationOf(count);
    const text = String(await encodeExplanation(explanation));
    expect(JSON.parse(text)).toEqual(toExplanationJson(explanation));
    expect(text).not.toContain("hunter2");
    expect(text.endsWith("}\n")).toBe(true);
  });

  it("lets others work while it encodes hundreds of targets", async () => {
    let turns = 0;
    const count = (): void => {
      turns++;
      running = setImmediate(count);
    };
    let running = setImmediate(count);
    await encodeExplanation(explanationOf(500));
    clearImmediate(running);
    expect(turns).toBeGreaterThan(50);
  });
});
