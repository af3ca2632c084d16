import type { CollectorInstance } from "../../src/allocator/collector-instance.ts";
import type { RelabelConfig } from "../../src/allocator/relabel/relabel-config.ts";
import { partitionOf, partitionOwners } from "../../src/allocator/strategies/hash-ring.ts";
import type { GroupData } from "./allocation-history.ts";
import { rule, type ServedTarget } from "./allocations.ts";
import { naiveRelabel } from "./naive-relabel.ts";

/** What the evaluator must know of a job. */
export interface NaiveJob {
  readonly rules: readonly RelabelConfig[];
  readonly filtering: boolean;
  readonly seeds: readonly (readonly [name: string, value: string])[];
}

/** The name of the collector of a target; undefined when it has none. */
export type Place = (target: ServedTarget) => string | undefined;

/** Everything from nothing, as plain as the specification says it, in the form of `viewOf`. */
export function naiveAllocation(
  jobs: ReadonlyMap<string, NaiveJob>,
  groups: readonly GroupData[],
  collectors: readonly CollectorInstance[],
  place: Place,
): unknown {
  const sorted = collectors.toSorted((a, b) => bytewise(a.name, b.name));
  const found = [...jobs]
    .toSorted(([a], [b]) => bytewise(a, b))
    .map(([name, job]) => {
      const own = groups.filter((group) => group.job === name);
      return jobView(name, survivorsOf(job, own), own, place);
    });
  const totals = sorted.map(({ name }) => [
    name,
    found
      .flatMap(({ byCollector }) => byCollector)
      .reduce((sum, [who, has]) => sum + (who === name ? has.length : 0), 0),
  ]);
  return { collectors: sorted, jobs: found, targetsByCollector: totals };
}

/** Consistent hashing by the table that is compared with recorded placements elsewhere. */
export function naiveRing(collectors: readonly CollectorInstance[]): Place {
  const owners = partitionOwners(collectors.map(({ name }) => name));
  return ({ address }) => owners[partitionOf(address)];
}

/** The first collector by name on the target's node. */
export function naiveNode(collectors: readonly CollectorInstance[]): Place {
  return ({ labels }) => {
    const node = labels["__meta_kubernetes_node_name"] ?? "";
    const names = collectors.filter(({ nodeName }) => node !== "" && nodeName === node).map(({ name }) => name);
    return names.toSorted(bytewise)[0];
  };
}

interface Survivors {
  readonly kept: number;
  readonly targets: readonly ServedTarget[];
}

function jobView(name: string, survivors: Survivors, groups: readonly GroupData[], place: Place): JobView {
  const discovered = groups.reduce((sum, { targets }) => sum + targets.length, 0);
  const byOwner = Map.groupBy(survivors.targets.toSorted(canonically), (target) => place(target) ?? "");
  const unassigned = byOwner.get("") ?? [];
  byOwner.delete("");
  const counts = {
    discovered,
    dropped: discovered - survivors.kept,
    duplicates: survivors.kept - survivors.targets.length,
    assigned: survivors.targets.length - unassigned.length,
    unassigned: unassigned.length,
  };
  return { name, counts, byCollector: [...byOwner].toSorted(([a], [b]) => bytewise(a, b)), unassigned };
}

interface JobView {
  readonly name: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly byCollector: readonly (readonly [string, readonly ServedTarget[]])[];
  readonly unassigned: readonly ServedTarget[];
}

/** Of equal targets the last of each group, and of those the first in canonical order. */
function survivorsOf(job: NaiveJob, groups: readonly GroupData[]): Survivors {
  const lists = groups.map(({ labels, targets }) =>
    targets.flatMap((own) => {
      const merged = { ...labels, ...own };
      const identity = identityOf(job, merged);
      return identity === undefined
        ? []
        : [{ identity, target: { address: own["__address__"] ?? "", labels: merged } }];
    }),
  );
  const lastOfGroups = lists.flatMap((list) => [...new Map(list.map((each) => [each.identity, each.target]))]);
  const byIdentity = Map.groupBy(lastOfGroups, ([identity]) => identity);
  const targets = [...byIdentity.values()].flatMap((equal) =>
    equal
      .map(([, target]) => target)
      .toSorted(canonically)
      .slice(0, 1),
  );
  return { kept: lists.flat().length, targets };
}

/** A text that is equal for equal targets; undefined when relabelling drops the target. */
function identityOf(job: NaiveJob, merged: Readonly<Record<string, string>>): string | undefined {
  const present = Object.entries(merged).filter(([, value]) => value !== "");
  if (!job.filtering) return JSON.stringify(present.toSorted(([a], [b]) => bytewise(a, b)));
  const discovered = present
    .toSorted(([a], [b]) => bytewise(a, b))
    .map(([name, value]) => ({ name, value, written: false }));
  const seeds = job.seeds
    .filter(([name]) => (merged[name] ?? "") === "")
    .map(([name, value]) => ({ name, value, written: true }));
  const sharding = "__tmp_disable_sharding";
  const rules = [
    rule({ targetLabel: sharding, replacement: "true" }),
    ...job.rules,
    rule({ action: "labeldrop", regex: sharding }),
  ];
  const labels = naiveRelabel([...discovered, ...seeds], rules, "utf8");
  if (labels === undefined) return undefined;
  const counted = labels.filter(({ name }) => !name.startsWith("__meta_"));
  return JSON.stringify(
    counted.map(({ name, value }) => [name, value]).toSorted(([a], [b]) => bytewise(a ?? "", b ?? "")),
  );
}

function canonically(a: ServedTarget, b: ServedTarget): number {
  const [ofA, ofB] = [inOrder(a), inOrder(b)];
  const at = ofA.findIndex((text, i) => text !== ofB[i]);
  // The one that is the beginning of the other comes first.
  if (at === -1 || at >= ofB.length) return ofA.length - ofB.length;
  return bytewise(ofA[at] ?? "", ofB[at] ?? "");
}

/** What counts in the canonical order, most important first. */
function inOrder({ address, labels }: ServedTarget): readonly string[] {
  return [
    address,
    ...Object.entries(labels)
      .toSorted(([a], [b]) => bytewise(a, b))
      .flat(),
  ];
}

function bytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
