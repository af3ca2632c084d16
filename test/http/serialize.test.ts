import { describe, expect, it } from "@jest/globals";
import { assert, dictionary, property, string } from "fast-check";
import type { AssignedTarget } from "../../src/allocator/index.ts";
import { encodeJobLinks, encodeTargets, jobLink, jsonString, shareLink } from "../../src/http/serialize.ts";
import { shard, snapshotOf, target } from "../support/allocation-snapshot.ts";

describe("jsonString", () => {
  it.each([
    ["plain", '"plain"'],
    ["", '""'],
    ["<secret>", String.raw`"\u003csecret\u003e"`],
    ["a & b", String.raw`"a \u0026 b"`],
    ["\u2028\u2029", String.raw`"\u2028\u2029"`],
    ['say "hi"\n', String.raw`"say \"hi\"\n"`],
    [String.raw`back\slash`, String.raw`"back\\slash"`],
    ["\u0001\u001f", String.raw`"\u0001\u001f"`],
    ["é 日本 😀", '"é 日本 😀"'],
    ["lone \ud800", '"lone \ufffd"'],
  ])("writes %j as Go does", (text, want) => {
    expect(jsonString(text)).toBe(want);
  });

  it("is read back as what it was", () => {
    assert(
      property(string({ unit: "binary" }), (text) => {
        expect(JSON.parse(jsonString(text))).toBe(text.toWellFormed());
      }),
    );
  });
});

const encode = (...targets: AssignedTarget[]): string => [...encodeTargets(shard(targets))].join("");

describe("encodeTargets", () => {
  it("writes nothing as an empty list", () => {
    expect(encode()).toBe("[]");
  });

  it("writes one element a target, the keys in order, the labels sorted", () => {
    const one = target({ __address__: "10.0.0.1:80", zone: "b" }, { team: "web", "10": "ten", "9": "nine" });
    expect(encode(one, target({ __address__: "10.0.0.2:80" }))).toBe(
      '[{"targets":["10.0.0.1:80"],"labels":{"10":"ten","9":"nine","__address__":"10.0.0.1:80","team":"web","zone":"b"}},' +
        '{"targets":["10.0.0.2:80"],"labels":{"__address__":"10.0.0.2:80"}}]',
    );
  });

  it("lets the target's own label win, and keeps empty values", () => {
    const both = target({ __address__: "a:1", team: "" }, { team: "web" });
    expect(encode(both)).toBe('[{"targets":["a:1"],"labels":{"__address__":"a:1","team":""}}]');
  });

  it("writes a target without an address of its own", () => {
    expect(encode(target({}, { __address__: "a:1" }))).toBe('[{"targets":[""],"labels":{"__address__":"a:1"}}]');
  });

  it("escapes names and values", () => {
    const [element] = JSON.parse(encode(target({ __address__: 'a"1', 'na"me': "<v>" }))) as { labels: object }[];
    expect(element?.labels).toEqual({ __address__: 'a"1', 'na"me': "<v>" });
  });

  it("comes in pieces that are one answer", () => {
    const many = Array.from({ length: 1000 }, (_, i) => target({ __address__: `10.0.0.1:${String(i)}` }));
    const pieces = [...encodeTargets(shard(many))];
    expect(pieces.length).toBeGreaterThan(1);
    expect(JSON.parse(pieces.join(""))).toHaveLength(1000);
  });

  it("is read back as the labels that were given", () => {
    assert(
      property(dictionary(string(), string(), { noNullPrototype: true }), (labels) => {
        const [element] = JSON.parse(encode(target({ ...labels, __address__: "a:1" }))) as { labels: object }[];
        expect(element?.labels).toEqual({ ...labels, __address__: "a:1" });
      }),
    );
  });
});

describe("links", () => {
  it("escape jobs and collectors as queries, and keep the base", () => {
    expect(jobLink("", "serviceMonitor/a b/c+d/0")).toBe("/jobs/serviceMonitor%2Fa+b%2Fc%2Bd%2F0/targets");
    expect(shareLink("/x", "100%", "c&1")).toBe("/x/jobs/100%25/targets?collector_id=c%261");
  });
});

describe("encodeJobLinks", () => {
  it("names the jobs that have a target, assigned or not", () => {
    const one = [target({ __address__: "a:1" })];
    const snapshot = snapshotOf({
      collectors: ["c"],
      jobs: { b: { unassigned: one }, "a/1": { shares: { c: one } }, empty: { dropped: 3 } },
    });
    expect(encodeJobLinks(snapshot, "")).toBe(
      '{"a/1":{"_link":"/jobs/a%2F1/targets"},"b":{"_link":"/jobs/b/targets"}}\n',
    );
    expect(encodeJobLinks(snapshotOf({}), "")).toBe("{}\n");
  });
});
