import { describe, expect, it } from "@jest/globals";
import { Document, isScalar, visit } from "yaml";

import { mergePatchBetween } from "../../../src/kube/merge-patch.ts";
import { toMonitorJobs } from "../../../src/prometheus-cr/monitor-jobs.ts";
import { type FieldsAsked, noting } from "../../support/fields-asked.ts";
import { expectGolden } from "../../support/golden-file.ts";
import { CASE_FILES, generateCase, readCases, withoutCertificates } from "../../support/monitor-cases.ts";
import { generationSettings } from "../../support/monitor-generation.ts";

/**
 * One case a field. The golden file has the document of the base in full, and of each case the JSON merge patches that
 * make its documents of it: lists in full, null for what is gone.
 */
describe.each(CASE_FILES)("documents of a $kind", ({ kind, path, golden }) => {
  const cases = readCases(path);

  it("are those of the golden file", () => {
    const [base] = cases.slice(0, 1).flatMap((each) => generateCase(kind, each));
    const entries = cases.slice(1).map((each) => {
      const documents = generateCase(kind, each);
      return [each.name, documents.map((document) => mergePatchBetween(base, document) ?? {})] as const;
    });
    expect(new Set(entries.map(([name]) => name)).size).toBe(entries.length);
    expectGolden(golden, yamlText(withoutCertificates({ base, cases: Object.fromEntries(entries) })));
  });

  it("have a case for every field that is read", () => {
    const fields: FieldsAsked = { asked: new Set(), given: new Set() };
    for (const each of cases) generateCase(kind, { ...each, spec: noting(each.spec, fields) });
    expect([...fields.asked].filter((field) => !fields.given.has(field))).toEqual([]);
  });

  it.each(cases)("are jobs that a collector takes: $name", (each) => {
    const { jobs, rejected } = toMonitorJobs(
      { documents: generateCase(kind, each), warnings: [] },
      generationSettings(),
    );
    expect(rejected).toEqual([]);
    expect(jobs).toHaveLength(generateCase(kind, each).length);
  });
});

/** Lists of plain values and relabelling rules on one line each. */
function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, list) => {
      list.flow = list.items.every((item) => isScalar(item));
    },
    Map: (_, mapping) => {
      mapping.flow = mapping.has("target_label") || mapping.has("action");
    },
  });
  return document.toString({ lineWidth: 0 });
}
