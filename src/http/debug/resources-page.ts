import type { ListedAllocation } from "../allocation-directory.ts";
import { state } from "./allocation-page.ts";
import { toTotals } from "../totals.ts";
import { type StateView, toState } from "./allocation-view.ts";
import { type Html, type HtmlValue, markup } from "./markup.ts";
import { alarming, numeric, table } from "./page.ts";

/** One allocation in the operator's list. */
export interface ResourceRow {
  readonly namespace: string;
  readonly name: string;
  /** The path of its page. */
  readonly href: string;
  readonly state: StateView;
  readonly collectors: number;
  readonly jobs: number;
  readonly targets: number;
  readonly unassigned: number;
}

/** The rows of the operator's list, in the order given. */
export function toResourceRows(
  listed: readonly ListedAllocation[],
  pathOf: (resource: ListedAllocation) => string,
): readonly ResourceRow[] {
  return listed.map((resource) => {
    const snapshot = resource.allocation.snapshot();
    const totals = toTotals(snapshot);
    return {
      namespace: resource.namespace,
      name: resource.name,
      href: `${pathOf(resource)}/`,
      state: toState(resource.allocation),
      collectors: snapshot.collectors.length,
      jobs: snapshot.jobs.size,
      targets: totals.assigned,
      unassigned: totals.unassigned,
    };
  });
}

/** The content of the operator's first page. */
export function resourcesPage(rows: readonly ResourceRow[], waitingFor: readonly string[]): Html {
  const waiting = waitingFor.map((reason) => markup`<p class="wait">${reason}</p>`);
  return markup`${waiting}
  ${table(
    [
      { heading: "Resource" },
      { heading: "State" },
      numeric("Collectors"),
      numeric("Jobs"),
      numeric("Targets"),
      numeric("Unassigned"),
    ],
    rows.map((row): HtmlValue[] => [
      markup`<a href="${row.href}">${row.namespace}/${row.name}</a>`,
      state(row.state),
      row.collectors,
      row.jobs,
      row.targets,
      alarming(row.unassigned),
    ]),
    "No OpenTelemetryCollector with a target allocator is known. Apply one and it appears here.",
  )}`;
}
