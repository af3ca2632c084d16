import * as fc from "fast-check";
import type { Allocator } from "../../src/allocator/allocator.ts";
import type { CollectorInstance } from "../../src/allocator/collector-instance.ts";
import type { JobDefinition } from "../../src/allocator/job-definition.ts";
import { group, settled } from "./allocations.ts";

/** Inputs of the engine as plain data. */
export interface Inputs {
  /** By name: the number of its definition, which only the test knows. */
  readonly jobs: ReadonlyMap<string, number>;
  readonly collectors: readonly CollectorInstance[];
  /** By job, provider and source, joined: the targets of a group. */
  readonly groups: ReadonlyMap<string, GroupData>;
}

/** What one source of one provider of a job found. */
export interface GroupData {
  readonly job: string;
  readonly provider: string;
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly targets: readonly Readonly<Record<string, string>>[];
}

/** One thing that the engine is told, or that it shall work. */
export type Change =
  | { readonly kind: "jobs"; readonly jobs: readonly (readonly [string, number])[] }
  | { readonly kind: "collectors"; readonly collectors: readonly CollectorInstance[] }
  | { readonly kind: "groups"; readonly groups: readonly GroupData[] }
  | { readonly kind: "remove"; readonly job: string; readonly provider: string }
  | { readonly kind: "pass" };

/** How many definitions a test has to tell apart. */
export const DEFINITION_COUNT = 6;

const anyName = fc.constantFrom("a", "b");
const anyTarget = fc.record(
  {
    __address__: fc.constantFrom("a:1", "a:2", "b:1", "c:1", "d:1", "e:1"),
    env: fc.constantFrom("x", "y", ""),
    __meta_pod: fc.constantFrom("1", "2"),
    __meta_kubernetes_node_name: fc.constantFrom("n0", "n1", "n9", ""),
  },
  { requiredKeys: ["__address__"] },
);
const anyLabels = fc.record(
  { env: fc.constantFrom("x", "z"), __meta_pod: fc.constantFrom("1", "2"), vendor: fc.constant("v") },
  { requiredKeys: [] },
);
const anyGroup: fc.Arbitrary<GroupData> = fc.record({
  job: anyName,
  provider: fc.constantFrom("p", "q"),
  source: fc.constantFrom("0", "1", "2"),
  labels: anyLabels,
  targets: fc.array(anyTarget, { maxLength: 5 }),
});
/** Few names and nodes, so that they come back. */
export const anyCollectors: fc.Arbitrary<readonly CollectorInstance[]> = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("c0", "c1", "c2", "c3", "c4"),
    nodeName: fc.constantFrom("n0", "n1", "n2", ""),
  }),
  { selector: ({ name }) => name },
);
const anyJobs = fc.uniqueArray(fc.tuple(anyName, fc.nat({ max: DEFINITION_COUNT - 1 })), {
  selector: ([name]) => name,
});
const anyChange = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("jobs" as const), jobs: anyJobs }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("collectors" as const), collectors: anyCollectors }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("groups" as const), groups: fc.array(anyGroup, { maxLength: 4 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("remove" as const), job: anyName, provider: fc.constantFrom("p", "q") }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: "pass" as const }) },
);
/** Up to 25 changes and passes. */
export const anyHistory = fc.array(anyChange, { maxLength: 25 });

/** A job by its name and the number of its definition. */
export type Define = (job: readonly [name: string, definition: number]) => JobDefinition;

/** Tells the engine of a change, or lets it work. */
export function tell(allocator: Allocator, change: Change, define: Define): void {
  switch (change.kind) {
    case "jobs":
      allocator.setJobs(change.jobs.map(define));
      break;
    case "collectors":
      allocator.setCollectors(change.collectors);
      break;
    case "groups":
      for (const { job: name, provider, source, targets, labels } of change.groups) {
        allocator.updateGroups(name, provider, [group(source, targets, labels)]);
      }
      break;
    case "remove":
      allocator.removeProvider(change.job, change.provider);
      break;
    case "pass":
      settled(allocator);
      break;
  }
}

/** What a history leaves: the promises about inputs in the words of a few maps. */
export function inputsAfter(history: readonly Change[]): Inputs {
  const passes: Change[][] = [[]];
  for (const change of history) {
    if (change.kind === "pass") passes.push([]);
    else passes.at(-1)?.push(change);
  }
  const none: Inputs = { jobs: new Map(), collectors: [], groups: new Map() };
  return passes.reduce(inputsAfterPass, none);
}

function inputsAfterPass(before: Inputs, noted: readonly Change[]): Inputs {
  const jobs = new Map(noted.findLast((note) => note.kind === "jobs")?.jobs ?? before.jobs);
  const collectors = noted.findLast((note) => note.kind === "collectors")?.collectors ?? before.collectors;
  const known = [...before.groups].filter(([, found]) => jobs.has(found.job));
  const groups = noted.reduce(groupsAfter, new Map(known));
  return { jobs, collectors, groups: new Map([...groups].filter(([, found]) => jobs.has(found.job))) };
}

function groupsAfter(before: ReadonlyMap<string, GroupData>, note: Change): ReadonlyMap<string, GroupData> {
  if (note.kind === "groups")
    return new Map([...before, ...note.groups.map((found) => [keyOf(found), found] as const)]);
  if (note.kind !== "remove") return before;
  return new Map([...before].filter(([, found]) => found.job !== note.job || found.provider !== note.provider));
}

const keyOf = ({ job: name, provider, source }: GroupData): string => `${name}/${provider}/${source}`;
