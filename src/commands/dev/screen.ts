import type { ListedAllocation } from "../../http/allocation-directory.ts";
import { allocationPath } from "../../http/allocation-directory.ts";
import { shareLink } from "../../http/serialize.ts";
import type { DirectoryChange } from "./manifest-directory.ts";

/** What is said first, once requests are answered. */
export function greeting(options: {
  readonly dir: string;
  readonly generatedDir: string;
  readonly url: string;
}): string {
  const { dir, generatedDir, url } = options;
  return `
The manifests in ${dir} are the cluster now: saving a file is kubectl apply.
Pods are simulated: workloads get theirs at once, with addresses, and nothing runs in them.

  open   ${url}/
  read   ${generatedDir}  (generated objects and status)
  end    Ctrl-C

`;
}

/** What a look at the directory came to, one thing a line. */
export function changeLines({ applied, deleted, problems, ignored }: DirectoryChange): string {
  const lines = [
    ...summary("applied", applied),
    ...summary("deleted", deleted),
    ...ignored.map((note) => `  left out  ${note}`),
    ...problems.map((problem) => `  PROBLEM   ${problem}`),
    ...(problems.length === 0 ? [] : ["            What these files held before stays in force."]),
  ];
  if (lines.length === 0) lines.push("  ok        no problems");
  return lines.map((line) => `${line}\n`).join("");
}

/** More names than these are a number. */
const MAX_NAMED = 3;

function summary(what: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length > MAX_NAMED ? ` and ${String(names.length - MAX_NAMED)} more` : "";
  return [`  ${what}   ${names.slice(0, MAX_NAMED).join(", ")}${more}`];
}

/** How an allocation is now, in a line. */
export function allocationLine(listed: ListedAllocation, moved: number): string {
  const { namespace, name, allocation } = listed;
  const snapshot = allocation.snapshot();
  const targets = [...snapshot.targetsByCollector.values()].reduce((sum, count) => sum + count, 0);
  const unassigned = [...snapshot.jobs.values()].reduce((sum, { counts }) => sum + counts.unassigned, 0);
  const shares = [...snapshot.targetsByCollector].map(([collector, count]) => `${collector} ${String(count)}`);
  return [
    `  ${namespace}/${name}: ${counted(targets, "target")} of ${counted(snapshot.jobs.size, "job")}`,
    shares.length === 0 ? ", no collector" : ` over ${shares.join(", ")}`,
    unassigned === 0 ? "" : `; ${String(unassigned)} unassigned`,
    moved === 0 ? "" : `; ${String(moved)} moved`,
    "\n",
  ].join("");
}

function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** What to try, said once for the first allocation that has something to show; undefined while it has not. */
export function suggestions(listed: ListedAllocation, url: string, file: string): string | undefined {
  const snapshot = listed.allocation.snapshot();
  const job = [...snapshot.jobs.values()].find(({ byCollector }) => byCollector.size > 0);
  const collector = job === undefined ? undefined : [...job.byCollector.keys()].toSorted((a, b) => (a < b ? -1 : 1))[0];
  if (job === undefined || collector === undefined) return undefined;
  return `
  try    curl '${url}${shareLink(allocationPath(listed), job.name, collector)}'
  try    change spec.replicas in ${file} and save: targets move, and the page follows

`;
}
