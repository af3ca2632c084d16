import type { DataObject } from "../allocator/index.ts";
import type { ScrapeClassSpec } from "./resources.ts";

/** The scrape classes of the administrator. */
export interface ScrapeClasses {
  /** The class of a monitor that names it; `undefined` or `""` names none. */
  readonly byName: ReadonlyMap<string, ScrapeClassSpec>;
  /** The class of monitors that name none. */
  readonly fallback: ScrapeClassSpec | undefined;
}

/** No class at all. */
export const NO_SCRAPE_CLASSES: ScrapeClasses = { byName: new Map(), fallback: undefined };

/** Classes as read from the file, with what makes them unusable: then the process must not run with them. */
export interface ReadScrapeClasses {
  readonly classes: ScrapeClasses;
  /** Sentences that begin with the place, such as `scrape_classes[1].tlsConfig`. */
  readonly problems: readonly string[];
}

/** Reads the scrape classes of the file. Of two with one name the last one counts, as in the Go allocator. */
export function readScrapeClasses(objects: readonly DataObject[]): ReadScrapeClasses {
  const problems: string[] = [];
  const all = objects as readonly ScrapeClassSpec[];
  const defaults = all.filter((each) => each.default === true);
  if (defaults.length > 1) {
    const names = defaults.map(({ name = "" }) => JSON.stringify(name)).join(", ");
    problems.push(`scrape_classes: only one class can be the default, but ${names} are`);
  }
  const byName = new Map(all.map((each) => [each.name ?? "", each]));
  return { classes: { byName, fallback: defaults[0] }, problems };
}
