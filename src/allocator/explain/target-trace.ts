import type { JobDefinition } from "../job-definition.ts";
import { LabelsBuilder } from "../labels/labels-builder.ts";
import type { Labels } from "../labels/labels.ts";
import { mergedLabel, mergedLabels } from "../labels/merged-labels.ts";
import type { RelabelStep } from "../relabel/relabel-program.ts";
import { SeedLabels } from "../targets/seed-labels.ts";
import { TargetLabels } from "../targets/target-labels.ts";

/** How the labels of one target came about. */
export interface TargetTrace {
  /** The group's and the target's own. */
  readonly discovered: Labels;
  /** What the job gave the target before the first rule, where discovery had not. */
  readonly seeded: Labels;
  /** The job's rules as far as they ran; none when relabelling is switched off. */
  readonly steps: readonly RelabelStep[];
  /** What the target is told from others by; undefined when it was dropped. */
  readonly final: Labels | undefined;
  /** Relabelling broke off, which drops the target too: a bug. */
  readonly failure?: Error;
}

/** Traces the targets of one job, one after the other; what it keeps between them only saves time. */
export class TargetTracer {
  readonly #definition: JobDefinition;
  readonly #seeds: SeedLabels;
  readonly #labels = new TargetLabels();

  constructor(definition: JobDefinition) {
    const { seeds, filtering } = definition;
    this.#definition = definition;
    this.#seeds = new SeedLabels(filtering ? seeds : [], !filtering);
  }

  /** Every step of one target. */
  trace(group: Labels, own: Labels): TargetTrace {
    this.#labels.begin(this.#seeds, group, own);
    const start = { discovered: mergedLabels(group, own), seeded: this.#seededOf(group, own) };
    try {
      const steps = this.#definition.filtering ? this.#definition.relabel.trace(this.#labels) : [];
      const kept = steps.at(-1)?.dropped === undefined;
      return { ...start, steps, final: kept ? this.#labels.identityLabels() : undefined };
    } catch (error) {
      return { ...start, steps: [], final: undefined, failure: error as Error };
    }
  }

  /** The hash of the final labels, without the steps; undefined when the target is dropped. Equal for equal labels. */
  finalHash(group: Labels, own: Labels): string | undefined {
    this.#labels.begin(this.#seeds, group, own);
    try {
      if (this.#definition.filtering && !this.#definition.relabel.run(this.#labels)) return undefined;
    } catch {
      return undefined;
    }
    const { low, high } = this.#labels.identityHash();
    return `${String(low)} ${String(high)}`;
  }

  /** The final labels of the target that was looked at last. */
  finalLabels(): Labels {
    return this.#labels.identityLabels();
  }

  #seededOf(group: Labels, own: Labels): Labels {
    const seeded = new LabelsBuilder();
    for (const [i, name] of this.#seeds.names.entries()) {
      if ((mergedLabel(group, own, name) ?? "") === "") seeded.set(name, this.#seeds.values[i] ?? "");
    }
    return seeded.build();
  }
}
