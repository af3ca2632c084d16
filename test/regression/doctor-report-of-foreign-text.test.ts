import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { parseAllDocuments } from "yaml";
import type { Finding } from "../../src/commands/doctor/finding.ts";
import { toTextReport } from "../../src/commands/doctor/report.ts";

/** YAML 1.1 ends lines at all of them, and comments with the lines. */
const BREAKS = ["\n", "\r", "\r\n", "\u0085", "\u2028", "\u2029"];
const LINE = /\r\n|[\n\r\u0085\u2028\u2029]/;
const MORE = [
  "---\n",
  "kind: ClusterRoleBinding",
  "\t",
  "\u001B[2J",
  "\u0000",
  "\u007F",
  "\uFEFF",
  "\uD800",
  ": ",
  "#",
];

/**
 * Names of jobs, accounts and namespaces are what their authors write. What doctor prints of them goes to kubectl with
 * the rights of who looked, so nothing of it may become YAML of its own.
 */
describe.each(BREAKS)("a text with the line break %j in doctor's report", (lineBreak) => {
  const text = `a${lineBreak}kind: ClusterRoleBinding`;

  it("is a comment in every line", () => {
    const finding: Finding = { code: "JobNotServed", object: text, message: text, mending: { run: [text] } };
    const lines = toTextReport(text, [finding]).split(LINE);
    expect(lines.filter((line) => line.includes("ClusterRoleBinding"))).toHaveLength(4);
    expect(lines.filter((line) => line !== "" && !line.startsWith("#"))).toEqual([]);
  });

  it("is the name that it was in what mends", () => {
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: "shop", name: text } };
    const finding: Finding = {
      code: "AllocatorAccountMissing",
      object: "o",
      message: "m",
      mending: { apply: [account] },
    };
    const report = toTextReport("https://a", [finding]);
    const [document] = parseAllDocuments(report);
    expect(document?.toJS()).toEqual(account);
    expect(report.split(LINE).filter((line) => line.startsWith("kind:"))).not.toContain("kind: ClusterRoleBinding");
  });
});

it("no text gets out of the comments of doctor's report, nor any control character into it", () => {
  const texts = fc
    .array(fc.oneof(fc.constantFrom(...BREAKS, ...MORE), fc.string({ unit: "binary" })))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(texts, (text) => {
      const mending = { run: [text], apply: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: text } }] };
      const report = toTextReport(text, [{ code: "NamespaceMissing", object: text, message: text, mending }]);
      expect(report).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cs}\u2028\u2029]/u);
      const [comments = "", document = "", ...others] = report.split(/^---\n/m);
      expect(others).toEqual([]);
      expect(comments.split("\n").filter((line) => line !== "" && !line.startsWith("#"))).toEqual([]);
      expect(parseAllDocuments(document)).toHaveLength(1);
    }),
  );
});
