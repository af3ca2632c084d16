import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import type { DataObject, DataValue } from "../../src/allocator/index.ts";
import { readGoYaml } from "../../src/options/go-yaml.ts";
import { CONFORMANCE_DATA } from "./world.ts";

/** The recorded configuration files as texts, without the secret of where they lie. */
const RECORDED_FILES: readonly string[] = readdirSync(join(CONFORMANCE_DATA, "configs"))
  .filter((file) => file.endsWith(".yaml"))
  .toSorted()
  .map((file) => readFileSync(join(CONFORMANCE_DATA, "configs", file), "utf8").replaceAll("@HERE@", "/here"));

/** A scalar as it stands in the file. */
class Written {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A configuration in which some scalars are given as they are written. */
type Tree = DataValue | Written | readonly Tree[] | { readonly [key: string]: Tree | undefined };

/** All jobs of all recorded files. */
const JOBS: readonly DataObject[] = RECORDED_FILES.flatMap(jobsOf);

function jobsOf(text: string): readonly DataObject[] {
  const { config } = readGoYaml(text) as { readonly config?: { readonly scrape_configs?: readonly DataObject[] } };
  return config?.scrape_configs ?? [];
}

/** Every key that a recorded job has anywhere. */
const KEYS: readonly string[] = [...new Set(JOBS.flatMap(keysIn))].toSorted();

function keysIn(value: DataValue | undefined): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  const below = Object.values(value).flatMap((part: DataValue | undefined) => keysIn(part));
  return Array.isArray(value) ? below : [...Object.keys(value), ...below];
}

const anyScalar = fc
  .oneof(
    fc.constantFrom(
      ..."~ yes no 0x1F 017 08 1_000 1e3 1.10 -3 .inf .nan -0.0 18446744073709551616 2024-01-02 1:30 [] {} [~] [[]]".split(
        " ",
      ),
      "{a: ~}",
      "[a, {b: c}]",
      "!!binary aGk=",
      "!!str 5",
      "!!float 1",
      "&x [*x]",
      "*x",
      '"\\u0000"',
      '"\\ud800"',
    ),
    fc
      .oneof(
        fc.constantFrom(
          "",
          "15s",
          "1x",
          "10MB",
          "legacy",
          "utf8",
          "keep",
          "hashmod",
          "(",
          "(.*)",
          "$1",
          "pod",
          "http://u:p@h:1",
          "é",
        ),
        fc.string({ unit: "binary", maxLength: 6 }),
      )
      .map((text) => JSON.stringify(text)),
  )
  .map((text): Tree => new Written(text));

const anyPart: fc.Arbitrary<Tree> = fc.oneof(
  { weight: 4, arbitrary: anyScalar },
  { weight: 1, arbitrary: fc.array(anyScalar, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.constantFrom(...KEYS, "__proto__", "constructor", ""), anyScalar, { maxKeys: 3 }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Tree>(...JOBS) },
);

/** One thing that happens to a tree: at the place that `at` chooses, by its number modulo all places. */
interface Mutation {
  readonly at: number;
  readonly kind: "replace" | "remove" | "repeat" | "add";
  readonly key: string;
  readonly part: Tree;
}

const anyMutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat({ max: 100_000 }),
  kind: fc.constantFrom<Mutation["kind"]>("replace", "replace", "replace", "remove", "repeat", "add"),
  key: fc.constantFrom(...KEYS),
  part: anyPart,
});

function isBranch(tree: Tree | undefined): tree is Exclude<Tree, DataValue | Written> {
  return typeof tree === "object" && tree !== null && !(tree instanceof Written);
}

function sizeOf(tree: Tree | undefined): number {
  return isBranch(tree)
    ? Object.values(tree).reduce((sum: number, part: Tree | undefined) => sum + sizeOf(part), 1)
    : 1;
}

/** The tree after a mutation at place `at`, counted in the order of reading. */
function mutated(tree: Tree, mutation: Mutation, at: number): Tree {
  if (!isBranch(tree)) return mutation.part;
  if (at === 0) return added(tree, mutation);
  let rest = at - 1;
  const entries = Object.entries(tree).flatMap(([key, part]: [string, Tree | undefined]): [string, Tree][] => {
    const here = rest;
    const size = sizeOf(part);
    rest -= size;
    if (part === undefined || here < 0 || here >= size) return part === undefined ? [] : [[key, part]];
    if (here > 0 || mutation.kind === "add") return [[key, mutated(part, mutation, here)]];
    return mutatedEntry(key, part, mutation);
  });
  return Array.isArray(tree) ? entries.map(([, part]) => part) : Object.fromEntries(entries);
}

function mutatedEntry(key: string, part: Tree, mutation: Mutation): [string, Tree][] {
  if (mutation.kind === "remove") return [];
  if (mutation.kind === "repeat")
    return [
      [key, part],
      [mutation.key, part],
    ];
  return [[key, mutation.part]];
}

function added(tree: Tree, { key, part }: Mutation): Tree {
  return Array.isArray(tree) ? [...(tree as readonly Tree[]), part] : { ...(tree as object), [key]: part };
}

/** The text of a tree: YAML on one line. */
function writtenTree(tree: Tree | undefined): string {
  if (tree instanceof Written) return tree.text;
  if (tree === undefined || tree === null) return "~";
  if (Array.isArray(tree)) return `[${(tree as readonly Tree[]).map(writtenTree).join(", ")}]`;
  if (typeof tree !== "object") return typeof tree === "string" ? JSON.stringify(tree) : String(tree);
  const entries = Object.entries(tree) as [string, Tree | undefined][];
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}: ${writtenTree(part)}`).join(", ")}}`;
}

/** A recorded job with up to five mutations, as YAML on one line. */
export const anyMutatedJob: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...JOBS), fc.array(anyMutation, { minLength: 1, maxLength: 5 }))
  .map(([job, mutations]) =>
    writtenTree(mutations.reduce<Tree>((tree, mutation) => mutated(tree, mutation, mutation.at % sizeOf(tree)), job)),
  );

/** Some recorded jobs of different names, each as YAML on one line. */
export const anyRecordedJobs: fc.Arbitrary<readonly string[]> = fc
  .uniqueArray(fc.constantFrom(...JOBS), { selector: (job) => job["job_name"], minLength: 1, maxLength: 4 })
  .map((jobs) => jobs.map((job, index) => writtenTree({ ...job, job_name: `recorded-${String(index)}` })));

const SPLICES = [
  "",
  " ",
  "\n",
  "\t",
  ":",
  ": ",
  "- ",
  "#",
  "'",
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  "&x ",
  "*x",
  "!!",
  "|",
  ">",
  "%",
  "@",
  "?",
  "\r",
  "\0",
  "é",
  "...",
  "\n---\n",
  "~",
  "\\",
  "<<: ",
  "\ufeff",
  "\u2028",
];

/** A recorded file with up to six cuts and insertions anywhere in its text. */
export const anyDamagedFile: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...RECORDED_FILES),
    fc.array(
      fc.record({
        at: fc.nat({ max: 1_000_000 }),
        cut: fc.nat({ max: 12 }),
        text: fc.oneof(fc.constantFrom(...SPLICES), fc.string({ unit: "binary", maxLength: 3 })),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map(([file, damages]) =>
    damages.reduce((text, { at, cut, text: inserted }) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + inserted + text.slice(start + cut);
    }, file),
  );

/** Bytes as they come, read as every file is. */
export const anyBytes: fc.Arbitrary<string> = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => Buffer.from(bytes).toString("utf8"));
