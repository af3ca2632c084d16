import { describe, expect, it } from "@jest/globals";

import { ConfigError } from "../../src/options/config-error.ts";
import { readTargetAllocatorFile } from "../../src/options/target-allocator-file.ts";

/** Lines that stand for 9 to the power of `levels` values. */
function laughs(levels: number): string {
  const lines = Array.from({ length: levels }, (_, i) => {
    const value = i === 0 ? "a" : `*x${String(i - 1)}`;
    return `x${String(i)}: &x${String(i)} [${Array.from({ length: 9 }, () => value).join(", ")}]`;
  });
  return lines.join("\n");
}

/** A list in a list in a list, each in a line of its own. */
function chain(length: number): string {
  return Array.from(
    { length },
    (_, i) => `c${String(i)}: &c${String(i)} [${i === 0 ? "a" : `*c${String(i - 1)}`}]`,
  ).join("\n");
}

/** Claims may be anything, so their reader follows them to the end. */
function fileWithClaims(definitions: string, claims: string): string {
  const oauth2 = `{client_id: a, client_secret: b, token_url: "http://idp/token", claims: ${claims}}`;
  return `${definitions}
collectors: [{name: c0}]
config: {scrape_configs: [{job_name: web, oauth2: ${oauth2}}]}
`;
}

function problemsOf(text: string): readonly string[] {
  try {
    readTargetAllocatorFile(text);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe("aliases that never end", () => {
  it.each<{ name: string; text: string; want: RegExp }>([
    {
      name: "a billion values in ten lines",
      text: fileWithClaims(laughs(10), "{a: *x9}"),
      want: /^not usable as YAML: written out, its aliases would make it more than 10 times as long/,
    },
    {
      name: "a list that stands in itself",
      text: fileWithClaims("", "{a: &a [*a]}"),
      want: /^not usable as YAML: aliases nest more than 1000 deep, or one stands in what it names$/,
    },
    {
      name: "a mapping that stands in itself",
      text: fileWithClaims("", "&a {a: *a}"),
      want: /^line 3, column \d+: not YAML: an alias stands in what it names$/,
    },
    {
      name: "thousands of lists, each in the next",
      text: fileWithClaims(chain(20_000), "{a: *c19999}"),
      want: /^not usable as YAML: aliases nest more than 1000 deep/,
    },
    {
      name: "the same, where the last one is read first",
      text: `${fileWithClaims(chain(20_000), "{a: *c500}")}1: *c19999\n`,
      want: /^not usable as YAML: aliases nest more than 1000 deep/,
    },
  ])("are a problem of the file: $name", ({ text, want }) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(want)]);
  });

  it("are fine where they are of use", () => {
    const jobs = Array.from({ length: 3000 }, (_, i) => `  - {<<: *base, job_name: "j${String(i)}"}`).join("\n");
    const text = `
base: &base
  relabel_configs: &rules [${"{source_labels: [a], target_label: b},".repeat(50)}]
  metric_relabel_configs: *rules
collectors: [{name: c0}]
config:
  scrape_configs:
${jobs}
`;
    expect(readTargetAllocatorFile(text).scrapeConfigs?.jobs).toHaveLength(3000);
  });
});
