import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";

import { STRATEGY_NAMES } from "../../src/allocator/index.ts";
import { findMistakes } from "../../src/api/opentelemetry/schema/find-mistakes.ts";
import { TARGET_ALLOCATOR } from "../../src/api/opentelemetry/schema/target-allocator-fields.ts";
import { readTargetAllocatorFile } from "../../src/options/target-allocator-file.ts";
import { unusedSettings } from "../../src/pipeline/planned-strategy.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";

const PAGE = readFileSync(join(ROOT, "docs", "strategies.md"), "utf8");
const BLOCKS = [...PAGE.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = ""]) => text);
const FILES = BLOCKS.filter((text) => text.startsWith("allocation_strategy"));
const RESOURCES = BLOCKS.filter((text) => text.includes("kind: OpenTelemetryCollector"));

/** The section under a heading, without those below other headings. */
const sectionOf = (name: string): string =>
  PAGE.split(/^## /m).find((section) => section.startsWith(`${name}\n`)) ?? "";

describe("docs/strategies.md", () => {
  it.each(STRATEGY_NAMES)("has a section for %s, with an example, and figures for 9 and 48 collectors", (name) => {
    expect(sectionOf(name)).toContain(`allocation_strategy: ${name}\n`);
    expect(sectionOf("Figures").match(new RegExp(`^\\| \`${name}\`.*\\| (?:9|48) \\|`, "gm"))?.length).toBeGreaterThan(
      1,
    );
  });

  it.each(FILES)("has an example of the allocator's file that it can read, and that has an effect:\n%s", (text) => {
    const file = readTargetAllocatorFile(text);
    expect(STRATEGY_NAMES).toContain(file.allocationStrategy);
    expect(unusedSettings(file)).toEqual([]);
  });

  it.each(RESOURCES)("has an example of the resource that the API server takes:\n%s", (text) => {
    const { spec } = parse(text) as { readonly spec: { readonly targetAllocator: unknown } };
    expect(findMistakes(TARGET_ALLOCATOR, spec.targetAllocator)).toEqual([]);
  });

  it("speaks of every setting", () => {
    const settings = TARGET_ALLOCATOR.type === "object" ? TARGET_ALLOCATOR.fields["strategySettings"] : undefined;
    const names = settings?.type === "object" ? Object.keys(settings.fields) : [];
    const inFile = names.map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    expect(names.length).toBeGreaterThan(7);
    expect([...names, ...inFile, "weights_file"].filter((name) => !PAGE.includes(name))).toEqual([]);
  });
});
