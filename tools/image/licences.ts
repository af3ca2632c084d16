import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice|copyright)/i;
const RULE = "-".repeat(80);

/** The folders of the packages that hold the given sources, in order. */
export function packagesOf(sources: readonly string[]): readonly string[] {
  const folders = sources.flatMap((source) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source) ?? []);
  return [...new Set(folders)].toSorted();
}

/** One text with name, version and licence of each package, and the licences' own texts where the package brings them. */
export function collectLicences(root: string, packages: readonly string[]): string {
  return packages.map((folder) => sectionOf(join(root, folder))).join("\n");
}

function sectionOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Package;
  const texts = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  const title = `${name} ${version}: ${typeof license === "string" ? license : JSON.stringify(license)}`;
  return [RULE, title, RULE, "", ...texts.flatMap((text) => [text, ""])].join("\n");
}
