import { LabelSetHash, nameSeed } from "./label-set-hash.ts";

/** Whether a label tells only where a target was found: relabelling may read it, and what is scraped does not have it. */
export function isMetaLabel(name: string): boolean {
  return name.startsWith("__meta_");
}

/**
 * The labels that every target of a job gets before relabelling unless it has them already, such as `job` and
 * `__scheme__`, and which labels of the job make up a target's identity.
 */
export class SeedLabels {
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly nameSeeds: readonly number[];
  /** True when `__meta_*` labels are part of the identity, too. */
  readonly metaCounts: boolean;
  /** Of all seeds that count. */
  readonly hash = new LabelSetHash();

  constructor(seeds: readonly (readonly [name: string, value: string])[], metaCounts: boolean) {
    this.names = seeds.map(([name]) => name);
    this.values = seeds.map(([, value]) => value);
    this.nameSeeds = this.names.map(nameSeed);
    this.metaCounts = metaCounts;
    for (const [name, value] of seeds) if (this.counts(name)) this.hash.add(nameSeed(name), value);
  }

  /** Whether a label of this name makes targets differ. */
  counts(name: string): boolean {
    return this.metaCounts || !isMetaLabel(name);
  }

  /** "" when there is no such seed. */
  get(name: string): string {
    const i = this.names.indexOf(name);
    return i < 0 ? "" : (this.values[i] ?? "");
  }
}
