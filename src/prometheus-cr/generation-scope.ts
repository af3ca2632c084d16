import type { DataObject } from "../allocator/index.ts";
import type { Generated, GenerationContext, GenerationSettings } from "./generation-context.ts";
import { MonitorField } from "./monitor-field.ts";
import type { Monitor, ScrapeClassSpec } from "./resources.ts";
import type { Shape } from "./shape.ts";

/** What the generation of one monitor works with. */
export interface GenerationScope<Spec> {
  readonly namespace: string;
  readonly name: string;
  readonly spec: Spec;
  /** The field `spec`. */
  readonly field: MonitorField;
  readonly scrapeClass: ScrapeClassSpec;
  /** The field of a scrape class that the monitor takes over. */
  readonly classField: MonitorField;
  /** What of the scrape class cannot be taken over, as sentences. */
  readonly leftOut: readonly string[];
  readonly settings: GenerationSettings;
}

/** Reads a monitor. Throws MonitorRefusedError when its spec has values of wrong types. */
export function generationScope<Spec extends { readonly scrapeClass?: string }>(
  monitor: Monitor,
  shape: Shape<Spec>,
  { settings, assets }: GenerationContext,
): GenerationScope<Spec> {
  const { name, namespace = "" } = monitor.metadata;
  const field = MonitorField.of("spec", namespace, assets);
  const spec = field.read(shape, monitor.spec ?? {});
  const scrapeClass = chosenClass(spec.scrapeClass, settings, field);
  const leftOut: string[] = [];
  const className = `scrape class ${JSON.stringify(scrapeClass.name ?? "")}`;
  const classField = field.beside(className, [settings.collectorNamespace], leftOut);
  return { namespace, name, spec, field, scrapeClass, classField, leftOut, settings };
}

/** The end of a generation. Throws MonitorRefusedError when anything was reported. */
export function generated({ field, leftOut }: GenerationScope<unknown>, documents: readonly DataObject[]): Generated {
  return { documents: field.unlessRefused(documents), warnings: [...new Set(leftOut)] };
}

function chosenClass(
  name: string | undefined,
  { scrapeClasses }: GenerationSettings,
  field: MonitorField,
): ScrapeClassSpec {
  if (name === undefined || name === "") return scrapeClasses.fallback ?? {};
  const chosen = scrapeClasses.byName.get(name);
  if (chosen === undefined) {
    const names = [...scrapeClasses.byName.keys()].map((each) => JSON.stringify(each)).join(", ");
    const known = names === "" ? "there are none" : `there are ${names}`;
    field.below("scrapeClass").report(`the administrator has no scrape class ${JSON.stringify(name)}; ${known}`);
  }
  return chosen ?? {};
}
