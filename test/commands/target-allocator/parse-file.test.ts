import { describe, expect, it } from "@jest/globals";

import { packFile, unpackFile } from "../../../src/commands/target-allocator/packed-file.ts";
import { parseFile } from "../../../src/commands/target-allocator/parse-file.ts";
import { ConfigError } from "../../../src/options/config-error.ts";
import { readTargetAllocatorFile, type TargetAllocatorFile } from "../../../src/options/target-allocator-file.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const { signal } = new AbortController();
const PADDING = "# nothing more\n".repeat(4_000);

/** Everything that a structured copy could lose. */
const EVERYTHING = `
collectors: [{ name: c0, zone: a }]
collector_selector: { matchLabels: { app: collector } }
allocation_strategy_settings: { max_skew_percent: 7 }
prometheus_cr: { enabled: true, scrape_classes: [{ name: a, "__proto__": b }] }
config:
  global: { scrape_interval: 7s, body_size_limit: 1MB }
  scrape_configs:
  - job_name: broken
    scrape_interval: never
  - job_name: big
    sample_limit: 18446744073709551615
    params: { "__proto__": [a], match: ["{a=\\"b\\"}"] }
    basic_auth: { username: u, password: "open sesame" }
    relabel_configs:
    - { source_labels: [a], action: hashmod, modulus: 18446744073709551615, target_label: b }
    - { source_labels: [a], regex: "", target_label: c }
    static_configs: [{ targets: ["ä:80"], labels: { a: "\\0" } }]
`;

function unpacked(text: string): { readonly file: TargetAllocatorFile; readonly steps: number } {
  const work = unpackFile(packFile(text));
  let steps = 0;
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return { file: step.value, steps };
    steps += 1;
  }
}

function withJobs(count: number): string {
  const jobs = Array.from({ length: count }, (_, index) => `  - job_name: job-${String(index)}\n`);
  return `collectors: []\nconfig:\n  scrape_configs:\n${jobs.join("")}`;
}

describe("a long configuration file", () => {
  it.each([
    { name: "everything that can be said", text: EVERYTHING },
    { name: "no jobs", text: "collectors: []\n" },
    { name: "hundreds of jobs, in their order", text: withJobs(500) },
  ])("with $name comes out of its thread as if it had been read here", async ({ text }) => {
    await expect(parseFile(text + PADDING, new FakeClock(), signal)).resolves.toEqual(readTargetAllocatorFile(text));
  });

  it.each(["collectors: [", "listen_addr: nowhere\nprometheus_cr: 7\n"])(
    "that says %j is refused alike",
    async (text) => {
      const long = PADDING + text;
      const inThread = await parseFile(long, new FakeClock(), signal).catch((error: unknown) => error);
      expect(inThread).toBeInstanceOf(ConfigError);
      expect(() => readTargetAllocatorFile(long)).toThrow((inThread as ConfigError).message);
    },
  );

  it("is no longer read when nobody waits for it", async () => {
    const stop = new AbortController();
    const parsed = parseFile(withJobs(2_000), new FakeClock(), stop.signal);
    stop.abort();
    await expect(parsed).resolves.toBeUndefined();
    await expect(parseFile(PADDING, new FakeClock(), stop.signal)).resolves.toBeUndefined();
  });

  it("is unpacked twenty jobs at a time", () => {
    const { file, steps } = unpacked(withJobs(1_001));
    expect(file.scrapeConfigs?.jobs).toHaveLength(1_001);
    expect(steps).toBe(51);
  });

  it("keeps the key __proto__ an ordinary one", () => {
    const [job] = unpacked(EVERYTHING).file.scrapeConfigs?.jobs ?? [];
    expect(Object.keys(job?.params ?? {})).toEqual(["__proto__", "match"]);
  });
});
