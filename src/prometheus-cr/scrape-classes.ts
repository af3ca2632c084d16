import type { DataObject } from "../allocator/index.ts";
import { checkAuthorizationType } from "./generation/authentication.ts";
import { relabelRules } from "./generation/relabel-rules.ts";
import { checkTlsStructure } from "./generation/tls.ts";
import { SCRAPE_CLASS, type ScrapeClassSpec } from "./resources.ts";
import { reportInto, type ShapeReport } from "./shape.ts";

/** The scrape classes of the administrator. */
export interface ScrapeClasses {
  readonly byName: ReadonlyMap<string, ScrapeClassSpec>;
  /** The class of monitors that name none. */
  readonly fallback: ScrapeClassSpec | undefined;
}

/** Classes as read from the file, with what makes them unusable: then nothing must run with them. */
export interface ReadScrapeClasses {
  readonly classes: ScrapeClasses;
  /** Sentences that begin with the place, such as `scrape_classes[1].tlsConfig`. */
  readonly problems: readonly string[];
}

/** Reads the scrape classes of the file. Of two with one name the last one counts, as in the Go allocator. */
export function readScrapeClasses(objects: readonly DataObject[]): ReadScrapeClasses {
  const problems: string[] = [];
  const field = reportInto(problems, "scrape_classes");
  const all = objects.flatMap((object, index) => {
    const at = field.below(`[${String(index)}]`);
    const read = SCRAPE_CLASS.read(object, at);
    if (read !== undefined) checkClass(read, at);
    return read ?? [];
  });
  const defaults = all.filter((each) => each.default === true);
  if (defaults.length > 1) {
    const names = defaults.map(({ name = "" }) => JSON.stringify(name)).join(", ");
    field.report(`only one class can be the default, but ${names} are`);
  }
  const byName = new Map(all.map((each) => [each.name ?? "", each]));
  const [first] = defaults;
  return { classes: { byName, fallback: first && byName.get(first.name ?? "") }, problems };
}

/** The files that classes name: whoever wrote the classes wants monitors to use them. */
export function filesOfClasses({ byName, fallback }: ScrapeClasses): readonly string[] {
  const all = [...byName.values(), ...(fallback === undefined ? [] : [fallback])];
  return all.flatMap(({ tlsConfig: { caFile = "", certFile = "", keyFile = "" } = {}, authorization }) =>
    [caFile, certFile, keyFile, authorization?.credentialsFile ?? ""].filter((file) => file !== ""),
  );
}

function checkClass(
  { tlsConfig = {}, authorization, relabelings, metricRelabelings }: ScrapeClassSpec,
  at: ShapeReport,
): void {
  checkTlsStructure(tlsConfig, at.below("tlsConfig"));
  relabelRules(relabelings, at.below("relabelings"));
  relabelRules(metricRelabelings, at.below("metricRelabelings"));
  const header = at.below("authorization");
  checkAuthorizationType(authorization ?? {}, header);
  if (authorization?.credentials !== undefined && (authorization.credentialsFile ?? "") !== "") {
    header.report("has both credentials and credentialsFile; keep one");
  }
}
