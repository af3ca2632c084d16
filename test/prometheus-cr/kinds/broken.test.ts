import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { parse } from "yaml";

import type { DataObject } from "../../../src/allocator/index.ts";
import { applyMergePatch } from "../../../src/kube/merge-patch.ts";
import { MonitorRefusedError } from "../../../src/prometheus-cr/monitor-refused-error.ts";
import type { MonitorKind } from "../../../src/prometheus-cr/resources.ts";
import { CASE_FILES, generateCase, readCases } from "../../support/monitor-cases.ts";

interface Broken {
  readonly spec: DataObject;
  /** Every sentence that the author reads. */
  readonly reads: readonly string[];
}

const BROKEN = parse(readFileSync(new URL("testdata/broken.yaml", import.meta.url), "utf8")) as Readonly<
  Record<MonitorKind, readonly Broken[]>
>;

describe.each(CASE_FILES)("a broken $kind", ({ kind, path }) => {
  const [base] = readCases(path);
  const rows = BROKEN[kind].map((row) => [row.reads[0], row] as const);

  it.each(rows)("is refused: %s", (_, { spec, reads }) => {
    const broken = { name: "", classes: [], spec: applyMergePatch(base?.spec, spec) as DataObject };
    expect(problemsOf(() => generateCase(kind, broken))).toEqual(reads);
  });
});

function problemsOf(generate: () => unknown): readonly string[] {
  try {
    generate();
    return [];
  } catch (error) {
    if (error instanceof MonitorRefusedError) return error.problems;
    throw error;
  }
}
