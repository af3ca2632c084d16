import { describe, expect, it } from "@jest/globals";
import type { ObjectMeta } from "../../../src/api/meta.ts";
import {
  and,
  annotationsChanged,
  generationChanged,
  labelsChanged,
  not,
  or,
  resourceVersionChanged,
} from "../../../src/controllers/runtime/predicate.ts";
import type { ChangeEvent } from "../../../src/kube/informer.ts";

const object = (metadata: Partial<ObjectMeta>): ChangeEvent["object"] => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", namespace: "shop", ...metadata },
});
const update = (previous: Partial<ObjectMeta>, next: Partial<ObjectMeta>): ChangeEvent => ({
  type: "updated",
  previous: object(previous),
  object: object(next),
});

describe.each([
  {
    predicate: generationChanged,
    passes: {
      "a new generation": update({ generation: 1 }, { generation: 2 }),
      "a change of a kind without generations": update({ resourceVersion: "1" }, { resourceVersion: "2" }),
    },
    stops: {
      "a change of status, labels or annotations": update(
        { generation: 1, resourceVersion: "1", labels: { a: "1" } },
        { generation: 1, resourceVersion: "2", labels: { a: "2" } },
      ),
      "a repetition of a kind without generations": update({ resourceVersion: "1" }, { resourceVersion: "1" }),
    },
  },
  {
    predicate: labelsChanged,
    passes: {
      "a new value": update({ labels: { a: "1" } }, { labels: { a: "2" } }),
      "another key": update({ labels: { a: "1" } }, { labels: { b: "1" } }),
      "the first label": update({}, { labels: { a: "1" } }),
      "the end of the last label": update({ labels: { a: "" } }, {}),
    },
    stops: {
      "another order": update({ labels: { a: "1", b: "2" } }, { labels: { b: "2", a: "1" } }),
      "an empty map in place of none": update({}, { labels: {} }),
      "a change of annotations": update({ annotations: { a: "1" } }, { annotations: { a: "2" } }),
    },
  },
  {
    predicate: annotationsChanged,
    passes: { "a new value": update({ annotations: { a: "1" } }, { annotations: { a: "2" } }) },
    stops: { "a change of labels": update({ labels: { a: "1" } }, { labels: { a: "2" } }) },
  },
  {
    predicate: resourceVersionChanged,
    passes: { "a new resource version": update({ resourceVersion: "1" }, { resourceVersion: "2" }) },
    stops: { "a repetition": update({ resourceVersion: "1" }, { resourceVersion: "1" }) },
  },
])("$predicate.name", ({ predicate, passes, stops }) => {
  it.each(["added", "deleted"] as const)("passes what is %s", (type) => {
    expect(predicate({ type, object: object({}) })).toBe(true);
  });
  it.each(Object.entries(passes))("passes %s", (_name, event) => {
    expect(predicate(event)).toBe(true);
  });
  it.each(Object.entries(stops))("stops %s", (_name, event) => {
    expect(predicate(event)).toBe(false);
  });
});

describe("combinations", () => {
  const event: ChangeEvent = { type: "added", object: object({}) };
  const [yes, no] = [() => true, () => false];
  it.each([
    { name: "and: all hold", predicate: and(yes, yes), want: true },
    { name: "and: one does not", predicate: and(yes, no), want: false },
    { name: "and of nothing", predicate: and(), want: true },
    { name: "or: one holds", predicate: or(no, yes), want: true },
    { name: "or: none holds", predicate: or(no, no), want: false },
    { name: "or of nothing", predicate: or(), want: false },
    { name: "not", predicate: not(yes), want: false },
    { name: "nested", predicate: and(or(no, yes), not(no)), want: true },
  ])("$name", ({ predicate, want }) => {
    expect(predicate(event)).toBe(want);
  });
});
