import { EMPTY_LABELS, type Labels } from "../labels/labels.ts";
import { LabelsBuilder } from "../labels/labels-builder.ts";
import { mergedLabel, type MergePlan, mergePlan } from "../labels/merged-labels.ts";
import type { LabelState } from "../relabel/label-state.ts";
import type { FinalLabels } from "../strategies/strategy.ts";
import { LabelSetHash, nameSeed } from "./label-set-hash.ts";
import { SeedLabels } from "./seed-labels.ts";
import { WrittenLabels } from "./written-labels.ts";

/** Positions of the labels of one layer that count for identity, and the seeds of their names. */
interface CountedLayer {
  readonly positions: number[];
  readonly nameSeeds: number[];
}

/** Far more names than rules ask for, unless they make names out of values. */
const MAX_ORIGINS = 4096;

/** Where the value of a label comes from as long as no rule has written it. */
interface Origin {
  /** As in {@link MergePlan}; undefined for a name that was not discovered. */
  readonly from: number | undefined;
  /** Of the seed, which counts where nothing was discovered. */
  readonly seed: string;
}

/**
 * The labels of one target while rules run over it, in three layers that are never copied into one: what rules wrote,
 * over what was discovered (the target's own over its group's), over the job's seeds. One object serves all targets,
 * one after the other.
 */
export class TargetLabels implements LabelState, FinalLabels {
  #seeds = new SeedLabels([], false);
  #group: Labels = EMPTY_LABELS;
  #own: Labels = EMPTY_LABELS;
  readonly #written = new WrittenLabels();

  // What depends on the layouts alone, kept for the next target with the same ones.
  #plan: MergePlan = mergePlan(EMPTY_LABELS.layout, EMPTY_LABELS.layout);
  readonly #countedGroup: CountedLayer = { positions: [], nameSeeds: [] };
  readonly #countedOwn: CountedLayer = { positions: [], nameSeeds: [] };
  /** Seeds that count and whose names were discovered, too, and where. */
  #contested: readonly { readonly seed: number; readonly from: number }[] = [];
  /** Of the names that rules asked for. */
  readonly #origins = new Map<string, Origin>();
  /** Names of discovered labels and of seeds, by what they begin with. */
  readonly #namesByPrefix = new Map<string, readonly string[]>();
  /** The group's share of the hash, kept for the next target of the group. */
  readonly #groupHash = new LabelSetHash();
  readonly #hash = new LabelSetHash();

