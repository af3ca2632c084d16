import { EMPTY_LABELS, type Labels } from "../labels/labels.ts";
import { LabelsBuilder } from "../labels/labels-builder.ts";
import { mergedLabel, type MergePlan, mergePlan } from "../labels/merged-labels.ts";
import type { LabelState } from "../relabel/label-state.ts";
import { LabelSetHash, nameSeed } from "./label-set-hash.ts";
import { SeedLabels } from "./seed-labels.ts";

/** Up to here a look along the list of written labels is faster than a map. */
const SHORT_LIST = 12;

/** Positions of the labels of one layer that count for identity, and the seeds of their names. */
interface CountedLayer {
  readonly positions: number[];
  readonly nameSeeds: number[];
}

/**
 * The labels of one target while rules run over it, in three layers that are never copied into one: what rules wrote,
 * over what was discovered (the target's own over its group's), over the job's seeds. One object serves all targets,
 * one after the other.
 */
export class TargetLabels implements LabelState {
  #seeds = new SeedLabels([], false);
  #group: Labels = EMPTY_LABELS;
  #own: Labels = EMPTY_LABELS;

  // What rules wrote, in order of first write; "" means deleted.
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  /** When the label was last set while it was absent: its place among the written ones. */
  readonly #turns: number[] = [];
  /** False once the label was deleted: a seed that is set again loses its place. */
  readonly #keptPlace: boolean[] = [];
  #written = 0;
  #turn = 0;
  /** Position by name, only when the list is long. */
  readonly #positions = new Map<string, number>();

  // What depends on the layouts alone, kept for the next target with the same ones.
  #plan: MergePlan = mergePlan(EMPTY_LABELS.layout, EMPTY_LABELS.layout);
  readonly #countedGroup: CountedLayer = { positions: [], nameSeeds: [] };
  readonly #countedOwn: CountedLayer = { positions: [], nameSeeds: [] };
  /** Seeds that count and whose names were discovered, too, and where. */
  #contested: readonly { readonly seed: number; readonly from: number }[] = [];
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
    this.#written = 0;
    this.#turn = 0;
    if (this.#positions.size > 0) this.#positions.clear();
    if (!sameLayouts || !sameSeeds) this.#prepareLayouts();
    if (sameLayouts && sameSeeds && sameGroup) return;
    this.#groupHash.reset();
    addLayer(this.#groupHash, group, this.#countedGroup);
  }

  get(name: string): string {
    const position = this.#positionOf(name);
    return position < 0 ? this.#unwritten(name) : (this.#values[position] ?? "");
  }

  set(name: string, value: string): void {
    let position = this.#positionOf(name);
    if (position < 0) {
      position = this.#append(name);
      this.#keptPlace[position] = value !== "";
    } else if (value === "") {
      this.#keptPlace[position] = false;
    }
    if (value !== "" && this.#values[position] === "") this.#turns[position] = this.#turn++;
    this.#values[position] = value;
  }

  names(): string[] {
    const names = this.#untouchedNames();
    const added: { name: string; place: number }[] = [];
    const { names: seeds } = this.#seeds;
    for (let i = 0; i < seeds.length; i++) {
      const name = seeds[i] ?? "";
      if (this.#positionOf(name) < 0 && this.#isSeeded(name)) added.push({ name, place: i });
    }
    for (let i = 0; i < this.#written; i++) {
      const name = this.#names[i] ?? "";
      if (this.#values[i] === "") continue;
      const inPlaceOfSeed = this.#keptPlace[i] === true && this.#isSeeded(name);
      added.push({ name, place: inPlaceOfSeed ? seeds.indexOf(name) : seeds.length + (this.#turns[i] ?? 0) });
    }
    added.sort((a, b) => a.place - b.place);
    for (const { name } of added) names.push(name);
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
    for (let i = 0; i < this.#written; i++) this.#hashWritten(i);
    return hash;
  }

  /** The labels that count for identity, as they are now. */
  identityLabels(): Labels {
    const builder = new LabelsBuilder();
    for (const name of this.names()) if (this.#seeds.counts(name)) builder.set(name, this.get(name));
    return builder.build();
  }

  #positionOf(name: string): number {
    if (this.#written > SHORT_LIST) return this.#positions.get(name) ?? -1;
    for (let i = 0; i < this.#written; i++) if (this.#names[i] === name) return i;
    return -1;
  }

  #append(name: string): number {
    const position = this.#written++;
    this.#names[position] = name;
    this.#values[position] = "";
    if (this.#written > SHORT_LIST + 1) this.#positions.set(name, position);
    else if (this.#written > SHORT_LIST) {
      for (let i = 0; i < this.#written; i++) this.#positions.set(this.#names[i] ?? "", i);
    }
    return position;
  }

  /** The value below what rules wrote. */
  #unwritten(name: string): string {
    const discovered = mergedLabel(this.#group, this.#own, name);
    return discovered === undefined || discovered === "" ? this.#seeds.get(name) : discovered;
  }

  /** Whether the seed of this name, if there is one, is in effect: it is not where discovery gave a value. */
  #isSeeded(name: string): boolean {
    return this.#seeds.get(name) !== "" && (mergedLabel(this.#group, this.#own, name) ?? "") === "";
  }

  /** Discovered names that have a value and were never written, sorted. */
  #untouchedNames(): string[] {
    const { layout, sources } = this.#plan;
    const names: string[] = [];
    for (let i = 0; i < sources.length; i++) {
      const from = sources[i] ?? 0;
      const value = from < 0 ? this.#group.values[~from] : this.#own.values[from];
      const name = layout.names[i] ?? "";
      if (value !== "" && this.#positionOf(name) < 0) names.push(name);
    }
    return names;
  }

  #prepareLayouts(): void {
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

  #hashWritten(position: number): void {
    const name = this.#names[position] ?? "";
    if (!this.#seeds.counts(name)) return;
    const value = this.#values[position] ?? "";
    const before = this.#unwritten(name);
    if (value === before) return;
    const seed = nameSeed(name);
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
