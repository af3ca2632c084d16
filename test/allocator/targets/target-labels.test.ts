import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { compareBytewise } from "../../../src/allocator/labels/bytewise.ts";
import { equalLabels, toRecord } from "../../../src/allocator/labels/labels.ts";
import { labelsOf } from "../../../src/allocator/labels/labels-builder.ts";
import type { LabelState } from "../../../src/allocator/relabel/label-state.ts";
import { isMetaLabel, SeedLabels } from "../../../src/allocator/targets/seed-labels.ts";
import { TargetLabels } from "../../../src/allocator/targets/target-labels.ts";

/** The label builder of Prometheus as its specification words it: sorted base, ordered additions, deletions. */
class NaiveBuilder implements LabelState {
  readonly #base: ReadonlyMap<string, string>;
  readonly #added = new Map<string, string>();
  readonly #deleted: Set<string>;

  constructor(base: Readonly<Record<string, string>>) {
    const sorted = Object.entries(base).toSorted(([a], [b]) => compareBytewise(a, b));
    this.#base = new Map(sorted);
    this.#deleted = new Set(sorted.filter(([, value]) => value === "").map(([name]) => name));
  }

  get(name: string): string {
    return this.#added.get(name) ?? (this.#deleted.has(name) ? "" : (this.#base.get(name) ?? ""));
  }

  set(name: string, value: string): void {
    if (value === "") {
      this.#added.delete(name);
      this.#deleted.add(name);
    } else {
      this.#added.set(name, value);
    }
  }

  names(): string[] {
    const untouched = [...this.#base.keys()].filter((name) => !this.#deleted.has(name) && !this.#added.has(name));
    return [...untouched, ...this.#added.keys()];
  }
}

const anyName = fc.constantFrom("job", "__scheme__", "__address__", "env", "__meta_a", "__meta_b", "Z", "\uFF5E", "t");
const anyValue = fc.constantFrom("", "1", "2", "http");
const anyRecord = fc.dictionary(anyName, anyValue);
const anyWrites = fc.array(fc.tuple(anyName, anyValue), { maxLength: 40 });
const anySeeds = fc.uniqueArray(
  fc.tuple(fc.constantFrom("job", "__scheme__", "__param_a", "env"), fc.constantFrom("1", "http")),
  { selector: ([name]) => name },
);
const anyTarget = fc.record({
  group: anyRecord,
  own: anyRecord,
  seeds: anySeeds,
  writes: anyWrites,
  meta: fc.boolean(),
});

describe("TargetLabels", () => {
  it("reads, writes and orders as Prometheus' label builder, for target after target", () => {
    fc.assert(
      fc.property(fc.array(anyTarget, { maxLength: 5 }), (targets) => {
        const labels = new TargetLabels();
        for (const { group, own, seeds, writes } of targets) {
          const naive = new NaiveBuilder({ ...group, ...own });
          for (const [name, value] of seeds) if (naive.get(name) === "") naive.set(name, value);
          labels.begin(new SeedLabels(seeds, false), labelsOf(group), labelsOf(own));
          expect(labels.names()).toEqual(naive.names());
          for (const [name, value] of writes) {
            labels.set(name, value);
            naive.set(name, value);
            expect(labels.names()).toEqual(naive.names());
          }
          for (const name of naive.names()) expect(labels.get(name)).toBe(naive.get(name));
          expect(labels.get("absent")).toBe("");
        }
      }),
    );
  });

  it("keeps many written labels apart", () => {
    const labels = new TargetLabels();
    const names = Array.from({ length: 60 }, (_, i) => `label_${i}`);
    for (const round of ["a", "b"]) {
      labels.begin(new SeedLabels([], false), labelsOf({}), labelsOf({ __address__: round }));
      for (const name of names) labels.set(name, `${round}-${name}`);
      for (const name of names) expect(labels.get(name)).toBe(`${round}-${name}`);
      expect(labels.names()).toEqual(["__address__", ...names]);
    }
  });

  it("goes on when rules write more different names than it remembers", () => {
    const labels = new TargetLabels();
    for (let i = 0; i < 5000; i++) {
      labels.begin(new SeedLabels([], false), labelsOf({}), labelsOf({ __address__: "a:1" }));
      labels.set(`label_${i}`, "1");
      labels.set("common", String(i));
    }
    expect(labels.names()).toEqual(["__address__", "label_4999", "common"]);
    expect(labels.get("common")).toBe("4999");
    expect(labels.get("label_1")).toBe("");
  });

  it("hands out a snapshot of the names", () => {
    const labels = new TargetLabels();
    labels.begin(new SeedLabels([], false), labelsOf({}), labelsOf({ a: "1", b: "2" }));
    const names = labels.names();
    labels.set("a", "");
    expect(names).toEqual(["a", "b"]);
  });

  it("knows the labels that count for identity: all present ones, meta labels only when told", () => {
    fc.assert(
      fc.property(anyTarget, ({ group, own, seeds, writes, meta }) => {
        const labels = new TargetLabels();
        labels.begin(new SeedLabels(seeds, meta), labelsOf(group), labelsOf(own));
        for (const [name, value] of writes) labels.set(name, value);
        const counted = labels.names().filter((name) => meta || !isMetaLabel(name));
        const want = Object.fromEntries(counted.map((name) => [name, labels.get(name)]));
        expect(toRecord(labels.identityLabels())).toEqual(want);
      }),
    );
  });

  it("has equal identity hashes exactly for equal identities, whatever led to them", () => {
    fc.assert(
      fc.property(fc.array(anyTarget, { minLength: 2, maxLength: 4 }), fc.boolean(), (targets, meta) => {
        const labels = new TargetLabels();
        const identities = targets.map(({ group, own, seeds, writes }) => {
          labels.begin(new SeedLabels(seeds, meta), labelsOf(group), labelsOf(own));
          for (const [name, value] of writes) labels.set(name, value);
          const { low, high } = labels.identityHash();
          return { hash: `${low}:${high}`, set: labels.identityLabels() };
        });
        for (const a of identities) {
          for (const b of identities) expect(a.hash === b.hash).toBe(equalLabels(a.set, b.set));
        }
      }),
    );
  });

  it("hashes what rules made of a target like the same labels as discovered", () => {
    fc.assert(
      fc.property(anyTarget, ({ group, own, seeds, writes, meta }) => {
        const labels = new TargetLabels();
        labels.begin(new SeedLabels(seeds, meta), labelsOf(group), labelsOf(own));
        for (const [name, value] of writes) labels.set(name, value);
        const { low, high } = labels.identityHash();
        const final = labels.identityLabels();
        labels.begin(new SeedLabels([], meta), labelsOf({}), final);
        expect([labels.identityHash().low, labels.identityHash().high]).toEqual([low, high]);
      }),
    );
  });
});
