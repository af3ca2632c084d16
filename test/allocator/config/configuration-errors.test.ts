import { readFileSync } from "node:fs";

import { describe, expect, it } from "@jest/globals";

import { parseScrapeConfigs } from "../../../src/allocator/config/parse-scrape-configs.ts";
import type { DataObject } from "../../../src/allocator/config/scrape-config.ts";
import { ConfigError } from "../../../src/options/config-error.ts";
import { readGoYaml } from "../../../src/options/go-yaml.ts";

/** A row of a table: what is broken, and every message about it. */
interface Row {
  readonly input: string;
  readonly messages: readonly string[];
}

const PAGE = readFileSync(new URL("../../../docs/configuration-errors.md", import.meta.url), "utf8");
const CODE = /(`+) ?(.*?) ?\1/g;

/** The rows of all tables below whose head the first cell stands. */
function rowsOf(head: string): readonly Row[] {
  const tables = PAGE.split("\n\n").filter((block) => block.startsWith(`| ${head} | what is said |`));
  return tables.flatMap((table) => table.trim().split("\n").slice(2)).map(rowOf);
}

function rowOf(line: string): Row {
  const [input = "", ...messages] = Array.from(line.matchAll(CODE), ([, , text = ""]) => text);
  return { input, messages };
}

function problemsOf(yaml: string): readonly string[] {
  try {
    const { rejected, problems } = parseScrapeConfigs(readGoYaml(yaml) as DataObject);
    return [...problems, ...rejected.flatMap((job) => job.problems)];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe("docs/configuration-errors.md", () => {
  const jobs = rowsOf("the job has");
  const files = rowsOf("the file has");

  it("has examples of everything that can be wrong", () => {
    expect(jobs.length).toBeGreaterThan(90);
    expect(files.length).toBeGreaterThan(20);
  });

  it.each(jobs)("says of a job with $input what is really said", ({ input, messages }) => {
    const problems = problemsOf(`scrape_configs: [{job_name: web, ${input}}]`);
    expect(problems.map((problem) => problem.replace(/^scrape_configs\[0\](?:\.|: )/, ""))).toEqual(messages);
    for (const problem of problems) expect(problem).toMatch(/^scrape_configs\[0\]\S*: \S/);
  });

  it.each(files)("says of a file with $input what is really said", ({ input, messages }) => {
    expect(problemsOf(input)).toEqual(messages);
  });
});