  /** Starts over with another target. */
  begin(seeds: SeedLabels, group: Labels, own: Labels): void {
    const sameLayouts = group.layout === this.#group.layout && own.layout === this.#own.layout;
    const sameSeeds = seeds === this.#seeds;
    const sameGroup = group === this.#group;
    this.#seeds = seeds;
    this.#group = group;
    this.#own = own;
    this.#written.clear();
    if (!sameLayouts || !sameSeeds) this.#prepareLayouts();
    if (sameLayouts && sameSeeds && sameGroup) return;
    this.#groupHash.reset();
    addLayer(this.#groupHash, group, this.#countedGroup);
  }

  get(name: string): string {
    return this.#written.get(name) ?? this.#unwritten(name);
  }

  set(name: string, value: string): void {
    this.#written.set(name, value);
  }

  names(): string[] {
    const names = this.#untouchedNames();
    for (const name of this.#seeds.names) {
      if (this.#isSeeded(name) && this.#keepsPlace(name)) names.push(name);
    }
    for (const name of this.#written.names()) {
      if (!this.#isSeeded(name) || !this.#keepsPlace(name)) names.push(name);
    }
    return names;
  }

  namesWith(prefix: string): readonly string[] {
    const unwritten = this.#unwrittenNamesWith(prefix);
    const names = unwritten.filter((name) => this.get(name) !== "");
    for (let i = 0; i < this.#written.size; i++) {
      const name = this.#written.nameAt(i);
      if (name.startsWith(prefix) && this.#written.valueAt(i) !== "" && !unwritten.includes(name)) names.push(name);
    }
    return names;
  }

  /**
   * Hash of the labels that count for identity, as they are now; to be read before the next call. Two targets with
   * equal identities have equal hashes; the reverse is nearly certain.
   */
  identityHash(): LabelSetHash {
    const hash = this.#hash;
    hash.reset(this.#groupHash);
    hash.include(this.#seeds.hash);
    addLayer(hash, this.#own, this.#countedOwn);
    for (const { seed, from } of this.#contested) {
      const discovered = from < 0 ? this.#group.values[~from] : this.#own.values[from];
      if (discovered !== "") hash.remove(this.#seeds.nameSeeds[seed] ?? 0, this.#seeds.values[seed] ?? "");
    }
    for (let i = 0; i < this.#written.size; i++) this.#hashWritten(i);
    return hash;
  }

  /** The labels that count for identity, as they are now. */
  identityLabels(): Labels {
    const builder = new LabelsBuilder();
    for (const name of this.names()) if (this.#seeds.counts(name)) builder.set(name, this.get(name));
    return builder.build();
  }

  /** The value below what rules wrote. */
  #unwritten(name: string): string {
    const { from, seed } = this.#origins.get(name) ?? this.#originOf(name);
    if (from === undefined) return seed;
    const discovered = (from < 0 ? this.#group.values[~from] : this.#own.values[from]) ?? "";
    return discovered === "" ? seed : discovered;
  }

  #originOf(name: string): Origin {
    const { layout, sources } = this.#plan;
    if (this.#origins.size >= MAX_ORIGINS) this.#origins.clear();
    const origin = { from: sources[layout.indexOf(name)], seed: this.#seeds.get(name) };
    this.#origins.set(name, origin);
    return origin;
  }

  #unwrittenNamesWith(prefix: string): readonly string[] {
    let names = this.#namesByPrefix.get(prefix);
    if (names === undefined) {
      const all = new Set([...this.#plan.layout.names, ...this.#seeds.names]);
      names = [...all].filter((name) => name.startsWith(prefix));
      this.#namesByPrefix.set(prefix, names);
    }
    return names;
  }

  /** Whether there is a seed of this name that was in effect at first: not where discovery gave a value. */
  #isSeeded(name: string): boolean {
    return this.#seeds.get(name) !== "" && (mergedLabel(this.#group, this.#own, name) ?? "") === "";
  }

  /** A seed that rules overwrite stays where it is; one that they delete and set again goes to the end. */
  #keepsPlace(name: string): boolean {
    return this.#written.get(name) === undefined || this.#written.neverDeleted(name);
  }

  /** Discovered names that have a value and were never written, sorted. */
  #untouchedNames(): string[] {
    const { layout, sources } = this.#plan;
    const names: string[] = [];
    for (let i = 0; i < sources.length; i++) {
      const from = sources[i] ?? 0;
      const value = from < 0 ? this.#group.values[~from] : this.#own.values[from];
      const name = layout.names[i] ?? "";
      if (value !== "" && this.#written.get(name) === undefined) names.push(name);
    }
    return names;
  }

  #prepareLayouts(): void {
    this.#namesByPrefix.clear();
    this.#origins.clear();
    this.#plan = mergePlan(this.#group.layout, this.#own.layout);
    const { layout, sources } = this.#plan;
    const [group, own] = [this.#countedGroup, this.#countedOwn];
    group.positions.length = group.nameSeeds.length = own.positions.length = own.nameSeeds.length = 0;
    const contested: { seed: number; from: number }[] = [];
    for (let i = 0; i < sources.length; i++) {
      const name = layout.names[i] ?? "";
      if (!this.#seeds.counts(name)) continue;
      const from = sources[i] ?? 0;
      const layer = from < 0 ? group : own;
      layer.positions.push(from < 0 ? ~from : from);
      layer.nameSeeds.push(nameSeed(name));
      const seed = this.#seeds.names.indexOf(name);
      if (seed >= 0) contested.push({ seed, from });
    }
    this.#contested = contested;
  }

  /** Replaces what was there by what rules wrote. */
  #hashWritten(n: number): void {
    const name = this.#written.nameAt(n);
    if (!this.#seeds.counts(name)) return;
    const value = this.#written.valueAt(n);
    const before = this.#unwritten(name);
    if (value === before) return;
    const seed = this.#written.nameSeedAt(n);
    if (before !== "") this.#hash.remove(seed, before);
    if (value !== "") this.#hash.add(seed, value);
  }
}

/** Adds the labels of one layer that count and are not empty. */
function addLayer(hash: LabelSetHash, labels: Labels, { positions, nameSeeds }: CountedLayer): void {
  for (let i = 0; i < positions.length; i++) {
    const value = labels.values[positions[i] ?? 0] ?? "";
    if (value !== "") hash.add(nameSeeds[i] ?? 0, value);
  }
}
