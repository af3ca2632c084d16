import type { GenerationContext, GenerationSettings } from "./generation-context.ts";
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
  const classField = field.beside(`scrape class ${JSON.stringify(scrapeClass.name ?? "")}`, [
    settings.collectorNamespace,
  ]);
  return { namespace, name, spec, field, scrapeClass, classField, settings };
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
