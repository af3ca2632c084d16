import { describe, expect, it } from "@jest/globals";

import { isLabelName, isLabelNameTemplate } from "../../../src/allocator/relabel/label-name.ts";

describe("isLabelName", () => {
  it.each<{ text: string; legacy: boolean; utf8: boolean }>([
    { text: "job", legacy: true, utf8: true },
    { text: "_x9", legacy: true, utf8: true },
    { text: "9x", legacy: false, utf8: true },
    { text: "a.b", legacy: false, utf8: true },
    { text: "${3}", legacy: false, utf8: true },
    { text: "é", legacy: false, utf8: true },
    { text: "", legacy: false, utf8: false },
    { text: "\ud83d", legacy: false, utf8: false },
  ])("$text", ({ text, legacy, utf8 }) => {
    expect({ legacy: isLabelName(text, "legacy"), utf8: isLabelName(text, "utf8") }).toEqual({ legacy, utf8 });
  });
});

describe("isLabelNameTemplate", () => {
  it.each(["label", "label${1}", "${1}label", "${1}", "$1", "asd$2asd", "_${1}_", "foo${bar}foo"])(
    "takes %s as a legacy name",
    (text) => {
      expect(isLabelNameTemplate(text, "legacy")).toBe(true);
    },
  );

  it.each(["-label", "${", "$", "${}", "foo${", "-foo${1}bar-", "bar.foo${1}bar", "0${1}", ""])(
    "refuses %s as a legacy name",
    (text) => {
      expect(isLabelNameTemplate(text, "legacy")).toBe(false);
    },
  );

  it.each(["${3}", "0${3}", "-${3}"])("takes %s where any text is a name", (text) => {
    expect(isLabelNameTemplate(text, "utf8")).toBe(true);
  });

  it("ends on a long text that almost is a name", () => {
    expect(isLabelNameTemplate(`${"$a1".repeat(1000)}-`, "legacy")).toBe(false);
  });
});
