import { readFileSync } from "node:fs";

import { describe, expect, it } from "@jest/globals";

import { parseYamlGroups } from "../../src/discovery/file/yaml-groups.ts";
import { emptyGroups, type ListedGroup, parseJsonGroups, toTargetGroups } from "../../src/discovery/group-list.ts";
import { toPlain } from "../support/label-groups.ts";

/** What Prometheus made of a text: its groups, or null when it refused it. */
interface Answer {
  readonly format: "json" | "yaml";
  readonly text: string;
  readonly want: readonly ListedGroup[] | null;
}

const ANSWERS = JSON.parse(
  readFileSync(new URL("testdata/go-groups.json", import.meta.url), "utf8"),
) as readonly Answer[];

function parse({ format, text }: Answer): readonly ListedGroup[] | null {
  try {
    return format === "json" ? parseJsonGroups(text) : parseYamlGroups(text);
  } catch {
    return null;
  }
}

describe("lists of target groups", () => {
  it.each(ANSWERS)("$format $text is read as by Prometheus", (answer) => {
    expect(parse(answer)).toEqual(answer.want);
  });

  it.each<{ text: string; message: string }>([
    { text: "{}", message: "must be a list of target groups, not a mapping" },
    { text: "[null]", message: "[0] must be a group with targets and labels, not nothing" },
    { text: '[{"targets": "a:1"}]', message: '[0].targets must be a list of addresses, not "a:1"' },
    { text: '[{}, {"targets": ["a:1", 2]}]', message: "[1].targets[1] must be a text, not 2" },
    { text: '[{"labels": {"team": 1}}]', message: "[0].labels.team must be a text, not 1" },
    { text: '[{"labels": ["a"]}]', message: "[0].labels must map label names to values, not a list" },
    { text: '[{"labels": {"": "a"}}]', message: "[0].labels has an empty label name" },
    { text: '[{"tags": {}}]', message: "[0].tags is no key of a group; there are targets and labels" },
  ])("JSON $text is refused with its place", ({ text, message }) => {
    expect(() => parseJsonGroups(text)).toThrow(expect.objectContaining({ code: "GROUP_LIST_INVALID", message }));
  });

  it.each<{ text: string; message: string }>([
    { text: "- targets: [a\n- x", message: "line 2, column 1: deficient indentation" },
    { text: "- labels:\n    a: 1\n    a: 2", message: "line 3, column 5: duplicated mapping key" },
    {
      text: "- targets: [a:1]\n- tags: {}",
      message: "line 2, column 9: [1].tags is no key of a group; there are targets and labels",
    },
    {
      text: "- targets:\n  - a:1\n  - {b: c}",
      message: "line 3, column 5: [0].targets[1] must be a text, not a mapping",
    },
    { text: "- {}\n-\n", message: "line 2, column 2: [1] must be a group with targets and labels, not nothing" },
    { text: "a: b", message: "line 1, column 1: must be a list of target groups, not a mapping" },
  ])("YAML $text is refused with line and column", ({ text, message }) => {
    expect(() => parseYamlGroups(text)).toThrow(expect.objectContaining({ code: "YAML_GROUPS_INVALID", message }));
  });
});

describe("toTargetGroups", () => {
  const origin = { source: "/sd/a.yml", label: ["__meta_filepath", "/sd/a.yml"] as const };

  it("numbers the groups and sets the origin's label over the group's own", async () => {
    const listed = [
      { targets: ["a:1", "b:2"], labels: { team: "x", __meta_filepath: "mine" } },
      { targets: [], labels: {} },
    ];
    expect((await toTargetGroups(listed, origin, 0)).map(toPlain)).toEqual([
      {
        source: "/sd/a.yml:0",
        labels: { team: "x", __meta_filepath: "/sd/a.yml" },
        targets: [{ __address__: "a:1" }, { __address__: "b:2" }],
      },
      { source: "/sd/a.yml:1", labels: { __meta_filepath: "/sd/a.yml" }, targets: [] },
    ]);
  });

  it("empties the groups that a longer list had before", async () => {
    const groups = await toTargetGroups([{ targets: ["a:1"], labels: {} }], origin, 3);
    expect(groups.map(({ source, targets }) => [source, targets.length])).toEqual([
      ["/sd/a.yml:0", 1],
      ["/sd/a.yml:1", 0],
      ["/sd/a.yml:2", 0],
    ]);
  });

  it("lets others work while it builds very many targets", async () => {
    let turns = 0;
    const count = setInterval(() => (turns += 1), 0);
    const addresses = Array.from({ length: 200_000 }, (_, i) => `host-${String(i)}:80`);
    const [group] = await toTargetGroups([{ targets: addresses, labels: {} }], origin, 0);
    clearInterval(count);
    expect(group?.targets).toHaveLength(200_000);
    expect(turns).toBeGreaterThan(0);
  });
});

it("emptyGroups names the groups from one number up to another", () => {
  expect(emptyGroups("u", 1, 3).map(({ source }) => source)).toEqual(["u:1", "u:2"]);
  expect(emptyGroups("u", 3, 1)).toEqual([]);
});
